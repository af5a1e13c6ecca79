/** Pages of numbers are brought up to date now and then, while somebody looks at them. */
import { refreshLive } from './live.ts';

const EVERY_MS = 15_000;

export function refreshNowAndThen(page: Document): void {
  if (page.querySelector('[data-live]') === null || page.querySelector('[data-follow]') !== null) return;
  setInterval(() => {
    if (page.visibilityState === 'visible') void refreshLive(page).catch(() => undefined);
  }, EVERY_MS);
}
