import { oneOf, rule } from '../../base/check.js';
import {
  VOICEMAIL_FAILURE_REASONS,
  type VoicemailFailureReason,
} from '../../protocol/status/voicemail-status.js';

/** Steps of a voicemail that can fail. */
export const VOICEMAIL_STEPS = ['record', 'upload', 'download', 'playback'] as const;

export type VoicemailStep = (typeof VOICEMAIL_STEPS)[number];

/** A simulated fault of a voicemail. It happens once. */
export interface VoicemailFault {
  readonly at: VoicemailStep;
  /** One of the values of FAILUREREASON. */
  readonly reason: VoicemailFailureReason;
}

const STEP = oneOf(...VOICEMAIL_STEPS);
const REASON = oneOf(...VOICEMAIL_FAILURE_REASONS);

/** Validation rule of an option that is a fault. */
export const FAULT = rule(`a fault at ${STEP.expected} with a reason of FAILUREREASON`, (value) => {
  const { at, reason } = Object(value) as Partial<VoicemailFault>;
  return STEP.accepts(at) && REASON.accepts(reason);
});

/** A failed step, with the reason that clients see. It is not thrown out of the exchange. */
export class StepError extends Error {
  readonly reason: VoicemailFailureReason;

  constructor(reason: VoicemailFailureReason, cause?: unknown) {
    super(reason, { cause });
    this.name = 'StepError';
    this.reason = reason;
  }
}

/** Removes the first fault of a step from `faults`. @returns its reason; undefined when there is none. */
export function takeFault(faults: VoicemailFault[], step: VoicemailStep): VoicemailFailureReason | undefined {
  const index = faults.findIndex(({ at }) => at === step);
  return index < 0 ? undefined : faults.splice(index, 1)[0]?.reason;
}
