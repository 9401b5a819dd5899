import type { CallControl } from '../call/call-control.js';
import type { OutputGap } from '../protocol/output-gap.js';
import { parseOutputGap } from '../protocol/output-gap.js';
import type { PcmStream } from '../stream/pcm-stream.js';

/** Wait for an endpoint that may not know of such stretches, in ms. */
const ASK_TIMEOUT_MS = 5000;

/**
 * Has `told` hear of what the call's line made up in a stream that goes to a port here, where the endpoint tells of it:
 * the exchange of this package does, and others answer that they do not know.
 */
export function hearOutputGaps(
  call: CallControl,
  stream: PcmStream,
  told: (gap: Omit<OutputGap, 'port'>) => void,
): void {
  const { port } = stream as { readonly port?: number };
  if (port === undefined) return;
  call.on('property', (name, value) => {
    const gap = name === 'OUTPUT_GAP' ? parseOutputGap(value) : undefined;
    if (gap?.port === port) told(gap);
  });
  call.text('OUTPUT_GAP', { timeoutMs: ASK_TIMEOUT_MS }).catch(() => undefined);
}
