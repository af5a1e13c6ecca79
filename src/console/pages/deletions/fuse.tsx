/** The fuse over the deletions of all tenants. */
import type { components } from '../../../client/generated/openapi.ts';
import { LIMITS } from '../../../core/limits.ts';
import { elsewhere, pathTo, type Act, type Page, type Show } from '../../page.ts';
import { Meter } from '../../view/chart.tsx';
import { Badge, Empty, Section } from '../../view/parts.tsx';
import { Ago, At, count, counted, Name, span } from '../../view/text.tsx';

type Fuse = components['schemas']['Fuse'];

/** `GET /deletions/fuse` */
export const fusePage: Show = async ({ gateway, operator, nowMs }): Promise<Page> => {
  const { data } = await gateway.GET('/admin/v1/fuse');
  return {
    kind: 'page',
    title: 'Fuse',
    area: 'deletions',
    trail: [{ text: 'Deletions', href: '/deletions' }],
    body: (
      <>
        <FuseSection fuse={data} nowMs={nowMs} />
        {operator.role === 'owner' && data.tripped !== null && <ResetForm />}
      </>
    ),
  };
};

function FuseSection({ fuse, nowMs }: { readonly fuse: Fuse; readonly nowMs: number }) {
  const { persons_per_day: size, remaining, tripped, more_in_seconds: more, last_reset: reset } = fuse;
  return (
    <Section
      title="How it stands"
      id="fuse"
      lead="What all tenants together may delete in any 24 hours before deletions are held."
      live
    >
      {size === null || remaining === null ? (
        <Empty>There is no fuse. DELETE_FUSE_PERSONS_PER_DAY of the gateway puts one in.</Empty>
      ) : (
        <>
          <div class="quota-head">
            <Badge tone={tripped === null ? 'good' : 'bad'}>
              {tripped === null ? 'holds' : 'has tripped'}
            </Badge>
            <span class="quota-number">
              {count(size - remaining)} <span class="muted">of {counted(size, 'person')}</span>
            </span>
          </div>
          <Meter
            value={size - remaining}
            of={size}
            says={`${count(size - remaining)} of ${counted(size, 'person')}`}
          />
          {more !== null && <p class="muted">More fits in {span(more)}.</p>}
        </>
      )}
      {tripped !== null && (
        <p>
          <a href={pathTo('tenants', tripped.tenant, 'deletions', tripped.deletion)}>
            A deletion of {counted(tripped.persons, 'person')} of <Name>{tripped.tenant}</Name>
          </a>{' '}
          tripped it <Ago at={tripped.since} nowMs={nowMs} />.
        </p>
      )}
      {reset !== null && (
        <p class="muted">
          Reset <At at={reset.at} nowMs={nowMs} /> UTC
          {reset.note !== null && (
            <>
              : <bdi>{reset.note}</bdi>
            </>
          )}
          .
        </p>
      )}
    </Section>
  );
}

function ResetForm() {
  return (
    <Section
      title="Reset it"
      id="reset"
      lead="Deletions that it holds go on within half a minute. What was deleted until then counts no more."
    >
      <form method="post" class="stack">
        <div class="field">
          <label for="reason">Reason</label>
          <input id="reason" name="reason" maxlength={LIMITS.reasonCharsMax} dir="auto" autocomplete="off" />
        </div>
        <div class="actions">
          <button class="danger">Reset the fuse</button>
        </div>
      </form>
    </Section>
  );
}

/** `POST /deletions/fuse` */
export const resetFuse: Act = async ({ gateway }, form) => {
  const reason = form.text('reason').trim();
  await gateway.POST('/admin/v1/fuse/reset', { body: reason === '' ? {} : { reason } });
  return elsewhere('/deletions/fuse');
};
