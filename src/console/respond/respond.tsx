/** From what a handler answered to a response. */
import type { Page, Outcome, SignedIn } from '../page.ts';
import { Alone, Frame } from '../view/layout.tsx';
import { withHeaders } from './headers.ts';

const SEE_OTHER = 303;

/** JSX escapes every text and attribute. Nothing of it is written past that. */
const html = async (
  element: { toString(): string | Promise<string> },
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  withHeaders(
    new Response(`<!doctype html>${await element.toString()}`, {
      status,
      headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers },
    }),
  );

/** Where the script reads a page again: where it is, unless it answers a form. */
const addressOf = ({ address }: Page, { method, url }: Request): string | null => {
  const { pathname, search } = new URL(url);
  return address ?? (method === 'GET' ? pathname + search : null);
};

export function outcomeResponse(
  outcome: Outcome,
  operator: SignedIn,
  request: Request,
): Response | Promise<Response> {
  switch (outcome.kind) {
    case 'page':
      return html(
        <Frame page={outcome} operator={operator} address={addressOf(outcome, request)} />,
        outcome.status ?? 200,
      );
    case 'elsewhere':
      return redirect(outcome.to);
    case 'raw':
      return withHeaders(outcome.response);
  }
}

/** A page without the frame, for whom nobody knows. */
export const aloneResponse = (
  { title, body }: Pick<Page, 'title' | 'body'>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => html(<Alone title={title}>{body}</Alone>, status, headers);

export const redirect = (to: string, headers: Readonly<Record<string, string>> = {}): Response =>
  withHeaders(new Response(null, { status: SEE_OTHER, headers: { Location: to, ...headers } }));
