/** How PostHog's limits stand, and which tenants use them. */
import type { components } from '../../../client/generated/openapi.ts';
import { pathTo } from '../../page.ts';
import { Meter } from '../../view/chart.tsx';
import { Badge, Empty, Section } from '../../view/parts.tsx';
import { count, Name, span } from '../../view/text.tsx';

export type Upstream = components['schemas']['UpstreamStatus'];
type Quota = Upstream['projects'][number]['quotas'][number];

const KINDS: Readonly<Record<Quota['kind'], string>> = { reads: 'Reads and changes', deletes: 'Deletes' };

export function Quotas({ upstream }: { readonly upstream: Upstream }) {
  const quotas = upstream.projects.flatMap(({ project_id: project, quotas: all }) =>
    all.map((quota) => ({ project, quota })),
  );
  return (
    <Section title="PostHog’s quota" id="quota" aside={<span class="muted">last minute</span>} live>
      {quotas.length === 0 ? (
        <Empty>No project was asked about yet.</Empty>
      ) : (
        <ul class="quotas">
          {quotas.map(({ project, quota }) => (
            <QuotaRow project={project} quota={quota} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function QuotaRow({ project, quota }: { readonly project: number; readonly quota: Quota }) {
  const { used, learned_per_minute: of, per_minute: full, paused_seconds: paused, tenants } = quota;
  const says = `${count(used)} of ${count(of)} requests`;
  return (
    <li class="quota">
      <div class="quota-head">
        <strong>{KINDS[quota.kind]}</strong>
        <span class="muted">project {project}</span>
        {paused > 0 && <Badge tone="warning">paused for {span(paused)}</Badge>}
        {paused === 0 && of < full && <Badge tone="warning">slowed after a 429</Badge>}
        <span class="quota-number">
          {count(used)} <span class="muted">of {count(of)}</span>
        </span>
      </div>
      <Meter value={used} of={of} says={says} />
      {tenants.length > 0 && (
        <ul class="shares">
          {tenants.map(({ tenant, used: its, waiting }) => (
            <li>
              <a href={pathTo('tenants', tenant)}>
                <Name>{tenant}</Name>
              </a>{' '}
              {count(its)}
              {waiting > 0 && <span class="muted">, {count(waiting)} waiting</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
