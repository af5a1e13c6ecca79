/**
 * Everything a gateway said while a file of tests ran, to its callers and to its console, and what must be in none of
 * it: the leak test runs over whatever all the other tests provoked.
 */

/** A token as the 201 that hands it out has it. */
const HANDED_OUT = /"token":"(hgr_[^"]+)"/;
/** Enough of a body to find a leak in; nothing that is larger is held in memory. */
const TEXT_KEPT = 300_000;
const EMAIL = /[^\s"'<>&=,:;()[\]{}]+@[^\s"'<>&=,:;()[\]{}]+/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Query values too short, or too much like a word of ours, to tell where they came from. */
const NOT_TELLING = /^(?:.{0,5}|[0-9T:.Z-]+|(?:del|tok)_.*|[a-z_: ]+)$/s;

interface Said {
  /** The request, for the message of a failed test. */
  readonly to: string;
  readonly text: string;
}

export class Recorder {
  /** Every line of the gateway's console. */
  readonly lines: string[] = [];
  readonly #said: Said[] = [];
  readonly #secrets = new Map<string, string>();
  readonly #personal = new Set<string>();

  /** Adds what may never be said; `what` names it where it was. */
  secret(what: string, value: string): void {
    if (value !== '') this.#secrets.set(value, what);
  }

  /** Takes down what a request said of persons, and the credential it came with. */
  asked(target: string, body: string, authorization: string | undefined): void {
    const credential = /^Bearer +(hgr_\S{20,})$/.exec(authorization ?? '')?.[1];
    if (credential !== undefined) this.secret('a token that was sent', credential);
    // Names of tenants and ids of tokens are in the log on purpose; these planes say nothing of persons.
    if (!target.startsWith('/api/')) return;
    const mark = target.indexOf('?');
    const query = mark === -1 ? '' : target.slice(mark + 1);
    for (const [, value] of new URLSearchParams(query))
      if (!NOT_TELLING.test(value)) this.#personal.add(value);
    for (const text of [decoded(target), body.slice(0, TEXT_KEPT)]) {
      for (const found of [...text.matchAll(EMAIL), ...text.matchAll(UUID)]) this.#personal.add(found[0]);
    }
  }

  /** Takes down an answer. A token may be in the one answer that hands it out, once. */
  answered(to: string, status: number, head: string, body: string): void {
    const kept = body.slice(0, TEXT_KEPT);
    const token = status === 201 ? HANDED_OUT.exec(kept)?.[1] : undefined;
    if (token !== undefined) this.secret(`the token of ${to}`, token);
    this.#said.push({ to, text: `${head}\n${token === undefined ? kept : kept.replace(token, '')}` });
  }

  /** Every place a secret came out of, and every personal datum in the log. Empty is good. */
  leaks(): string[] {
    const everything = this.#said.map(({ text }) => text).join('\u0000');
    const log = this.lines.join('\u0000');
    const leaks: string[] = [];
    for (const [value, what] of this.#secrets) {
      for (const form of formsOf(value)) {
        if (log.includes(form)) leaks.push(`${what} is in a log line`);
        if (!everything.includes(form)) continue;
        for (const { to, text } of this.#said) {
          if (text.includes(form)) leaks.push(`${what} is in the answer to ${to}`);
        }
      }
    }
    for (const datum of this.#personal) if (log.includes(datum)) leaks.push(`${datum} is in a log line`);
    return leaks;
  }
}

/** A secret as it may be written: plain, percent-encoded, in a JSON string, in base64, and a token's signature alone. */
function formsOf(secret: string): Set<string> {
  const base64 = Buffer.from(secret).toString('base64').replaceAll('=', '');
  const signature = /^hgr_[^.]+\.[^.]+\.([^.]{20,})$/.exec(secret)?.[1];
  return new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    ...(signature === undefined ? [] : [signature]),
  ]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
