/** Buttons that copy the text of a field. */

const SHOWN_MS = 2000;

export function copyButtons(page: Document): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    const field = page.getElementById(button.dataset['copy'] ?? '');
    if (!(field instanceof HTMLTextAreaElement)) continue;
    const text = button.textContent;
    button.hidden = false;
    button.addEventListener('click', () => {
      void navigator.clipboard.writeText(field.value).then(
        () => say(button, 'Copied', text),
        () => field.select(),
      );
    });
  }
}

function say(button: HTMLButtonElement, words: string, after: string): void {
  button.textContent = words;
  setTimeout(() => {
    button.textContent = after;
  }, SHOWN_MS);
}
