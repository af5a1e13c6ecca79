/** How the rest of the gateway raises an alarm. */
import type { RaisedCondition } from '../../core/alarms/condition.ts';
import type { Placement } from '../../core/placement.ts';
import { objectNamed, type Objects } from '../remote.ts';
import { ALARMS_NAME, type Alarms } from './alarms.ts';

/** Fails where the object of alarms cannot be reached. No caller may let anybody wait for it. */
export type RaiseAlarms = (raised: readonly RaisedCondition[]) => Promise<void>;

/** Raises alarms with the one object that keeps them. */
export const alarmRaiser =
  (alarms: Objects<Alarms>, placement: Placement): RaiseAlarms =>
  async (raised) => {
    await objectNamed(alarms, ALARMS_NAME, placement).raise(raised);
  };
