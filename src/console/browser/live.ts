/** Brings the live parts of a page up to date: the page is asked for again, and they are put in the place of the old ones. */

interface TrustedTypes {
  readonly createPolicy: (
    name: string,
    rules: { createHTML: (text: string) => string },
  ) => { createHTML: (text: string) => string };
}
declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypes;
  }
}

/** The only HTML there is comes from the console itself, which escapes everything in it. */
const policy = window.trustedTypes?.createPolicy('hedgerow', { createHTML: (text) => text });

/** Parts are found by their ids. One that somebody is in the middle of stays as it is. */
export async function refreshLive(page: Document): Promise<void> {
  const address = page.querySelector('main')?.dataset['address'];
  if (address === undefined) return;
  const response = await fetch(address, { headers: { Accept: 'text/html' } });
  // The session has ended: the sign-in page leads back here.
  if (response.redirected) {
    page.location.reload();
    return;
  }
  if (!response.ok) return;
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html');
  for (const part of page.querySelectorAll('[data-live]')) {
    const now = fresh.getElementById(part.id);
    if (now === null || part.contains(page.activeElement) || part.outerHTML === now.outerHTML) continue;
    part.replaceWith(page.adoptNode(now));
  }
}
