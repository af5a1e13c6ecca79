import type { Call } from '../../call.ts';
import type { ActorsSource } from '../schema/actors.ts';
import { correlationActors } from './correlation.ts';
import type { Found } from './found.ts';
import { funnelActors } from './funnel.ts';
import { lifecycleActors } from './lifecycle.ts';
import { stickinessActors } from './stickiness.ts';
import { trendsActors } from './trends.ts';

/** Computes the actors of a source. */
export function findActors(call: Call, node: ActorsSource): Found {
  switch (node.kind) {
    case 'FunnelsActorsQuery':
      return funnelActors(call, node);
    case 'FunnelCorrelationActorsQuery':
      return correlationActors(call, node);
    case 'StickinessActorsQuery':
      return stickinessActors(call, node, node.source);
    case 'InsightActorsQuery':
      switch (node.source.kind) {
        case 'LifecycleQuery':
          return lifecycleActors(call, node, node.source);
        case 'StickinessQuery':
          return stickinessActors(call, node, node.source);
        case 'TrendsQuery':
          return trendsActors(call, node, node.source);
      }
  }
}
