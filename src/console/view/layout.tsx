/** The frame of every page. */
import type { Child } from 'hono/jsx';
import type { Area, Page, SignedIn } from '../page.ts';
import { Icon, type IconName } from './icons.tsx';

const AREAS: readonly {
  readonly area: Area;
  readonly href: string;
  readonly text: string;
  readonly icon: IconName;
}[] = [
  { area: 'overview', href: '/', text: 'Overview', icon: 'overview' },
  { area: 'tenants', href: '/tenants', text: 'Tenants', icon: 'tenants' },
  { area: 'deletions', href: '/deletions', text: 'Deletions', icon: 'deletions' },
  { area: 'audit', href: '/audit', text: 'Audit log', icon: 'audit' },
];

/** An HTML document. */
export function Document({ title, children }: { readonly title: string; readonly children: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Hedgerow</title>
        <link rel="stylesheet" href="/assets/console.css" />
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <script src="/assets/console.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        {children}
      </body>
    </html>
  );
}

function Brand() {
  return (
    <a class="brand" href="/">
      <Icon name="hedgerow" />
      <span>Hedgerow</span>
    </a>
  );
}

interface FrameOptions {
  readonly page: Page;
  readonly operator: SignedIn;
  /** Where the script reads the page again; null where it cannot. */
  readonly address: string | null;
}

/** A page of an operator who has signed in. */
export function Frame({ page, operator, address }: FrameOptions) {
  const { title, area, trail = [], actions, body } = page;
  return (
    <Document title={title}>
      <div class="frame">
        <header class="side">
          <Brand />
          <nav aria-label="Areas">
            <ul>
              {AREAS.map(({ area: one, href, text, icon }) => (
                <li>
                  <a href={href} aria-current={one === area ? 'page' : undefined}>
                    <Icon name={icon} />
                    {text}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div class="who">
            <div class="who-name">
              <bdi>{operator.name}</bdi>
              <span class="muted">{operator.role}</span>
            </div>
            {operator.canSignOut && (
              <form method="post" action="/sign-out">
                <button class="quiet">Sign out</button>
              </form>
            )}
          </div>
        </header>
        <main id="main" tabindex={-1} data-address={address ?? undefined}>
          {trail.length > 0 && (
            <nav class="trail" aria-label="Where this is">
              <ol>
                {trail.map(({ text, href }) => (
                  <li>
                    <a href={href}>
                      <bdi>{text}</bdi>
                    </a>
                  </li>
                ))}
              </ol>
            </nav>
          )}
          <div class="head">
            <h1>
              <bdi>{title}</bdi>
            </h1>
            {actions !== undefined && <div class="head-actions">{actions}</div>}
          </div>
          {body}
        </main>
      </div>
    </Document>
  );
}

/** A page for whom nobody knows: to sign in, and where the console cannot go on. */
export function Alone({ title, children }: { readonly title: string; readonly children: Child }) {
  return (
    <Document title={title}>
      <main id="main" class="alone" tabindex={-1}>
        <Brand />
        <h1>{title}</h1>
        {children}
      </main>
    </Document>
  );
}
