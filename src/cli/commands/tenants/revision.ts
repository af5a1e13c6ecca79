/** The state of a record that a change is made for: what somebody else has changed meanwhile is not overwritten. */

interface Condition {
  readonly header: { readonly 'If-Match': string };
}

/** For a change of the record that this answer has. */
export function ifMatch(response: Response): Condition {
  const etag = response.headers.get('etag');
  if (etag === null) throw new Error('The record came without an ETag.');
  return { header: { 'If-Match': etag } };
}
