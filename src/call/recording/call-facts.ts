import type { Clock } from '../../clock.js';
import type { Call } from '../../control/state/call.js';
import type { Lease } from '../../tcp/lease.js';
import type { CallVoice } from '../call-voice.js';
import type { GapName } from './aligned-leg.js';
import type { LegStream, LegTraffic, RecordedCall } from './sidecar.js';

const CALL_PROPERTIES = ['PARTNER_HANDLE', 'TYPE', 'DURATION'] as const;
const FETCH_TIMEOUT_MS = 2000;
const HOLDS: ReadonlySet<string> = new Set(['ONHOLD', 'LOCALHOLD', 'REMOTEHOLD']);
/** A gap is judged this long after the stream has come back, at most; a hold that ended meanwhile explains it. */
const HOLD_MEMORY_MS = 1500;

/** Asks the endpoint for what a sidecar tells of a call. What it can no longer be asked stays empty. */
export async function describeCall(call: Call): Promise<void> {
  await call.fetch(CALL_PROPERTIES, { timeoutMs: FETCH_TIMEOUT_MS }).catch(() => undefined);
}

/** What is known of a call. */
export function recordedCall(call: Call): RecordedCall {
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

/** Why a leg has no samples now. */
export function legGapName(voice: CallVoice, stream: LegStream, begun: boolean, clock: Clock): GapName {
  if (stream === 'none') return { kind: 'idle', reason: 'not-wanted' };
  const { call } = voice;
  const lease = { OUTPUT: voice.remote, INPUT: voice.input, CAPTURE_MIC: voice.microphone }[stream];
  if (!lease) return { kind: 'missing', reason: 'never-came' };
  const { state } = lease;
  if (state.status === 'draining' || state.status === 'closed') {
    const broken = 'error' in state.reason;
    if (call.over || !broken) return { kind: 'idle', reason: 'ended' };
    return { kind: 'missing', reason: 'connection-lost' };
  }
  if (heldJustNow(call, clock)) return { kind: 'idle', reason: 'hold' };
  if (begun) return { kind: 'missing', reason: 'stalled' };
  return {
    kind: 'missing',
    reason: lease.stats.samplesReceived > 0 || stream === 'INPUT' ? 'late-start' : 'never-came',
  };
}

/** What has passed the socket of a leg so far. */
export function trafficOf(lease: Lease, way: 'sent' | 'received'): LegTraffic {
  const { bytesSent, samplesSent, bytesReceived, samplesReceived, dropped } = lease.stats;
  return way === 'sent'
    ? { bytes: bytesSent, samples: samplesSent, dropped }
    : { bytes: bytesReceived, samples: samplesReceived, dropped };
}

function heldJustNow(call: Call, clock: Clock): boolean {
  const [before, last] = call.history.slice(-2);
  const now = last ?? before;
  if (!now) return false;
  if (HOLDS.has(now.status)) return true;
  return (
    last !== undefined &&
    before !== undefined &&
    HOLDS.has(before.status) &&
    clock.unixMs() - last.atMs < HOLD_MEMORY_MS
  );
}
