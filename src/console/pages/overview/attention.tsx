/** What stands still until somebody does something about it. */
import type { Child } from 'hono/jsx';
import type { components } from '../../../client/generated/openapi.ts';
import { pathTo } from '../../page.ts';
import { Note } from '../../view/parts.tsx';
import { Ago, counted, Name, span } from '../../view/text.tsx';
import type { OpenDeletion } from './open-deletions.tsx';
import type { Upstream } from './quotas.tsx';

type Fuse = components['schemas']['Fuse'];

interface AttentionOptions {
  readonly fuse: Fuse;
  readonly open: OpenDeletion;
  readonly upstream: Upstream;
  readonly nowMs: number;
}

interface Matter {
  readonly tone: 'bad' | 'warning';
  readonly title: string;
  readonly text: Child;
}

/** An entry that is unknown for so long needs a person. */
const UNKNOWN_MS_MAX = 3_600_000;

export function Attention(options: AttentionOptions) {
  const matters = [...trippedFuse(options), ...waiting(options), ...pauses(options)];
  // Found by its id when something comes up later.
  if (matters.length === 0) return <div id="attention" data-live=""></div>;
  return (
    <section class="attention" aria-label="What needs somebody" id="attention" data-live="">
      {matters.map(({ tone, title, text }) => (
        <Note tone={tone} title={title}>
          {text}
        </Note>
      ))}
    </section>
  );
}

function trippedFuse({ fuse: { tripped }, nowMs }: AttentionOptions): Matter[] {
  if (tripped === null) return [];
  const { tenant, deletion, persons, since } = tripped;
  const text = (
    <p>
      <a href={pathTo('tenants', tenant, 'deletions', deletion)}>
        A deletion of {counted(persons, 'person')} of <Name>{tenant}</Name>
      </a>{' '}
      tripped it <Ago at={since} nowMs={nowMs} />. Deletions of all tenants are held.{' '}
      <a href="/deletions/fuse">Look at the fuse</a>
    </p>
  );
  return [{ tone: 'bad', title: 'The fuse has tripped', text }];
}

function waiting({ open, nowMs }: AttentionOptions): Matter[] {
  const old = open.entries.filter(
    ({ chunks, intended_at: at }) => chunks.unknown > 0 && nowMs - Date.parse(at) > UNKNOWN_MS_MAX,
  );
  return [
    ...(open.waiting === 0
      ? []
      : [
          {
            tone: 'warning' as const,
            title: `${counted(open.waiting, 'deletion')} ${open.waiting === 1 ? 'needs' : 'need'} an approval`,
            text: (
              <p>
                <a href="/deletions?state=held">Look at what is held</a>
              </p>
            ),
          },
        ]),
    ...(old.length === 0
      ? []
      : [
          {
            tone: 'bad' as const,
            title: `${counted(old.length, 'deletion')} unknown for more than an hour`,
            text: (
              <p>
                PostHog has not told how they ended. <a href="/deletions?state=sending">Look at them</a>
              </p>
            ),
          },
        ]),
  ];
}

const pauses = ({ upstream }: AttentionOptions): Matter[] =>
  upstream.projects.flatMap(({ project_id: project, quotas }) =>
    quotas
      .filter(({ paused_seconds: paused }) => paused > 0)
      .map(({ kind, paused_seconds: paused }) => ({
        tone: 'warning' as const,
        title: `PostHog has answered 429 for project ${project}`,
        text: (
          <p>
            {kind === 'reads' ? 'Reads' : 'Deletes'} go on in {span(paused)}.
          </p>
        ),
      })),
  );
