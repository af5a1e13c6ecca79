/** The operator console in Chromium: a working day of an operator, and every page for everybody. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { violationsOf } from '../support/axe.ts';
import { openPage, startBrowser } from '../support/browser.ts';
import { clientOf, until } from '../support/client.ts';
import { startConsole, TOKENS, type RoleName } from '../support/console.ts';

const PERSONS = 5000;
const MARKUP = '<img src=x onerror=alert(1)> “&amp;” \u202Eهلا\u202C 🌲';

const { origin, gatewayOrigin, sandbox, admin } = await startConsole({
  gateway: { DELETION_LOOK_SECONDS: '1', POSTHOG_GENERATION: 'C' },
});
const browser = await startBrowser();
const ask = clientOf(gatewayOrigin);

const idOf = (at: number): string => `person-${at}@acme.test`;

beforeAll(async () => {
  await sandbox.reset({ generation: 'C' });
  const people = Array.from({ length: PERSONS }, (_, at) => ({
    project_id: 1,
    distinct_ids: [idOf(at)],
    properties: { tenant_id: 'cedar' },
  }));
  for (let from = 0; from < PERSONS; from += 500) await sandbox.addPersons(people.slice(from, from + 500));
});

async function signIn(page: Page, role: RoleName, path = '/'): Promise<void> {
  await page.goto(origin + path);
  await page.fill('#token', TOKENS[role]);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(origin + path);
}

/** What the element that has the focus looks like; null where none has it. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const { left, right, top, bottom } = one.getBoundingClientRect();
  const isOutlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const isInSight = right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
  return { name: one.outerHTML.slice(0, 120), isOutlined, isInSight };
})()`;

interface Focus {
  readonly name: string;
  readonly isOutlined: boolean;
  readonly isInSight: boolean;
}

/** Elements that the keyboard reaches on a page and that do not show it. */
async function unseenFocuses(page: Page): Promise<readonly Focus[]> {
  const unseen: Focus[] = [];
  for (let pressed = 0; pressed < 150; pressed += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate<Focus | null>(FOCUSED);
    // Behind the last element the focus leaves the page.
    if (focus === null) break;
    if (!focus.isOutlined || !focus.isInSight) unseen.push(focus);
  }
  return unseen;
}

describe('A working day', () => {
  test('An operator registers, mints, watches a deletion of 5,000 persons, approves one, revokes, and finds all of it in the audit log', async () => {
    const { page, origins, errors } = await openPage(browser);
    await signIn(page, 'owner', '/tenants/new');

    await page.fill('#tenant', 'cedar');
    await page.fill('#field-name', 'Cedar Partners');
    await page.fill('#field-project_id', '1');
    await page.check('#scope-person\\:delete');
    await page.fill('#field-slice-property', 'tenant_id');
    await page.fill('#field-slice-value', 'cedar');
    await page.fill('#field-deletes-persons_per_day', '10000');
    await page.fill('#field-deletes-approval_over', '5500');
    await page.click('button:has-text("Register")');
    await page.waitForURL(`${origin}/tenants/cedar?done=registered`);
    expect(await page.textContent('#may')).toContain('Persons whose “tenant_id” is “cedar”.');

    await page.click('a:has-text("Tokens")');
    await page.fill('#name', 'cedar backend');
    await page.click('button:has-text("Mint")');
    const token = await page.inputValue('#token');
    expect(token).toMatch(/^hgr_/);
    expect((await ask('GET', '/api/projects/1/persons/?limit=2', { token })).status).toBe(200);

    const ids = Array.from({ length: PERSONS }, (_, at) => idOf(at));
    const made = await ask('POST', '/v1/deletions', { token, json: { distinct_ids: ids } });
    const { id } = made.json as { id: string };
    await page.goto(`${origin}/tenants/cedar/deletions/${id}`);
    await page.waitForSelector('#progress .badge:has-text("done")');
    expect(await page.textContent('#progress')).toMatch(/Gone\s*5,000/);

    // One of more persons than the tenant may delete without an operator.
    await admin('PATCH', '/admin/v1/tenants/cedar', { deletes: { approval_over: 0 } });
    const more = await ask('POST', '/v1/deletions', { token, json: { distinct_ids: ['nobody@acme.test'] } });
    const { id: heldId } = more.json as { id: string };
    await page.goto(`${origin}/tenants/cedar/deletions/${heldId}`);
    expect(await page.textContent('#progress .badge')).toBe('needs approval');
    // Who minted the token stands behind the deletion.
    await page.click('button:has-text("Approve")');
    expect(await page.textContent('.note-bad')).toContain('approver_not_independent');
    const other = await openPage(browser);
    await signIn(other.page, 'operator', `/tenants/cedar/deletions/${heldId}`);
    await other.page.fill('#reason', 'checked with Cedar');
    await other.page.click('button:has-text("Approve")');
    await other.page.waitForSelector('#progress .badge:not(:has-text("needs approval"))');

    await page.goto(`${origin}/tenants/cedar/tokens`);
    await page.click('a:has-text("Revoke")');
    await page.click('button:has-text("Revoke")');
    await page.waitForURL(/done=revoked/);
    expect((await ask('GET', '/v1/whoami', { token })).json).toMatchObject({ code: 'token_revoked' });

    await until('the use of the token shows in the chart', async () => {
      await page.goto(`${origin}/tenants/cedar`);
      return (await page.textContent('#day .legend'))?.match(/answered 3/) === null ? undefined : true;
    });
    expect(await page.getAttribute('#day svg.bars', 'aria-label')).toContain('3 requests answered');

    await page.goto(`${origin}/audit?tenant=cedar`);
    const rows = await page.locator('#changes tbody tr').allTextContents();
    const said = rows.map((row) => row.replaceAll(/\s+/g, ' '));
    expect(said[0]).toMatch(/oda.*revoked a token of cedar.*made/);
    expect(said[1]).toMatch(/olga.*approved a deletion of cedar.*made/);
    expect(said[2]).toMatch(/oda.*approved a deletion of cedar.*refused/);
    expect(said.at(-1)).toMatch(/oda.*registered or replaced cedar.*made/);

    for (const seen of [origins(), other.origins()]) expect(seen).toEqual(new Set([origin]));
    // The approval that was refused is the one answer of 403.
    expect(errors).toEqual([expect.stringContaining('403')]);
    expect(other.errors).toEqual([]);
  });
});

describe('Every page', () => {
  let deletion = '';
  beforeAll(async () => {
    await admin('PUT', '/admin/v1/tenants/markup', {
      name: MARKUP,
      project_id: 1,
      scopes: ['person:read', 'person:delete'],
      deletes: { approval_over: 0, persons_per_day: 5 },
    });
    const minted = await admin('POST', '/admin/v1/tenants/markup/tokens', { name: MARKUP });
    const { token } = minted.json as { token: string };
    const held = await ask('POST', '/v1/deletions', {
      token,
      json: { distinct_ids: ['<b>ada</b>@acme.test'] },
    });
    ({ id: deletion } = held.json as { id: string });
    await ask('POST', '/v1/deletions', {
      token,
      json: { distinct_ids: Array.from({ length: 9 }, (_, at) => `${at}`) },
    });
  });

  const PATHS = [
    '/',
    '/tenants',
    '/tenants/new',
    '/tenants/markup',
    '/tenants/markup/record',
    '/tenants/markup/tokens',
    '/tenants/markup/deletions',
    '/tenants/markup/deletions/:deletion',
    '/tenants/markup/remove',
    '/tenants/markup/try?method=GET&path=/api/projects/1/persons/',
    '/deletions',
    '/deletions/fuse',
    '/alarms',
    '/audit',
    '/no-such-page',
  ];

  test.each([
    { colorScheme: 'light', width: 1280 },
    { colorScheme: 'dark', width: 1280 },
    { colorScheme: 'light', width: 320 },
  ] as const)(
    'Every page passes axe in $colorScheme at a width of $width, fits into it, asks nobody else and logs no error',
    async ({ colorScheme, width }) => {
      const { page, origins, errors } = await openPage(browser, {
        colorScheme,
        viewport: { width, height: 700 },
      });
      await page.goto(`${origin}/sign-in`);
      expect(await violationsOf(page)).toEqual([]);
      await signIn(page, 'owner');
      for (const path of PATHS) {
        await page.goto(origin + path.replace(':deletion', deletion));
        expect(await violationsOf(page), path).toEqual([]);
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(over, path).toBeLessThanOrEqual(0);
      }
      expect(origins()).toEqual(new Set([origin]));
      expect(errors.filter((error) => !error.includes('404'))).toEqual([]);
    },
    300_000,
  );

  test('Every element that the keyboard reaches shows that it has the focus, and is in sight, at 400 % zoom too', async () => {
    // 1280 by 1024 pixels, magnified four times.
    const { page } = await openPage(browser, { viewport: { width: 320, height: 256 } });
    await page.goto(`${origin}/sign-in`);
    expect(await unseenFocuses(page)).toEqual([]);
    await signIn(page, 'owner');
    const unseen: (readonly [string, Focus])[] = [];
    for (const path of PATHS) {
      await page.goto(origin + path.replace(':deletion', deletion));
      for (const focus of await unseenFocuses(page)) unseen.push([path, focus]);
    }
    expect(unseen).toEqual([]);
  });

  test('A name with markup, emoji or right-to-left marks is shown as text on every page', async () => {
    const { page, errors } = await openPage(browser);
    let alerts = 0;
    page.on('dialog', (dialog) => {
      alerts += 1;
      void dialog.dismiss();
    });
    await signIn(page, 'owner');
    for (const path of PATHS) {
      await page.goto(origin + path.replace(':deletion', deletion));
      expect(await page.locator('img, main b').count(), path).toBe(0);
      if (/^\/tenants\/markup(?:$|\/tokens|\/record)/.test(path)) {
        const text = `${await page.textContent('main')}${await page.inputValue('#field-name', { timeout: 1 }).catch(() => '')}`;
        expect(text, path).toContain(MARKUP);
      }
    }
    expect(alerts).toBe(0);
    expect(errors.filter((error) => !error.includes('404'))).toEqual([]);
  });

  test('The keyboard reaches the content first, then every area, and shows where it is', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'owner');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
  });

  test('Everything but the live parts works without the script', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page, 'owner', '/tenants/markup/tokens');
    await page.fill('#name', 'without a script');
    await page.click('button:has-text("Mint")');
    expect(await page.inputValue('#token')).toMatch(/^hgr_/);
    await page.goto(`${origin}/tenants/markup/record`);
    await page.fill('#field-rate-burst', '31');
    await page.click('button:has-text("Show the change")');
    expect(await page.textContent('#change table')).toMatch(/30\s*31/);
    await page.click('button:has-text("Save")');
    await page.waitForURL(/done=saved/);
    await page.goto(`${origin}/tenants/markup/deletions/${deletion}`);
    await page.fill('#reason', 'not without a script');
    await page.click('button:has-text("Reject")');
    expect(await page.textContent('#progress .badge')).toBe('rejected');
  });

  test('A token is copied with one click', async () => {
    const { page } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(page, 'owner', '/tenants/markup/tokens');
    await page.fill('#name', 'copied');
    await page.click('button:has-text("Mint")');
    await page.click('button:has-text("Copy")');
    await page.waitForSelector('button:has-text("Copied")');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await page.inputValue('#token'));
  });
});
