/** From the arguments of an insight to the source of its actors query, by operation. */
import type * as z from 'zod/mini';
import {
  CorrelationInput,
  FunnelInput,
  LifecycleInput,
  StickinessInput,
  TrendsInput,
} from '../../../catalogue/persons/insight-inputs.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Result } from '../../../core/result.ts';
import { correlationSource } from './correlation.ts';
import type { Flaw } from './flaw.ts';
import { funnelSource } from './funnel.ts';
import { lifecycleSource } from './lifecycle.ts';
import type { Source } from './nodes.ts';
import { stickinessSource } from './stickiness.ts';
import { trendsSource } from './trends.ts';

type Translate = (given: JsonObject) => Result<Source, Flaw>;

/** Validated arguments are read by the schema that they were validated with, which gives them their types. */
const by =
  <S extends z.ZodMiniType>(
    schemaOf: () => S,
    translate: (input: z.output<S>) => Result<Source, Flaw>,
  ): Translate =>
  (given) =>
    translate(schemaOf().parse(given));

const TRANSLATIONS: ReadonlyMap<string, Translate> = new Map([
  ['persons_funnel', by(FunnelInput, funnelSource)],
  ['persons_funnel_correlation', by(CorrelationInput, correlationSource)],
  ['persons_lifecycle', by(LifecycleInput, lifecycleSource)],
  ['persons_stickiness', by(StickinessInput, stickinessSource)],
  ['persons_trends', by(TrendsInput, trendsSource)],
]);

/** @throws for an operation that is no query. */
export function sourceOf(operation: string, given: JsonObject): Result<Source, Flaw> {
  const translate = TRANSLATIONS.get(operation);
  if (translate === undefined) throw new Error(`${operation} is no query`);
  return translate(given);
}
