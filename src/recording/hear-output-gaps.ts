import type { CallVoice } from '../call/call-voice.js';
import { type OutputGap, parseOutputGap } from '../protocol/output-gap.js';

/** Longest wait for an answer, in ms. The endpoint may not support the property. */
const ASK_TIMEOUT_MS = 5000;

/** Subscription to the stretches that a line conceals. */
export interface OutputGapsHeard {
  /** Resolves when all stretches that the endpoint knows of at this time were reported. */
  caughtUp(): Promise<void>;
  /** Ends the subscription. */
  stop(): void;
}

/**
 * Calls `told` for each stretch of `remote` that the call's line concealed, with positions in `remote`. The endpoint
 * must report them: the exchange of this package does, others reject the property.
 */
export function hearOutputGaps(
  { call, outputPlace }: Pick<CallVoice, 'call' | 'outputPlace'>,
  told: (gap: Omit<OutputGap, 'port'>) => void,
): OutputGapsHeard {
  if (!outputPlace) return { caughtUp: async () => undefined, stop: () => undefined };
  const hear = (name: string, value: string) => {
    const gap = name === 'OUTPUT_GAP' ? parseOutputGap(value) : undefined;
    if (gap?.port !== outputPlace.port) return;
    const end = gap.from + gap.samples - outputPlace.from;
    const from = Math.max(0, gap.from - outputPlace.from);
    if (end > from) told({ from, samples: end - from, reason: gap.reason });
  };
  // Answers come in order: this one follows all earlier notifications.
  const ask = () =>
    call.text('OUTPUT_GAP', { timeoutMs: ASK_TIMEOUT_MS }).then(
      () => undefined,
      () => undefined,
    );
  call.on('property', hear);
  let last = ask();
  return {
    caughtUp: () => {
      last = last.then(ask);
      return last;
    },
    stop: () => call.off('property', hear),
  };
}
