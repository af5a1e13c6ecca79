/** The ids that a deletion was asked for with: the first of them on its page, and all as a file. */
import type { components } from '../../../client/generated/openapi.ts';
import { cursorIn } from '../../gateway/usage.ts';
import { pathTo, type Show, type Visit } from '../../page.ts';
import { Empty, Section } from '../../view/parts.tsx';
import { count, counted, Id } from '../../view/text.tsx';
import { streamOf } from './export.ts';

type Detail = components['schemas']['DeletionDetail'];

const FEW = 12;

/**
 * The gateway leaves the ids out of an entry where they are more than those of one call. They are asked for while somebody
 * has to decide: a page that follows a deletion is read again and again.
 */
export async function firstIds(visit: Visit, { ids, state }: Detail): Promise<readonly string[]> {
  if (ids !== null) return ids;
  return state === 'held' ? (await pageOf(visit, null)).ids : [];
}

interface IdsOptions {
  readonly visit: Visit;
  readonly detail: Detail;
  readonly first: readonly string[];
}

export function Ids({ visit, detail: { asked, ids_replaced_at: replaced, target }, first }: IdsOptions) {
  const here = pathTo('tenants', visit.part('tenant'), 'deletions', visit.part('id'));
  return (
    <Section
      title={target === 'distinct_ids' ? 'Distinct ids' : 'Persons'}
      id="ids"
      aside={<span class="muted">{replaced === null ? 'as they were asked for' : 'kept as digests'}</span>}
    >
      {first.length === 0 ? (
        <Empty>{asked === 0 ? 'None.' : counted(asked, 'id')}</Empty>
      ) : (
        <IdList ids={first.slice(0, FEW)} />
      )}
      {first.length > FEW && (
        <details>
          <summary>
            {first.length < asked
              ? `The first ${count(first.length)} of ${counted(asked, 'id')}`
              : counted(asked, 'id')}
          </summary>
          <IdList ids={first.slice(FEW)} scrolls />
        </details>
      )}
      {first.length < asked && (
        <p class="more">
          <a class="button" href={`${here}/ids`}>
            All ids as a file
          </a>
        </p>
      )}
    </Section>
  );
}

interface IdListOptions {
  readonly ids: readonly string[];
  /** Is it longer than the place for it? Then the keyboard has to reach it. */
  readonly scrolls?: boolean;
}

const IdList = ({ ids, scrolls = false }: IdListOptions) => (
  <ul class="ids" tabindex={scrolls ? 0 : undefined}>
    {ids.map((id) => (
      <li>
        <bdi>
          <Id>{id}</Id>
        </bdi>
      </li>
    ))}
  </ul>
);

/** `GET /tenants/:tenant/deletions/:id/ids`: one a line, as the command line takes them. */
export const deletionIds: Show = async (visit) => {
  const first = await pageOf(visit, null);
  return {
    kind: 'raw',
    response: new Response(streamOf(lines(visit, first)), {
      headers: {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Disposition': `attachment; filename="${visit.part('id')}.txt"`,
      },
    }),
  };
};

interface IdPage {
  readonly ids: readonly string[];
  readonly next: string | null;
}

async function pageOf({ gateway, part }: Visit, cursor: string | null): Promise<IdPage> {
  const { data } = await gateway.GET('/admin/v1/tenants/{tenant}/deletions/{id}/ids', {
    params: {
      path: { tenant: part('tenant'), id: part('id') },
      query: cursor === null ? {} : { cursor: Number(cursor) },
    },
  });
  return { ids: data.results, next: cursorIn(data.next) };
}

async function* lines(visit: Visit, first: IdPage): AsyncGenerator<string> {
  let page = first;
  yield textOf(page.ids);
  while (page.next !== null) {
    page = await pageOf(visit, page.next);
    yield textOf(page.ids);
  }
}

const textOf = (ids: readonly string[]): string => ids.map((id) => `${lineOf(id)}\n`).join('');

/** With its line break, an id would be read as two, of which one may be another person's: it is written as JSON. */
const lineOf = (id: string): string => (/[\r\n]/.test(id) ? JSON.stringify(id) : id);
