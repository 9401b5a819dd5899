import type { CallVoice } from '../call/call-voice.js';
import { type OutputGap, parseOutputGap } from '../protocol/output-gap.js';

/** Wait for an endpoint that may not know of such stretches, in ms. */
const ASK_TIMEOUT_MS = 5000;

/**
 * Has `told` hear of what the call's line made up in `remote`, by position there, where the endpoint tells of it: the
 * exchange of this package does, and others answer that they do not know.
 */
export function hearOutputGaps(
  { call, outputPlace }: Pick<CallVoice, 'call' | 'outputPlace'>,
  told: (gap: Omit<OutputGap, 'port'>) => void,
): void {
  if (!outputPlace) return;
  call.on('property', (name, value) => {
    const gap = name === 'OUTPUT_GAP' ? parseOutputGap(value) : undefined;
    if (gap?.port !== outputPlace.port) return;
    const end = gap.from + gap.samples - outputPlace.from;
    const from = Math.max(0, gap.from - outputPlace.from);
    if (end > from) told({ from, samples: end - from, reason: gap.reason });
  });
  call.text('OUTPUT_GAP', { timeoutMs: ASK_TIMEOUT_MS }).catch(() => undefined);
}
