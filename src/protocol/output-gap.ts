import { MADE_UP_REASONS, type MadeUpReason } from '../base/made-up-reason.js';

/**
 * A stretch of a call's redirected output that was not said so by the other party: its line made it up. One that is told
 * later for the same place takes the place of an earlier.
 */
export interface OutputGap {
  /** TCP port that the output goes to. */
  readonly port: number;
  /** Place in what was sent there, in samples. */
  readonly from: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/** The value of CALL OUTPUT_GAP, such as `PORT="40001" 16000 320 lost`. */
export function formatOutputGap({ port, from, samples, reason }: OutputGap): string {
  return `PORT="${port}" ${from} ${samples} ${reason}`;
}

/** Reads the value of CALL OUTPUT_GAP; nothing for anything else. */
export function parseOutputGap(value: string): OutputGap | undefined {
  const [, port = '', from = '', samples = '', word] =
    /^PORT="(\d{1,5})" (\d{1,15}) (\d{1,15}) (\S+)$/.exec(value) ?? [];
  const reason = MADE_UP_REASONS.find((each) => each === word);
  return reason && { port: Number(port), from: Number(from), samples: Number(samples), reason };
}
