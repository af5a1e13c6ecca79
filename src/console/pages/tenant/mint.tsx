/** The form that mints a token, and the one page that ever shows it. */
import type { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { Tenant } from '../../../client/names.ts';
import { LIMITS } from '../../../core/limits.ts';
import { pathTo, type Form, type Visit } from '../../page.ts';
import { scopeWords } from '../../words/grant.ts';
import { Refused } from '../problem.tsx';
import { Note, Section } from '../../view/parts.tsx';
import { At, Id } from '../../view/text.tsx';

const DAY_SECONDS = 86_400;
const LIVES: readonly (readonly [number, string])[] = [
  [600, '10 minutes'],
  [DAY_SECONDS, '1 day'],
  [7 * DAY_SECONDS, '7 days'],
  [30 * DAY_SECONDS, '30 days'],
  [90 * DAY_SECONDS, '90 days'],
  [365 * DAY_SECONDS, '1 year'],
];

interface MintOptions {
  readonly tenant: Tenant;
  readonly error: HedgerowError | undefined;
  readonly form: Form | undefined;
}

export function MintForm({ tenant, error, form }: MintOptions) {
  const asked = new Set(form?.all('scopes') ?? tenant.scopes);
  const lives = form?.text('expires_in') ?? String(LIMITS.mintedTokenSecondsDefault);
  return (
    <Section
      title="Mint a token"
      id="mint"
      lead="It is shown this once. The gateway keeps no token, so none can be shown again."
    >
      {error !== undefined && <Refused error={error} />}
      <form method="post" class="form">
        <div class="group-fields">
          <div class="field">
            <label for="name">Name</label>
            <input
              id="name"
              name="name"
              required
              maxlength={LIMITS.nameCharsMax}
              value={form?.text('name') ?? ''}
              dir="auto"
              autocomplete="off"
            />
          </div>
          <div class="field">
            <label for="expires_in">Lives for</label>
            <select id="expires_in" name="expires_in">
              {LIVES.map(([seconds, text]) => (
                <option value={String(seconds)} selected={String(seconds) === lives}>
                  {text}
                </option>
              ))}
            </select>
          </div>
          <div class="field">
            <label for="actor">For whom</label>
            <input
              id="actor"
              name="actor"
              maxlength={LIMITS.actorCharsMax}
              value={form?.text('actor') ?? ''}
              dir="auto"
              autocomplete="off"
              aria-describedby="actor-help"
            />
            <p class="help" id="actor-help">
              An end user or a ticket. The deletion log shows it. May be empty.
            </p>
          </div>
          <fieldset class="field field-wide plain-group">
            <legend>Scopes</legend>
            <ul class="choices">
              {tenant.scopes.map((scope) => (
                <li class="check">
                  <input
                    id={`mint-${scope}`}
                    name="scopes"
                    type="checkbox"
                    value={scope}
                    checked={asked.has(scope)}
                  />
                  <label for={`mint-${scope}`}>
                    <code>{scope}</code> <span class="muted">{scopeWords(scope)}</span>
                  </label>
                </li>
              ))}
            </ul>
          </fieldset>
        </div>
        <div class="actions">
          <button class="primary">Mint</button>
        </div>
      </form>
    </Section>
  );
}

interface MintedOptions {
  readonly token: string;
  readonly name: string;
  readonly id: string;
  readonly expires: string;
  readonly visit: Visit;
}

export function Minted({ token, name, id, expires, visit }: MintedOptions) {
  return (
    <Section title={name} id="minted">
      <Note tone="warning" title="Copy it now: it is shown this once." />
      <div class="secret">
        <label for="token" class="hidden">
          The token
        </label>
        <textarea id="token" readonly rows={4} spellcheck={false} data-select="">
          {token}
        </textarea>
        <button type="button" class="primary" data-copy="token" hidden>
          Copy
        </button>
      </div>
      <p class="muted">
        <Id>{id}</Id>, ends <At at={expires} nowMs={visit.nowMs} /> (UTC).
      </p>
      <p>
        <a class="button" href={pathTo('tenants', visit.part('tenant'), 'tokens')}>
          I have it
        </a>
      </p>
    </Section>
  );
}
