/** A preview: whom a deletion would delete, shown before a yes to exactly these persons. */
import { deletions, type components } from '../../../client/index.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { agreed } from '../../input/ask.ts';
import { shown } from '../../output/shown.ts';
import { table } from '../../output/table.ts';
import type { Cli, Session } from '../../session/session.ts';

type Preview = components['schemas']['DeletionPreview'];

/** Waits until its persons are known. Null where it is past being previewed. */
export async function awaitPreview(cli: Cli, { hedgerow }: Session, id: string): Promise<Preview | null> {
  for await (const { state } of deletions.follow(hedgerow, id, { signal: cli.signal })) {
    if (state === 'resolving') {
      cli.terminal.note('Its persons are being found.');
      continue;
    }
    if (state !== 'previewed') return null;
    return (await hedgerow.GET('/v1/deletions/{id}/preview', { params: { path: { id } } })).data;
  }
  return null;
}

/** Shows it, asks, and has these persons deleted, and no others. */
export async function confirmPreview(
  cli: Cli,
  { hedgerow }: Session,
  id: string,
  preview: Preview,
): Promise<void> {
  const { terminal } = cli;
  for (const line of previewLines(cli, preview)) terminal.note(line);
  await agreed(cli, `Delete ${countText(preview.persons)}? This cannot be undone.`);
  await confirmDigest({ hedgerow }, id, preview.digest);
}

export async function confirmDigest(
  { hedgerow }: Pick<Session, 'hedgerow'>,
  id: string,
  digest: string,
): Promise<void> {
  await hedgerow.POST('/v1/deletions/{id}/confirm', {
    // The digest says what is confirmed: saying it twice is saying it once.
    params: { path: { id }, header: { 'Idempotency-Key': JSON.stringify(`hedgerow-${id}-${digest}`) } },
    body: { digest },
  });
}

/** The digest that was given has to be that of the preview as it is now. */
export function checkDigest(preview: Preview, given: string | undefined): void {
  if (given === undefined || given === preview.digest) return;
  throw new CliError(EXIT.refused, 'The digest is of another preview than the one that there is now.', [
    `That one is ${preview.digest}.`,
  ]);
}

const countText = (persons: number): string =>
  persons === 1 ? 'one person' : `${persons.toLocaleString('en')} persons`;

function previewLines(
  { terminal }: Cli,
  { persons, consequences, sample, expires_at: end, digest }: Preview,
) {
  const rows = table(
    sample,
    [
      { title: 'uuid', of: (row) => text(row['uuid']) },
      { title: 'name', of: (row) => text(row['name']) },
      { title: 'created', of: (row) => text(row['created_at']) },
    ],
    terminal.noteStyle,
  );
  return [
    `It would delete ${countText(persons)}:`,
    ...(sample.length === 0 ? [] : rows.trimEnd().split('\n')),
    ...consequences.map((line) => `- ${shown(line)}`),
    shown(`It can be confirmed until ${end}, with the digest ${digest}.`),
  ];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
