/** The script of every page: what is live is brought up to date, and a token is copied. Every page works without it. */
import { copyButtons } from './copy.ts';
import { followDeletion } from './follow.ts';
import { refreshNowAndThen } from './refresh.ts';

copyButtons(document);
followDeletion(document);
refreshNowAndThen(document);
