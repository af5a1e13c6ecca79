/** What was last made of an answer that is shared, so that the next client who asks for the same form is given the bytes. */
import type { SharedAnswer } from '../../core/shield/shared-answer.ts';
import type { Rendered } from '../page/render.ts';

export type WholeRendered = Extract<Rendered, { kind: 'whole' }>;

/** The newest form of one answer. */
export class Rendering {
  #form: string | null = null;
  #rendered: WholeRendered | null = null;

  /** `form` names everything besides the answer that decides how it is rendered. */
  find(form: string): WholeRendered | null {
    return form === this.#form ? this.#rendered : null;
  }

  keep(form: string, rendered: WholeRendered): void {
    this.#form = form;
    this.#rendered = rendered;
  }
}

const renderings = new WeakMap<SharedAnswer, Rendering>();

/** Lasts as long as the answer is remembered or waited for. */
export function renderingOf(answer: SharedAnswer): Rendering {
  const known = renderings.get(answer) ?? new Rendering();
  renderings.set(answer, known);
  return known;
}
