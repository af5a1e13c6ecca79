/** Which persons a list or an export is of: the options, and the query they make. */

export interface Selection {
  readonly search?: string | undefined;
  readonly email?: string | undefined;
  readonly distinctId?: string | undefined;
  /** A list of PostHog's property filters, as JSON. */
  readonly properties?: string | undefined;
}

export function queryOf(selection: Selection): URLSearchParams {
  const query = new URLSearchParams();
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) query.set(name, value);
  };
  add('search', selection.search);
  add('email', selection.email);
  add('distinct_id', selection.distinctId);
  add('properties', selection.properties);
  return query;
}
