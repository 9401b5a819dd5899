import { MADE_UP_REASONS, type MadeUpReason } from '../base/made-up-reason.js';

/**
 * A stretch of a call's redirected output that the other party's line made up, because it did not have the party's voice
 * in time. A later report about the same place replaces an earlier one.
 */
export interface OutputGap {
  /** TCP port that the output goes to. */
  readonly port: number;
  /** Position in the output, in samples. */
  readonly from: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/** Writes the value of CALL OUTPUT_GAP, such as `PORT="40001" 16000 320 lost`. */
export function formatOutputGap({ port, from, samples, reason }: OutputGap): string {
  return `PORT="${port}" ${from} ${samples} ${reason}`;
}

/** Reads the value of CALL OUTPUT_GAP. @returns undefined for any other text. */
export function parseOutputGap(value: string): OutputGap | undefined {
  const [, port = '', from = '', samples = '', word] =
    /^PORT="(\d{1,5})" (\d{1,15}) (\d{1,15}) (\S+)$/.exec(value) ?? [];
  const reason = MADE_UP_REASONS.find((each) => each === word);
  return reason && { port: Number(port), from: Number(from), samples: Number(samples), reason };
}
