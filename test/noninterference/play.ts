/** Plays one sequence of calls in two worlds at once, and checks that both looked the same to the caller. */
import type { Step } from './calls.ts';
import { MARK, type Scene } from './scenes.ts';
import { isJsonObject } from '../../src/core/json.ts';
import type { Answer } from '../support/client.ts';
import { normalised } from './normal.ts';
import { differencesOf } from './states.ts';
import type { World } from './world.ts';
import type { SandboxState } from '../support/sandbox.ts';

/** What went wrong: an answer has data of others in it, two answers differ, or others were changed. */
export type InterferenceKind = 'shown' | 'told' | 'changed';

/** A tenant saw or changed what is not its own: the finding, as against a failure of the machinery. */
export class Interference extends Error {
  readonly kind: InterferenceKind;
  /** The operations that may have done it: one for an answer, every one that wrote for a change. */
  readonly operations: readonly string[];

  constructor(kind: InterferenceKind, operations: readonly string[], message: string) {
    super(message);
    this.kind = kind;
    this.operations = operations;
  }
}

/** What is held: answers are the same; or only that nothing of others is in them, where PostHog's filter is broken. */
export type Oracle = 'identical' | 'contained';

export interface Pair {
  /** Throws, with both answers, where a caller could have told one world from the other. */
  readonly play: (steps: readonly Step[]) => Promise<void>;
  /** Makes both worlds as the scene has them. */
  readonly enter: (scene: Scene) => Promise<void>;
  /** Others are as they were at the start of the scene. */
  readonly leave: () => Promise<void>;
  readonly stats: { calls: number; successes: number; restored: number };
}

type Both<T> = readonly [left: T, right: T];

export function pairOf(worlds: Both<World>, oracle: Oracle = 'identical'): Pair {
  const [left, right] = worlds;
  const stats = { calls: 0, successes: 0, restored: 0 };
  let scene: Scene | undefined;
  let before: Both<SandboxState> | undefined;

  const both = <T>(work: (world: World) => Promise<T>): Promise<[T, T]> =>
    Promise.all([work(left), work(right)]);

  const restore = async (): Promise<void> => {
    if (scene === undefined) throw new Error('there is no scene to restore');
    stats.restored += 1;
    const tenant = `acme-${stats.restored}`;
    await Promise.all([left.restore(scene, 'left', tenant), right.restore(scene, 'right', tenant)]);
    before ??= await both((world) => world.state());
  };

  const checkUnchanged = async (writers: readonly string[]): Promise<void> => {
    if (before === undefined) throw new Error('there is no scene to compare with');
    const after = await both((world) => world.state());
    const problems = differencesOf(before, after);
    if (problems.length > 0) throw new Interference('changed', writers, problems.join('\n'));
  };

  /** Gives the operations that may have changed something. */
  const playOut = async (steps: readonly Step[]): Promise<readonly string[]> => {
    let last: Both<Answer> | undefined;
    let entry: Both<string> | undefined;
    let operation = '';
    const writers: string[] = [];
    for (const step of steps) {
      const call = callOf(step, last, entry);
      if (call === undefined) continue;
      if (step.kind === 'ask') operation = step.operation;
      const { method, targets, json, writes } = call;
      const answers = await Promise.all([
        left.ask(method, targets[0], json),
        right.ask(method, targets[1], json),
      ]);
      stats.calls += 1;
      if (answers[0].status < 300) stats.successes += 1;
      if (writes && answers.some(({ status }) => status < 300)) writers.push(operation);
      const asked = {
        operation,
        target: targets[0],
        text: `${method} ${targets[0]} ${JSON.stringify(json) ?? ''}`,
      };
      hold(oracle, asked, answers);
      last = answers;
      const places = answers.map(({ headers }) => headers['location']);
      if (places[0] !== undefined && places[1] !== undefined) entry = [places[0], places[1]];
    }
    return writers;
  };

  return {
    stats,
    enter: async (next) => {
      scene = next;
      before = undefined;
      await restore();
    },
    leave: () => checkUnchanged([]),
    play: async (steps) => {
      let dirty = true;
      try {
        const writers = await playOut(steps);
        dirty = writers.length > 0;
        if (dirty) await checkUnchanged(writers);
      } finally {
        if (dirty) await restore();
      }
    },
  };
}

interface Asked {
  readonly method: string;
  readonly targets: Both<string>;
  readonly json: unknown;
  readonly writes: boolean;
}

function callOf(
  step: Step,
  last: Both<Answer> | undefined,
  entry: Both<string> | undefined,
): Asked | undefined {
  switch (step.kind) {
    case 'ask':
      return { ...step, targets: [step.target, step.target] };
    case 'follow': {
      if (last === undefined) return undefined;
      const [left, right] = last.map((answer) => linkOf(answer, step.link));
      return left === undefined || right === undefined
        ? undefined
        : { method: 'GET', targets: [left, right], json: undefined, writes: false };
    }
    case 'look':
      return entry === undefined
        ? undefined
        : { method: 'GET', targets: entry, json: undefined, writes: false };
  }
}

/** The path and query of a link. Each world follows its own: those of lists hold ids and times of the call. */
function linkOf(answer: Answer, name: string): string | undefined {
  const inBody = isJsonObject(answer.json) ? answer.json[name] : undefined;
  const inHeader = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
  const link = typeof inBody === 'string' ? inBody : inHeader;
  if (link === undefined) return undefined;
  const { pathname, search } = new URL(link);
  return `${pathname}${search}`;
}

function hold(
  oracle: Oracle,
  { operation, target, text: call }: { operation: string; target: string; text: string },
  answers: Both<Answer>,
): void {
  for (const { text } of answers) {
    if (text.includes(MARK) && !call.includes(MARK))
      throw new Interference('shown', [operation], `${call}\nshows of others:\n${text}`);
  }
  if (oracle === 'contained') return;
  const [left, right] = answers.map((answer) => normalised(target, answer));
  if (left !== right) {
    const message = `${call}\nin one world:\n${left}\n\nin the other:\n${right}`;
    throw new Interference('told', [operation], message);
  }
}
