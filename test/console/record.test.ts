/** The form of a record: what it changes, what it refuses, and what it never overwrites. */
import { expect, test } from 'vitest';
import { differences, patchOf, rebased, recordOf } from '../../src/console/forms/record.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { mergePatch } from '../../src/core/json.ts';
import type { Answer } from '../support/client.ts';
import { startConsole } from '../support/console.ts';

const { admin, signedIn } = await startConsole();
const owner = await signedIn('owner');

const PATH = '/admin/v1/tenants/acme';
const put = (more: Readonly<Record<string, unknown>> = {}) =>
  admin('PUT', PATH, {
    name: 'Acme',
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    slice: { property: 'tenant_id', value: 'acme' },
    origins: ['https://app.acme.example'],
    ...more,
  });

const unescaped = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The fields of the first form that a page sends there, as a browser would send them. */
function fieldsOf({ text }: Answer, action: string): Record<string, string[]> {
  const [, form = ''] =
    new RegExp(`<form method="post"(?: class="[^"]*")? action="${action}".*?>(.*?)</form>`, 's').exec(
      text.replace(/<form method="post" action="\/sign-out">.*?<\/form>/s, ''),
    ) ?? [];
  const fields: Record<string, string[]> = {};
  const add = (name: string, value: string) => (fields[name] ??= []).push(unescaped(value));
  for (const [input] of form.matchAll(/<input [^>]*>/g)) {
    const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1];
    const isChecked = / checked/.test(input);
    if (attribute('type') === 'checkbox' && !isChecked) continue;
    add(attribute('name') ?? '', attribute('value') ?? '');
  }
  for (const [, name = '', value = ''] of form.matchAll(
    /<textarea [^>]*name="([^"]*)"[^>]*>(.*?)<\/textarea>/gs,
  ))
    add(name, value);
  return fields;
}

const open = async () => fieldsOf(await owner.get('/tenants/acme/record'), '/tenants/acme/review');
const stored = async () => (await admin('GET', PATH)).json as JsonObject;

test('A record that is opened and sent back unchanged changes nothing', async () => {
  await put({ properties: { hidden: ['ssn'] }, deletes: { approval_over: 5, keep_ids_days: 30 } });
  const page = await owner.post('/tenants/acme/review', await open());
  expect(page.status).toBe(200);
  expect(page.text).toContain('Nothing would change.');
});

test('A change is shown before it is made, and only what was changed is sent', async () => {
  await put();
  const fields = await open();
  const shown = await owner.post('/tenants/acme/review', {
    ...fields,
    'rate.burst': '45',
    'slice.value': 'acme\nbolt',
  });
  expect(shown.text).toMatch(
    /At once, requests<\/th><td class="was"><bdi>30<\/bdi><\/td><td class="becomes"><bdi>45/,
  );
  expect(await stored()).toMatchObject({ rate: { burst: 30 } });
  const saved = await owner.post('/tenants/acme/record', fieldsOf(shown, '/tenants/acme/record'));
  expect(saved.headers['location']).toBe('/tenants/acme?done=saved');
  expect(await stored()).toMatchObject({ rate: { burst: 45 }, slice: { value: ['acme', 'bolt'] } });
  const { json } = await admin('GET', '/admin/v1/audit?limit=1');
  expect(json).toMatchObject({
    results: [{ operator: 'oda', action: 'admin_patch_tenant', after: { rate: { burst: 45 } } }],
  });
});

test('A change of a record that somebody else has changed meanwhile is shown beside theirs, and nothing is overwritten', async () => {
  await put();
  const fields = await open();
  await admin('PATCH', PATH, { name: 'Acme of theirs', rate: { burst: 77 } });
  const mine = { ...fields, name: ['Acme of mine'], weight: ['5'] };
  const conflict = await owner.post('/tenants/acme/review', mine);
  expect(conflict.status).toBe(409);
  const text = conflict.text.replaceAll(/<[^>]+>/g, '|').replaceAll(/\|+/g, '|');
  expect(text).toContain('|Name|Acme|Acme of theirs|Acme of mine|');
  expect(text).toContain('|At once, requests|30|77|as it is now|');
  expect(text).toContain('|Weight|1|1|5|');
  expect(await stored()).toMatchObject({ name: 'Acme of theirs', weight: 1, rate: { burst: 77 } });

  const again = await owner.post('/tenants/acme/review', fieldsOf(conflict, '/tenants/acme/review'));
  expect(again.text).toMatch(/<bdi>Acme of theirs<\/bdi><\/td><td class="becomes"><bdi>Acme of mine/);
  await owner.post('/tenants/acme/record', fieldsOf(again, '/tenants/acme/record'));
  expect(await stored()).toMatchObject({ name: 'Acme of mine', weight: 5, rate: { burst: 77 } });
});

test('A change that somebody overtakes between the look and the saving is not made either', async () => {
  await put();
  const shown = await owner.post('/tenants/acme/review', { ...(await open()), weight: '7' });
  await admin('PATCH', PATH, { weight: 9 });
  const conflict = await owner.post('/tenants/acme/record', fieldsOf(shown, '/tenants/acme/record'));
  expect(conflict.status).toBe(409);
  expect(conflict.text).toContain('Nothing was saved.');
  expect(await stored()).toMatchObject({ weight: 9 });
});

test.each([
  [{ 'rate.burst': '0' }, 'must be a whole number'],
  [{ 'rate.burst': 'many' }, 'must be a whole number'],
  [{ 'rate.burst': '' }, 'must be a whole number'],
  [{ project_id: '1.5' }, 'must be a whole number'],
  [{ name: '' }, 'must be'],
  [{ 'slice.value': '42' }, 'must hold a letter'],
  [{ 'slice.property': '$browser' }, 'must not start with $'],
  [{ origins: 'https://app.acme.example/path' }, 'must be an origin as a browser sends it'],
  [{ scopes: [] }, 'must be'],
])('The fields %j are refused beside the field, and what was typed is kept', async (wrong, words) => {
  await put();
  const fields = { ...(await open()), ...wrong };
  const page = await owner.post('/tenants/acme/review', { ...fields, weight: '13' });
  expect(page.status).toBe(422);
  expect(page.text).toContain('Nothing was changed.');
  expect(/class="help wrong"[^>]*>([^<]*)/.exec(page.text)?.[1]).toContain(words);
  expect(page.text).toMatch(/name="weight"[^>]* value="13"|value="13"[^>]*name="weight"/);
});

test('A tenant that is registered already is not registered over', async () => {
  await put({ name: 'Here before' });
  const { etag: _, base: _b, ...fields } = await open();
  const page = await owner.post('/tenants/new', { ...fields, tenant: 'acme', name: 'Over it' });
  expect(page.status).toBe(422);
  expect(page.text).toContain('is the name of a tenant that is registered');
  expect(await stored()).toMatchObject({ name: 'Here before' });
  const odd = await owner.post('/tenants/new', { ...fields, tenant: '../x', name: 'Odd' });
  expect(odd.text).toContain('must be 1 to 63 of a-z, 0-9 and -');
});

test('A tenant is removed only where its name is typed, and not after somebody has changed it', async () => {
  await put();
  const { headers } = await admin('GET', PATH);
  const etag = headers['etag'] ?? '';
  expect((await owner.get('/tenants/acme/remove')).text).toContain(
    `name="etag" value="${etag.replaceAll('"', '&quot;')}"`,
  );
  expect((await owner.post('/tenants/acme/remove', { etag, name: 'acm' })).status).toBe(400);
  const old = await owner.post('/tenants/acme/remove', { etag: '"1"', name: 'acme' });
  expect(old.status).toBe(412);
  expect(await stored()).toMatchObject({ tenant: 'acme' });
  const removed = await owner.post('/tenants/acme/remove', { etag, name: 'acme' });
  expect(removed.headers['location']).toBe('/tenants?removed=true');
  expect((await admin('GET', PATH)).status).toBe(404);
});

test('A patch makes the one record of the other, whatever was added, changed and taken away', () => {
  const before = {
    name: 'a',
    slice: { property: 'p', value: 'x' },
    rate: { burst: 1, requests_per_minute: 2 },
    origins: ['a'],
  };
  const after = {
    name: 'b',
    rate: { burst: 5, requests_per_minute: 2 },
    origins: [],
    deletes: { events: true },
  };
  const patch = patchOf(before, after);
  expect(patch).toEqual({
    name: 'b',
    slice: null,
    rate: { burst: 5 },
    origins: [],
    deletes: { events: true },
  });
  expect(mergePatch(before, patch)).toEqual(after);
  expect(differences(before, before)).toEqual([]);
  expect(rebased(before, after, { ...before, name: 'theirs', weight: 4 })).toEqual({ ...after, weight: 4 });
});

test('A member that no form asks about stays as it is', () => {
  const base = { name: 'a', later: { member: 1 } };
  const form = { text: (name: string) => (name === 'name' ? 'b' : ''), all: () => [] };
  expect(recordOf(form, base)).toMatchObject({ name: 'b', later: { member: 1 } });
  expect(patchOf(base, { ...base, name: 'b' })).toEqual({ name: 'b' });
});
