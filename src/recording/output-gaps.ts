import type { CallVoice } from '../call/call-voice.js';
import { type OutputGap, parseOutputGap } from '../protocol/output-gap.js';

/** Wait for an endpoint that may not know of such stretches, in ms. */
const ASK_TIMEOUT_MS = 5000;

/** Hearing of what a line makes up. */
export interface OutputGapsHeard {
  /** Resolves when all has been told that the endpoint knew of when this was asked. */
  caughtUp(): Promise<void>;
  /** Hears of nothing more. */
  stop(): void;
}

/**
 * Has `told` hear of what the call's line made up in `remote`, by position there, where the endpoint tells of it: the
 * exchange of this package does, and others answer that they do not know.
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
  // Answers come in their order: behind this one is what was told before it was asked for.
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
