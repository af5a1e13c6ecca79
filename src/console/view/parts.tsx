/** Parts that pages are made of. */
import type { Child } from 'hono/jsx';
import { Icon } from './icons.tsx';

interface SectionOptions {
  readonly title: string;
  readonly id: string;
  readonly aside?: Child;
  /** What the section is, in a sentence. */
  readonly lead?: Child;
  /** The script brings it up to date. */
  readonly live?: boolean;
  readonly children: Child;
}

export function Section({ title, id, aside, lead, live = false, children }: SectionOptions) {
  return (
    <section class="card" id={id} aria-labelledby={`${id}-title`} data-live={live ? '' : undefined}>
      <div class="card-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside !== undefined && <div class="card-aside">{aside}</div>}
      </div>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
}

export const Empty = ({ children }: { readonly children: Child }) => <p class="empty">{children}</p>;

interface NoteOptions {
  readonly tone: 'good' | 'warning' | 'bad' | 'plain';
  readonly title?: string;
  readonly children?: Child;
}

/** A box that says something. */
export function Note({ tone, title, children }: NoteOptions) {
  return (
    <div class={`note note-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={tone === 'good' ? 'good' : 'warning'} />
      <div>
        {title !== undefined && <p class="note-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

interface TableOptions {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly children: Child;
}
export interface Column {
  readonly text: string;
  /** Numbers stand at the right. */
  readonly number?: boolean;
  /** Shown to screen readers alone. */
  readonly silent?: boolean;
}

/** A table that scrolls by itself where it is wider than the page. */
export function Table({ caption, columns, children }: TableOptions) {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ text, number = false, silent = false }) => (
              <th scope="col" class={number ? 'number' : undefined}>
                {silent ? <span class="hidden">{text}</span> : text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** The way to the next page of a listing. */
export function More({ href }: { readonly href: string | null }) {
  if (href === null) return null;
  return (
    <p class="more">
      <a class="button" href={href} rel="next">
        Next page
      </a>
    </p>
  );
}

/** A word with a colour that is not needed to understand it. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: Child }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}
export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'plain';

/** Tabs of one tenant. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {tabs.map(({ href, text, current }) => (
          <li>
            <a href={href} aria-current={current ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
export interface Tab {
  readonly href: string;
  readonly text: string;
  readonly current: boolean;
}
