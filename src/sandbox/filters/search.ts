import type { Person } from '../store/persons/persons.ts';
import { containsLike } from './like.ts';
import { text, uuid } from '../wire/python.ts';

const SEARCHED = ['email', 'Email', '$email', 'name', 'Name', 'username'];

/** The list's `search`: part of an e-mail address or a name, a whole distinct id, or the UUID (PostHog contract §6.3). */
export function foundBySearch(person: Person, search: string): boolean {
  const part = search.toLowerCase();
  if (SEARCHED.some((key) => text(person.properties[key]).toLowerCase().includes(part))) return true;
  return person.distinctIds.includes(search) || uuid(search) === person.uuid;
}

/** The same of generations B and C: trimmed, and part of an address, a name, the UUID or any distinct id (corrections 2.10). */
export function foundByNewSearch(person: Person, search: string): boolean {
  const contains = containsLike(search.trim());
  const { email, name } = person.properties;
  return [text(email), text(name), person.uuid, ...person.distinctIds].some(contains);
}

/** The insights' `search`: part of an e-mail address, a name or a distinct id (PostHog contract §6.4). */
export function foundBySearchPart(person: Person, search: string): boolean {
  const part = search.toLowerCase();
  return foundBySearch(person, search) || person.distinctIds.some((id) => id.toLowerCase().includes(part));
}
