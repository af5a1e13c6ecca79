/** A page of persons, checked and redacted row by row as it arrives: never the page as a whole in memory. */
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import type { Grant } from '../policy/grant.ts';
import { redactPerson, visibilityOf } from '../policy/redact.ts';
import { inSlice } from '../policy/slice.ts';
import type { UpstreamAnswer } from '../upstream/door.ts';
import { startPage, type RowVerdict } from '../upstream/row-stream.ts';
import { scrubStream } from '../upstream/scrub.ts';
import type { Exchange, Reply } from './exchange.ts';
