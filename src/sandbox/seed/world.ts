import { DAY_MS } from '../filters/dates.ts';
import { addAction } from '../store/actions.ts';
import { addActivity } from '../store/activity.ts';
import { addCohort } from '../store/cohorts.ts';
import { addEvent } from '../store/events.ts';
import { addGroup } from '../store/groups.ts';
import { addPerson, type NewPerson, recordChange } from '../store/persons/changes.ts';
import { queueDeletion } from '../store/persons/removal.ts';
import { emptyTables } from '../store/schema.ts';
import { type Settings, writeSettings } from '../store/settings.ts';
import { makeDeeds } from './events.ts';
import { ACTIONS, COHORTS, groupKey, PROJECTS, seededUuid, TENANTS } from './names.ts';
import { makePeople } from './people.ts';
import { createRandom } from './random.ts';

/** The person property `plan` was "free" for everybody's first day: there is a past to ask about. */
function rememberFirstPlan(sql: SqlStorage, person: NewPerson, id: number): void {
  const plan = person.properties['plan'];
  if (plan === undefined || plan === 'free') return;
  recordChange(sql, id, person.createdAt, 'set', 'plan', 'free');
  recordChange(sql, id, person.createdAt + DAY_MS, 'set', 'plan', plan);
}

function members(persons: readonly NewPerson[], key: string, value: string): number[] {
  return persons
    .filter((person) => person.properties[key] === value)
    .map((person) => person.id)
    .filter((id) => id !== undefined);
}

/** Something must have happened before the first test looks: an old deletion, and somebody's update. */
function makeHistory(sql: SqlStorage, now: number): void {
  const at = now - 5 * DAY_MS;
  const personUuid = seededUuid(1, 900);
  const about = { projectId: 1, itemId: '100900', name: personUuid, changes: null };
  addActivity(sql, { ...about, activity: 'updated', bySystem: true, at: at - DAY_MS });
  addActivity(sql, { ...about, activity: 'deleted', at });
  queueDeletion(sql, { projectId: 1, personUuid, kind: 'event', at, verifiedAt: at + DAY_MS });
}

/** One organisation a tenant. */
function makeGroups(sql: SqlStorage, projectId: number, now: number): void {
  for (const tenant of TENANTS) {
    const properties = { name: `${tenant} Ltd`, tenant_id: tenant, industry: 'hedges' };
    addGroup(sql, projectId, { key: groupKey(tenant), properties, createdAt: now - 20 * DAY_MS });
  }
}

function groupOf(person: NewPerson): string | null {
  const tenant = person.properties['tenant_id'];
  return typeof tenant === 'string' ? groupKey(tenant) : null;
}

/** Makes a fresh world. What was received and what faults stood are gone with the old one. */
export function makeWorld(sql: SqlStorage, settings: Settings): void {
  emptyTables(sql);
  writeSettings(sql, settings);
  const now = Date.parse(settings.now);
  const random = createRandom(settings.seed);
  const [first, second] = [makePeople(1, now, random), makePeople(2, now, random)];
  for (const person of [...first, ...second]) {
    const personId = addPerson(sql, person);
    rememberFirstPlan(sql, person, personId);
    const group = groupOf(person);
    for (const deed of makeDeeds(person, now, random))
      addEvent(sql, person.projectId, { ...deed, personId, group });
  }
  const { pro, birch, otherPro } = COHORTS;
  addCohort(sql, pro.id, pro.projectId, pro.name, members(first, 'plan', 'pro'));
  addCohort(sql, birch.id, birch.projectId, birch.name, members(first, 'tenant_id', 'birch'));
  addCohort(sql, otherPro.id, otherPro.projectId, otherPro.name, members(second, 'plan', 'pro'));
  for (const { id, projectId, event } of Object.values(ACTIONS)) addAction(sql, id, projectId, event);
  for (const { id: projectId } of PROJECTS) makeGroups(sql, projectId, now);
  makeHistory(sql, now);
}
