import * as z from 'zod';
import { runEventJobs, runQueue } from '../deleting/background.ts';
import { makeWorld } from '../seed/world.ts';
import { addFault, clearFaults, fault, listFaults, releaseHeld } from '../store/faults.ts';
import { waitingPersons } from '../store/persons/queue.ts';
import { runSplits } from '../store/persons/splitting.ts';
import { forgetReceived, receivedAfter } from '../store/received.ts';
import {
  changed,
  type Defaults,
  defaultSettings,
  type Settings,
  settingsChange,
  writeSettings,
} from '../store/settings.ts';
import type { Answer, Message } from '../wire/message.ts';
import { parseTarget } from '../wire/target.ts';
import { addEvents, addPersons } from './additions.ts';
import { addActions, addGroups } from './definitions.ts';
import type { Desk } from './desk.ts';
import { describeState } from './state.ts';

/**
 * The control plane under `/_sandbox/`: what makes the sandbox a test bench. JSON in, JSON out, no key asked, which is
 * why the sandbox is for the local machine only.
 */

type Route = (desk: Desk) => unknown;

function reset(desk: Desk): unknown {
  const settings = changed(defaultSettings(desk.defaults), settingsChange.parse(desk.body));
  makeWorld(desk.sql, settings);
  return { settings };
}

function change(desk: Desk): unknown {
  const settings = changed(desk.settings, settingsChange.parse(desk.body));
  writeSettings(desk.sql, settings);
  return { settings };
}

function orderFault(desk: Desk): unknown {
  const ordered = fault.parse(desk.body);
  return { id: addFault(desk.sql, ordered), ...ordered };
}

function forget(desk: Desk): unknown {
  forgetReceived(desk.sql);
  return { received: [] };
}

function clear(desk: Desk): unknown {
  clearFaults(desk.sql);
  return { faults: [] };
}

function release(desk: Desk): unknown {
  releaseHeld(desk.sql);
  return { faults: listFaults(desk.sql) };
}

const wantedStep = z.strictObject({ events: z.boolean().default(false) });

/** Does at once what PostHog does later: the splits, the queue of persons, and the batch of event deletions if asked for. */
function step(desk: Desk): unknown {
  const { events } = wantedStep.parse(desk.body);
  runQueue(desk.sql, desk.settings, 0);
  runSplits(desk.sql, Date.parse(desk.settings.now));
  if (events) runEventJobs(desk.sql, desk.settings);
  return { waiting: waitingPersons(desk.sql) };
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['POST /_sandbox/reset', reset],
  ['PATCH /_sandbox/settings', change],
  ['GET /_sandbox/settings', (desk) => ({ settings: desk.settings })],
  [
    'GET /_sandbox/received',
    (desk) => ({ received: receivedAfter(desk.sql, Number(desk.query.get('after') ?? 0)) }),
  ],
  ['DELETE /_sandbox/received', forget],
  ['POST /_sandbox/step', step],
  ['POST /_sandbox/faults', orderFault],
  ['GET /_sandbox/faults', (desk) => ({ faults: listFaults(desk.sql) })],
  ['DELETE /_sandbox/faults', clear],
  ['POST /_sandbox/release', release],
  ['GET /_sandbox/state', (desk) => describeState(desk.sql, desk.settings)],
  ['POST /_sandbox/persons', addPersons],
  ['POST /_sandbox/events', addEvents],
  ['POST /_sandbox/groups', addGroups],
  ['POST /_sandbox/actions', addActions],
]);

function say(status: number, data: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) };
}

function parse(text: string): unknown {
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  return parsed;
}

/** Answers one request of the control plane; a mistake in the request is a 400 that says where it is. */
export function answerControl(
  storage: DurableObjectStorage,
  settings: Settings,
  defaults: Defaults,
  message: Message,
): Answer {
  const { path, query } = parseTarget(message.url);
  const route = ROUTES.get(`${message.method} ${path.replace(/\/$/, '')}`);
  if (route === undefined) return say(404, { error: `No control route ${message.method} ${path}` });
  try {
    const desk: Desk = { sql: storage.sql, settings, defaults, query, body: parse(message.body) };
    // What fails half way has changed nothing.
    return say(
      200,
      storage.transactionSync(() => route(desk)),
    );
  } catch (error) {
    if (error instanceof z.ZodError) return say(400, { error: z.prettifyError(error) });
    return say(400, { error: error instanceof Error ? error.message : 'unknown' });
  }
}
