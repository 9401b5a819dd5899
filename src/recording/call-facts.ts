import type { CallControl } from '../call/call-control.js';
import type { PcmStream } from '../stream/pcm-stream.js';
import type { LegTraffic, RecordedCall } from './sidecar.js';

const CALL_PROPERTIES = ['PARTNER_HANDLE', 'TYPE', 'DURATION'] as const;
const FETCH_TIMEOUT_MS = 2000;

/** Asks the endpoint for what a sidecar tells of a call. What it can no longer be asked stays empty. */
export async function describeCall(call: CallControl): Promise<void> {
  const asked = CALL_PROPERTIES.map((property) => call.text(property, { timeoutMs: FETCH_TIMEOUT_MS }));
  await Promise.allSettled(asked);
}

/** The facts of a call for its sidecar. */
export function recordedCall(call: CallControl): RecordedCall {
  const property = (name: string) => call.properties.get(name) ?? '';
  return {
    id: call.id,
    partner: property('PARTNER_HANDLE'),
    type: property('TYPE'),
    status: call.status,
    duration: Number(property('DURATION')),
    states: call.history.map(({ status, atMs }) => ({ status, at: new Date(atMs).toISOString() })),
  };
}

/** Samples that have passed a leg's stream so far. */
export function trafficOf(stream: PcmStream, way: 'sent' | 'received'): LegTraffic {
  const { bytesSent, samplesSent, bytesReceived, samplesReceived, dropped } = stream.stats;
  return way === 'sent'
    ? { bytes: bytesSent, samples: samplesSent, dropped }
    : { bytes: bytesReceived, samples: samplesReceived, dropped };
}
