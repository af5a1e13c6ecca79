/** The form of a tenant's record. */
import type { Child } from 'hono/jsx';
import { ScopeName } from '../../core/scopes.ts';
import { scopeWords } from '../words/grant.ts';
import type { JsonObject } from '../../core/json.ts';
import { count } from '../view/text.tsx';
import { boundsOf, FIELD_GROUPS, type Field, type FieldGroup } from './fields.ts';
import type { Issues } from './check.ts';
import { valueAt } from './record.ts';

interface FormOptions {
  readonly record: JsonObject;
  readonly issues: Issues;
  /** The operator may only look. */
  readonly isLocked: boolean;
}

export function TenantFields({ record, issues, isLocked }: FormOptions) {
  return (
    <fieldset class="bare" disabled={isLocked}>
      {FIELD_GROUPS.map((group) => (
        <Group group={group}>
          {group.fields.map((field) => (
            <Control field={field} value={valueAt(record, field.path)} issue={issues.get(field.path)} />
          ))}
        </Group>
      ))}
    </fieldset>
  );
}

function Group({
  group: { title, lead },
  children,
}: {
  readonly group: FieldGroup;
  readonly children: Child;
}) {
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {lead !== undefined && <p class="lead">{lead}</p>}
      <div class="group-fields">{children}</div>
    </fieldset>
  );
}

interface ControlOptions {
  readonly field: Field;
  readonly value: unknown;
  readonly issue: string | undefined;
}

const idOf = (path: string): string => `field-${path.replaceAll('.', '-')}`;

function Control({ field, value, issue }: ControlOptions) {
  const { path, label, kind, unit, help } = field;
  const id = idOf(path);
  if (kind === 'scopes') return <Scopes path={path} value={value} issue={issue} />;
  if (kind === 'flag' || kind === 'hidden') {
    return (
      <div class="field field-wide check">
        <input
          id={id}
          name={path}
          type="checkbox"
          value="yes"
          checked={value === true || value === 'hidden'}
        />
        <label for={id}>{label}</label>
      </div>
    );
  }
  const bounds = boundText(field);
  const describedBy = [help ?? bounds, issue].some((text) => text !== undefined) ? `${id}-help` : undefined;
  return (
    <div class={kind === 'lines' || kind === 'value' ? 'field field-wide' : 'field'}>
      <label for={id}>{label}</label>
      <div class="control">
        <Input field={field} value={value} id={id} describedBy={describedBy} isWrong={issue !== undefined} />
        {unit !== undefined && <span class="unit">{unit}</span>}
      </div>
      {describedBy !== undefined && (
        <p class={issue === undefined ? 'help' : 'help wrong'} id={describedBy}>
          {issue ?? [help, bounds].filter((text) => text !== undefined).join(' ')}
        </p>
      )}
    </div>
  );
}

function boundText({ path, kind }: Field): string | undefined {
  const { min, max } = boundsOf(path);
  return kind === 'number' && min !== undefined && max !== undefined
    ? `${count(min)} to ${count(max)}.`
    : undefined;
}

interface InputOptions {
  readonly field: Field;
  readonly value: unknown;
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly isWrong: boolean;
}

function Input({ field: { path, kind, optional }, value, id, describedBy, isWrong }: InputOptions) {
  const common = {
    id,
    name: path,
    'aria-describedby': describedBy,
    'aria-invalid': isWrong ? 'true' : undefined,
  };
  if (kind === 'lines' || kind === 'value') {
    const lines = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
    return (
      <textarea {...common} rows={Math.min(6, Math.max(2, lines.length + 1))} dir="auto" spellcheck={false}>
        {lines.join('\n')}
      </textarea>
    );
  }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return kind === 'number' ? (
    <input
      {...common}
      {...boundsOf(path)}
      type="number"
      step={1}
      value={text}
      required={optional !== true}
      inputmode="numeric"
    />
  ) : (
    <input
      {...common}
      {...boundsOf(path)}
      type="text"
      value={text}
      required={optional !== true}
      dir="auto"
      autocomplete="off"
    />
  );
}

interface ScopesOptions {
  readonly path: string;
  readonly value: unknown;
  readonly issue: string | undefined;
}

function Scopes({ path, value, issue }: ScopesOptions) {
  const held = new Set<unknown>(Array.isArray(value) ? value : []);
  return (
    <div class="field field-wide">
      <ul class="choices">
        {ScopeName.options.map((scope) => (
          <li class="check">
            <input
              id={`scope-${scope}`}
              name={path}
              type="checkbox"
              value={scope}
              checked={held.has(scope)}
            />
            <label for={`scope-${scope}`}>
              <code>{scope}</code> <span class="muted">{scopeWords(scope)}</span>
            </label>
          </li>
        ))}
      </ul>
      {issue !== undefined && <p class="help wrong">{issue}</p>}
    </div>
  );
}
