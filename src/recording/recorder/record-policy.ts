import { isWithinHours } from '../../base/time/hours.js';
import type { Call } from '../../control/call/call.js';
import { describeCall, recordedCall } from '../call-facts.js';
import type { RecordPolicy, ResolvedRecorderOptions } from './recorder-options.js';

/** True when a recorder with these options records a call that exists now. */
export async function isWanted(
  call: Call,
  { policy, hours, timezone }: Pick<ResolvedRecorderOptions, 'policy' | 'hours' | 'timezone'>,
  nowMs: () => number,
): Promise<boolean> {
  await describeCall(call);
  const { type, partner } = recordedCall(call);
  const inTime = hours === undefined || isWithinHours(hours, nowMs(), timezone);
  return inTime && wants(policy, type, partner);
}

/** True when a policy includes a call of this type and partner. */
function wants(policy: RecordPolicy, type: string, partner: string): boolean {
  if (typeof policy === 'object') {
    const named = (names: readonly string[]) =>
      names.some((name) => name.toLowerCase() === partner.toLowerCase());
    return 'only' in policy ? named(policy.only) : !named(policy.except);
  }
  switch (policy) {
    case 'all':
      return true;
    case 'incoming':
      return type.startsWith('INCOMING');
    case 'outgoing':
      return type.startsWith('OUTGOING');
    case 'on-demand':
      return false;
    default:
      policy satisfies never;
      return false;
  }
}
