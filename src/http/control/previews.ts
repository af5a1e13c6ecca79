/** What a deletion that is previewed would do, as its tenant or the operator is shown it. */
import type { DeletionPreview } from '../../contract/preview.ts';
import { failure } from '../../core/failure.ts';
import type { ProjectId, TenantId } from '../../core/ids.ts';
import { err, type Result } from '../../core/result.ts';
import type { KeptPreview, LogView } from '../../objects/deletion-log/deletion-log.ts';
import type { ShownBy } from '../../policy/redact-answer.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { deletionNamed, noSuchDeletion } from './deletions.ts';
import { answer, type Answer } from './serve.ts';

/** A person whose deletion was sent meanwhile is shown no more, by whichever deletion. */
export async function previewAsShown(
  ctx: Context,
  preview: KeptPreview,
  projectId: ProjectId,
): Promise<DeletionPreview> {
  const tombstones = await ctx.services.tombstonesOf(projectId, ctx.paying.payer);
  const sample = preview.sample.filter(
    ({ person, distinctIds }) =>
      !tombstones.cover({ uuid: person['uuid'] ?? null, distinct_ids: distinctIds }),
  );
  return { ...preview, sample: sample.map(({ person }) => person) };
}

/** The preview of the deletion that the path names. `shownBy` is the grant of the reader, null for the operator. */
export async function readPreview(
  ctx: Context,
  tenant: TenantId,
  view: LogView,
  shownBy: ShownBy | null,
): Promise<Result<Answer<DeletionPreview>>> {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const log = ctx.services.deletionLog(tenant);
  const shown = await callObject(ctx, () => log.preview(id.value, view, shownBy));
  if (!shown.ok) return shown;
  const status = await callObject(ctx, () => log.status(id.value, view));
  if (!status.ok) return status;
  if (status.value === null) return err(noSuchDeletion());
  return shown.value === null
    ? err(failure('deletion_state_conflict', `There is no preview of it: it is ${status.value.state}.`))
    : answer(await previewAsShown(ctx, shown.value, status.value.project_id));
}
