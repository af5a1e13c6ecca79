/** What a deletion that is previewed would do. The tenant confirms it; an operator looks. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { components } from '../../../client/generated/openapi.ts';
import { isJsonObject } from '../../../core/json.ts';
import type { Visit } from '../../page.ts';
import { Empty, Section, Table } from '../../view/parts.tsx';
import { Ago, counted, Id, Name } from '../../view/text.tsx';

export type PreviewData = components['schemas']['DeletionPreview'];

interface PreviewOptions {
  readonly preview: PreviewData | null;
  readonly nowMs: number;
}

/** Null where there is none, or none any more. */
export async function readPreview(
  { gateway }: Visit,
  path: { tenant: string; id: string },
): Promise<PreviewData | null> {
  try {
    const { data } = await gateway.GET('/admin/v1/tenants/{tenant}/deletions/{id}/preview', {
      params: { path },
    });
    return data;
  } catch (error) {
    if (error instanceof HedgerowError && (error.status === 404 || error.status === 409)) return null;
    throw error;
  }
}

const COLUMNS = [{ text: 'Person' }, { text: 'Name' }, { text: 'Distinct ids' }];

export function Preview({ preview, nowMs }: PreviewOptions) {
  if (preview === null) return null;
  const { persons, consequences, sample, expires_at: expires } = preview;
  return (
    <Section
      title={`Preview: ${counted(persons, 'person')}`}
      id="preview"
      aside={
        <span class="muted">
          can be confirmed, <Ago at={expires} nowMs={nowMs} /> at the latest
        </span>
      }
    >
      <ul class="sentences">
        {consequences.map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
      {sample.length === 0 ? (
        <Empty>None of its persons can be shown.</Empty>
      ) : (
        <Table caption="Some of its persons" columns={COLUMNS}>
          {sample.map((person) => (
            <tr>
              <th scope="row">
                <Id>{textAt(person, 'uuid')}</Id>
              </th>
              <td>
                <Name>{textAt(person, 'name')}</Name>
              </td>
              <td>
                <Name>{textAt(person, 'distinct_ids')}</Name>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function textAt(person: unknown, member: string): string {
  const value: unknown = isJsonObject(person) ? person[member] : undefined;
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'string' ? value : '—';
}
