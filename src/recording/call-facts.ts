import { entryOf } from '../base/entry-of.js';
import type { LineQuality } from '../base/line-quality.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { PropertyOptions } from '../control/state/remote-object.js';
import type { PcmStream } from '../stream/pcm-stream.js';
import type { LegTraffic, RecordedCall, SidecarFacts } from './sidecar.js';

const CALL_PROPERTIES = ['PARTNER_HANDLE', 'TYPE', 'DURATION'] as const;
const FETCH_TIMEOUT_MS = 2000;
/** Options for a property that changes without a notification. */
const FRESH: PropertyOptions = { timeoutMs: FETCH_TIMEOUT_MS, fresh: true };

/** Requests the call properties of the sidecar from the endpoint. Properties that can no longer be read stay empty. */
export async function describeCall(call: CallControl): Promise<void> {
  const asked = CALL_PROPERTIES.map((property) => call.text(property, { timeoutMs: FETCH_TIMEOUT_MS }));
  await Promise.allSettled(asked);
}

/** Line quality of a call, if its voice or its endpoint knows it. */
export async function qualityOf(voice: CallVoice): Promise<SidecarFacts['quality']> {
  if (voice.quality) return { local: voice.quality('local'), remote: voice.quality('remote') };
  const text = await voice.call.text('LINE_QUALITY', FRESH).catch(() => '');
  const remote = readQuality(text);
  return remote && { remote };
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

/** Samples that a leg's stream has sent or received so far. */
export function trafficOf(stream: PcmStream, way: 'sent' | 'received'): LegTraffic {
  const { bytesSent, samplesSent, bytesReceived, samplesReceived, dropped } = stream.stats;
  return way === 'sent'
    ? { bytes: bytesSent, samples: samplesSent, dropped }
    : { bytes: bytesReceived, samples: samplesReceived, dropped };
}

const TEXTS = ['codec', 'scale', 'basis'] as const;
const COUNTS = ['packets', 'lost', 'late', 'duplicates'] as const;
const NUMBERS = ['jitterMs', 'lossPercent', 'burstRatio', 'delayMs'] as const;
const OPTIONAL = ['insertedMs', 'removedMs', 'r', 'mos'] as const;
/** Longest text that is accepted, in characters. */
const MOST_TEXT = 300;

/** Parses the quality reported by an endpoint; undefined for any other text. */
function readQuality(text: string): LineQuality | undefined {
  try {
    const told = Object(JSON.parse(text)) as Record<string, unknown>;
    const fits = (names: readonly string[], accepts: (value: unknown) => boolean) =>
      names.every((name) => accepts(entryOf(told, name)));
    const isWhole =
      fits(TEXTS, (value) => typeof value === 'string' && value.length <= MOST_TEXT) &&
      fits(COUNTS, (value) => Number.isSafeInteger(value) && Number(value) >= 0) &&
      fits(NUMBERS, Number.isFinite) &&
      fits(OPTIONAL, (value) => value === undefined || Number.isFinite(value)) &&
      (told['scale'] === 'narrowband' || told['scale'] === 'wideband');
    if (!isWhole) return undefined;
    const known = [...TEXTS, ...COUNTS, ...NUMBERS, ...OPTIONAL].filter(
      (name) => entryOf(told, name) !== undefined,
    );
    return Object.fromEntries(known.map((name) => [name, entryOf(told, name)])) as unknown as LineQuality;
  } catch {
    return undefined;
  }
}
