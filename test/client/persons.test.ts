/** Iterators over the list of persons: which pages are asked for, when, and what ends them. */
import { expect, test } from 'vitest';
import { persons } from '../../src/client/index.ts';
import { clientWorld, json, problemOf, type Gateway } from '../support/client/world.ts';

const token = 'hgr_x';
const PATH = '/api/projects/1/persons/';
const person = (id: number) => ({ id: String(id), name: `p${id}` });

/** Three pages of two persons, the second empty. Links name another host, as a gateway behind a proxy may. */
const three: Gateway = ({ path }) => {
  const at = Number(new URL(path, 'http://x').searchParams.get('offset') ?? 0);
  const next = at < 4 ? `http://other.test${PATH}?limit=2&search=a%20b&offset=${at + 2}` : null;
  return json({ results: at === 2 ? [] : [person(at), person(at + 1)], next, previous: null });
};

test('Pages follow next until it is null, with its parameters, at the gateway and nowhere else', async () => {
  const { hedgerow, asked } = clientWorld(three, { token });
  const pages = await Array.fromAsync(
    persons.pages(hedgerow, { projectId: 1, query: { limit: 2, search: 'a b' } }),
  );
  expect(pages.map(({ results }) => results.length)).toEqual([2, 0, 2]);
  expect(asked.map(({ path }) => path)).toEqual([
    `${PATH}?limit=2&search=a%20b`,
    `${PATH}?limit=2&search=a%20b&offset=2`,
    `${PATH}?limit=2&search=a%20b&offset=4`,
  ]);
});

test('All persons come page after page, and a page is asked for when its first person is wanted', async () => {
  const { hedgerow, asked } = clientWorld(three, { token });
  const seen: unknown[] = [];
  for await (const { id } of persons.all(hedgerow, { projectId: 1 })) {
    seen.push(id);
    if (seen.length === 2) expect(asked).toHaveLength(1);
  }
  expect(seen).toEqual(['0', '1', '4', '5']);
});

test('A loop that is left asks for nothing more', async () => {
  const { hedgerow, asked } = clientWorld(three, { token });
  for await (const { id } of persons.all(hedgerow, { projectId: 1 })) if (id === '1') break;
  expect(asked).toHaveLength(1);
});

test('An iterator that is aborted ends with the reason, in the middle of a page and before the next', async () => {
  for (const read of [1, 2]) {
    const { hedgerow, asked } = clientWorld(three, { token });
    const controller = new AbortController();
    const iterator = persons.all(hedgerow, { projectId: 1, signal: controller.signal });
    for (let count = 0; count < read; count += 1) expect((await iterator.next()).done).toBe(false);
    controller.abort(new Error('enough'));
    await expect(iterator.next()).rejects.toThrow('enough');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(asked).toHaveLength(1);
  }
});

test('An iterator that was aborted before it began asks for nothing', async () => {
  const { hedgerow, asked } = clientWorld(three, { token });
  const pages = persons.pages(hedgerow, { projectId: 1, signal: AbortSignal.abort(new Error('enough')) });
  await expect(pages.next()).rejects.toThrow('enough');
  expect(asked).toEqual([]);
});

test('A refusal in the middle is thrown after the persons that came before it', async () => {
  const { hedgerow } = clientWorld(
    (one, nth) => (nth === 0 ? three(one, nth) : problemOf(403, 'scope_missing')),
    {
      token,
    },
  );
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const { id } of persons.all(hedgerow, { projectId: 1 })) seen.push(id);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'scope_missing' });
  expect(seen).toEqual(['0', '1']);
});

test('A next page that is the page itself is an error, and no loop', async () => {
  const { hedgerow, asked } = clientWorld(
    () => json({ results: [], next: `${PATH}?offset=2`, previous: null }),
    { token },
  );
  await expect(Array.fromAsync(persons.pages(hedgerow, { projectId: 1 }))).rejects.toThrow(
    /leads to the page itself/,
  );
  expect(asked).toHaveLength(2);
});
