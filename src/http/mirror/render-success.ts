/** PostHog's success as the grant shows it: bytes as they came, or row by row; JSON, or a table. */
import { columnsOf } from '../../catalogue/columns.ts';
import type { ReplyContent } from '../../catalogue/operation.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { stringifyExactly } from '../../core/exact-json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Tombstones } from '../../core/shield/tombstones.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import {
  countsOfSlice,
  redactorOf,
  showsEnvelopeMember,
  showsWhole,
  type Redact,
} from '../../policy/redact-answer.ts';
import { redactStarted } from '../../policy/redact.ts';
import type { OpenAnswer } from '../../upstream/client.ts';
import { isLinkName, rebuildLink, type LinkName, type PageLinksInput } from '../../upstream/page/links.ts';
import type { ParsedRow } from '../../upstream/page/parsed-row.ts';
import type { RenderOutcome, RenderPlan } from '../../upstream/page/plan.ts';
import { readObject } from '../../upstream/page/read.ts';
import { renderAnswer, type Rendered } from '../../upstream/page/render.ts';
import { JSON_TYPE, type Context, type Reply } from '../context.ts';
import { CSV_TYPE } from '../reply/csv.ts';
import { notFound } from './enforce-slice.ts';
import { placeOf } from './links.ts';

/** What a caller may see: what its grant shows, without the persons that are being deleted. */
export interface View {
  readonly grant: Grant;
  readonly tombstones: Tombstones;
}

/** Answers that show persons. Others are about one person, which is looked up before they are asked for. */
const SHOWING_PERSONS: ReadonlySet<ReplyContent> = new Set([
  'persons',
  'person',
  'person_map',
  'past_person',
]);

/** True where an answer goes out as it came. */
const showsAll = ({ grant, tombstones }: View, contains: ReplyContent): boolean =>
  showsWhole(grant) && (tombstones.isEmpty || !SHOWING_PERSONS.has(contains));

const redactOf = (contains: ReplyContent, grant: Grant): Redact =>
  showsWhole(grant) ? itself : redactorOf(contains, grant);

/** The persons that are being deleted, in answers that show persons. */
const coverOf =
  ({ tombstones }: View, contains: ReplyContent) =>
  (person: JsonObject): boolean =>
    SHOWING_PERSONS.has(contains) && tombstones.cover(person);

export async function renderSuccess(
  ctx: Context,
  view: View,
  call: ConstrainedCall,
  answer: OpenAnswer,
): Promise<Result<Reply>> {
  if (answer.mediaType !== JSON_TYPE) {
    await answer.chunks().cancel();
    return err(notJson(answer.status));
  }
  const { contains } = call.operation.reply;
  if (showsAll(view, contains)) return renderRows(ctx, view, call, answer);
  switch (contains) {
    case 'person':
    case 'past_person':
      return renderPerson(ctx, view, contains, answer);
    case 'timeline':
      return renderObject(redactOf(contains, view.grant), answer);
    case 'nothing':
      return call.operation.effect === 'read'
        ? renderRows(ctx, view, call, answer)
        : renderObject(redactStarted, answer);
    case 'persons':
    case 'person_map':
    case 'activity':
    case 'cohorts':
      return renderRows(ctx, view, call, answer);
  }
}

/** Answers `not_found` for a person that cannot be read or is being deleted, as a list leaves such a person out. */
async function renderPerson(
  { log }: Context,
  view: View,
  contains: ReplyContent,
  answer: OpenAnswer,
): Promise<Result<Reply>> {
  const person = await readObject(answer);
  if (!person.ok) return person;
  if (person.value === null) {
    log.droppedRows += 1;
    return err(notFound());
  }
  const { value } = person.value;
  const ours = coverOf(view, contains)(value) ? null : redactOf(contains, view.grant)(value);
  return ours === null ? err(notFound()) : ok(exactReply(answer, ours, person.value));
}

async function renderObject(redact: Redact, answer: OpenAnswer): Promise<Result<Reply>> {
  const read = await readObject(answer, LIMITS.replyBytesMax);
  if (!read.ok) return read;
  const ours = read.value === null ? null : redact(read.value.value);
  return read.value === null || ours === null
    ? err(notJson(answer.status))
    : ok(exactReply(answer, ours, read.value));
}

const exactReply = ({ status }: OpenAnswer, ours: JsonObject, { text, oddNumbers }: ParsedRow): Reply => ({
  status,
  type: JSON_TYPE,
  body: oddNumbers ? stringifyExactly(ours, text) : JSON.stringify(ours),
});

async function renderRows(
  ctx: Context,
  view: View,
  call: ConstrainedCall,
  answer: OpenAnswer,
): Promise<Result<Reply>> {
  const links = new PageLinks(call, ctx.request);
  let deleted = 0;
  const plan = planOf(view, call, links, () => {
    deleted += 1;
  });
  const rendered = await renderOnce(answer, plan, links);
  if (!rendered.ok) return rendered;
  const { kind, body, outcome } = rendered.value;
  const note = (how: RenderOutcome): void => noteOutcome(ctx, call, how, deleted);
  const csv = call.format.kind === 'csv';
  const next = csv ? links.nextOfTable(kind === 'whole') : null;
  if (kind === 'whole') note(outcome);
  else void outcome.then(note);
  return ok({
    status: answer.status,
    type: csv ? CSV_TYPE : JSON_TYPE,
    body,
    ...(next === null ? {} : { headers: { Link: `<${next}>; rel="next"` } }),
  });
}

/** Bytes that go out as they came, but for their links, are made once for all who are given the same answer and links. */
async function renderOnce(
  answer: OpenAnswer,
  plan: RenderPlan,
  { form }: PageLinks,
): Promise<Result<Rendered>> {
  if (plan.kind !== 'bytes' || answer.rendering === undefined) return renderAnswer(answer, plan);
  const known = answer.rendering.find(form);
  if (known !== null) return ok(known);
  const rendered = await renderAnswer(answer, plan);
  if (rendered.ok && rendered.value.kind === 'whole') answer.rendering.keep(form, rendered.value);
  return rendered;
}

/** `onDeleted` is told of each row that is left out for its tombstone. */
function planOf(view: View, call: ConstrainedCall, links: PageLinks, onDeleted: () => void): RenderPlan {
  const { operation, format } = call;
  const { contains, rows } = operation.reply;
  const { grant, tombstones } = view;
  const whole = showsAll(view, contains);
  const at = contains === 'person_map' ? 'map' : rows;
  if (at === null || (whole && format.kind === 'json')) {
    return { kind: 'bytes', page: rows === null ? null : { rows, link: links.replace } };
  }
  const redact = redactOf(contains, grant);
  const isDeleted = coverOf(view, contains);
  const byDistinctId = Object.hasOwn(call.arguments, 'distinct_ids');
  const asked = new Set(Object.values(call.arguments).flat());
  return {
    kind: 'rows',
    rows: at,
    // Of a map only what was asked for: PostHog may answer more.
    judge: (row, id) => {
      if (id !== null && !asked.has(id)) return null;
      const named = id !== null && byDistinctId && tombstones.coverDistinctId(id);
      if (!named && !isDeleted(row)) return redact(row);
      onDeleted();
      return null;
    },
    member: (name, value) => {
      if (isLinkName(name)) return links.replace(name, value);
      return showsWhole(grant) || showsEnvelopeMember(name, grant) ? value : undefined;
    },
    counts: countsOfSlice(contains, grant),
    // What the whole project may see is shown as it is written where it cannot be looked at.
    unreadable: whole ? 'as_written' : 'leave_out',
    table: format.kind === 'csv' ? { members: columnsOf(operation.reply), properties: format.columns } : null,
  };
}

const itself = (row: JsonObject): JsonObject => row;

/** The links of one page. A table has no place for them, so the way to the next page goes into a header (RFC 8288). */
class PageLinks {
  readonly #place: PageLinksInput | null;
  /** `undefined` until PostHog has said it. */
  #next: string | null | undefined;

  constructor(call: ConstrainedCall, request: Request) {
    this.#place = placeOf(call, request);
  }

  /** All that decides what the links are. */
  get form(): string {
    return JSON.stringify(this.#place);
  }

  /** The gateway's link in the place of PostHog's. */
  readonly replace = (name: LinkName, value: Json | undefined): Json | undefined => {
    if (this.#place === null) return undefined;
    const ours = rebuildLink(name, value, this.#place);
    if (name === 'next') this.#next = ours;
    return ours;
  };

  /**
   * Headers are sent before PostHog has said whether there is a next page where it says so behind its rows. Then the
   * link is there, and at worst leads to an empty page.
   */
  nextOfTable(complete: boolean): string | null {
    if (this.#next !== undefined || complete) return this.#next ?? null;
    return this.#place === null ? null : rebuildLink('next', 'unknown', this.#place);
  }
}

/** What the log line says of an answer, besides how its body ended. */
function noteOutcome(
  { log }: Context,
  { operation }: ConstrainedCall,
  how: RenderOutcome,
  deleted: number,
): void {
  log.droppedRows += how.rowsUnreadable;
  // PostHog was asked for rows of the slice only. In a map, foreign persons are to be expected.
  if (operation.reply.contains === 'persons') {
    log.foreignRows += how.rowsIn - how.rowsOut - how.rowsUnreadable - deleted;
  }
  // Too late for another answer: the stream breaks off, and the line says why.
  if (how.ended === 'invalid') log.code = 'upstream_reply_invalid';
}

const notJson = (status: number): Failure =>
  failure('upstream_reply_invalid', `PostHog answered ${status} with a body that is not its API's.`);
