/** A page of one deletion follows it until it ends. */
import { refreshLive } from './live.ts';

export function followDeletion(page: Document): void {
  const address = page.querySelector<HTMLElement>('[data-follow]')?.dataset['follow'];
  if (address === undefined) return;
  const events = new EventSource(address);
  let isBusy = false;
  let isDue = false;
  const refresh = async (): Promise<void> => {
    isDue = true;
    if (isBusy) return;
    isBusy = true;
    while (isDue) {
      isDue = false;
      // What goes wrong now is asked for again with the next event.
      await refreshLive(page).catch(() => undefined);
    }
    isBusy = false;
  };
  events.addEventListener('state', () => void refresh());
  for (const last of ['end', 'problem']) {
    events.addEventListener(last, () => {
      events.close();
      void refresh();
    });
  }
}
