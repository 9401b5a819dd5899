import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../errors.js';
import { samplesToMs, VOICE_FORMAT } from '../pcm.js';
import type { Lease } from '../tcp/lease.js';
import type { CallVoice } from './call-voice.js';
import type { LegAccount } from './leg-aligner.js';

/** One leg of a recording. */
export interface SidecarLeg extends LegAccount {
  /** Which of the call's streams it is. */
  readonly stream: 'INPUT' | 'CAPTURE_MIC' | 'OUTPUT';
  readonly channel: 'left' | 'right';
  /** Bytes that passed the leg's socket. */
  readonly bytes: number;
  /** Samples that passed the leg's socket. */
  readonly samples: number;
  /** Samples that passed the socket but were given up on the way to the file. */
  readonly dropped: number;
}

/** What is told of a recording beside its audio; the JSON of a sidecar file. */
export interface RecordingSidecar {
  readonly schema: 'jackfield.recording/1';
  readonly call: {
    readonly id: number;
    readonly partner: string;
    readonly type: string;
    readonly status: string;
    /** Seconds, as the endpoint counted them. */
    readonly duration: number;
    readonly states: readonly { readonly status: string; readonly at: string }[];
  };
  readonly audio: {
    readonly file: string;
    readonly startedAt: string;
    readonly sampleRate: number;
    readonly channels: 2;
    /** Per channel. */
    readonly samples: number;
    readonly durationMs: number;
  };
  readonly legs: { readonly local: SidecarLeg; readonly remote: SidecarLeg };
  /** What the microphone heard, where the input replaced it: counted, not recorded. */
  readonly microphone: { readonly bytes: number; readonly samples: number } | undefined;
  /** Whether the recording reaches to the end of the call. */
  readonly complete: boolean;
  /** Why not. */
  readonly reason: string | undefined;
}

/** What {@link sidecarOf} draws on. */
export interface SidecarFacts {
  readonly voice: CallVoice;
  readonly accounts: { readonly local: LegAccount; readonly remote: LegAccount };
  readonly file: string;
  readonly sampleCount: number;
  readonly startedAtMs: number;
  readonly error: Error | undefined;
}

const CALL_PROPERTIES = ['PARTNER_HANDLE', 'TYPE', 'DURATION'] as const;
const FETCH_TIMEOUT_MS = 2000;

/** Gathers the sidecar of a recording that has ended. What the endpoint can no longer be asked stays empty. */
export async function sidecarOf(facts: SidecarFacts): Promise<RecordingSidecar> {
  const { voice, accounts, sampleCount, error } = facts;
  const { call, input, microphone } = voice;
  await call.fetch(CALL_PROPERTIES, { timeoutMs: FETCH_TIMEOUT_MS }).catch(() => undefined);
  const property = (name: string) => call.properties.get(name) ?? '';
  const local = input ?? microphone;
  return {
    schema: 'jackfield.recording/1',
    call: {
      id: call.id,
      partner: property('PARTNER_HANDLE'),
      type: property('TYPE'),
      status: call.status,
      duration: Number(property('DURATION')),
      states: call.history.map(({ status, atMs }) => ({ status, at: new Date(atMs).toISOString() })),
    },
    audio: {
      file: basename(facts.file),
      startedAt: new Date(facts.startedAtMs).toISOString(),
      sampleRate: VOICE_FORMAT.sampleRate,
      channels: 2,
      samples: sampleCount,
      durationMs: samplesToMs(sampleCount),
    },
    legs: {
      local: {
        stream: input ? 'INPUT' : 'CAPTURE_MIC',
        channel: 'left',
        ...accounts.local,
        ...traffic(local, input ? 'sent' : 'received'),
      },
      remote: {
        stream: 'OUTPUT',
        channel: 'right',
        ...accounts.remote,
        ...traffic(voice.remote, 'received'),
      },
    },
    microphone:
      input && microphone
        ? { bytes: microphone.stats.bytesReceived, samples: microphone.stats.samplesReceived }
        : undefined,
    complete: error === undefined,
    reason: error === undefined ? undefined : messageOf(error),
  };
}

/** Writes the sidecar beside the audio file; returns its path. */
export async function writeSidecar(audioFile: string, sidecar: RecordingSidecar): Promise<string> {
  const path = `${audioFile.replace(/\.wav$/i, '')}.json`;
  await writeFile(path, `${JSON.stringify(sidecar, undefined, 2)}\n`);
  return path;
}

function traffic(lease: Lease | undefined, way: 'sent' | 'received') {
  if (!lease) return { bytes: 0, samples: 0, dropped: 0 };
  const { bytesSent, samplesSent, bytesReceived, samplesReceived, dropped } = lease.stats;
  return way === 'sent'
    ? { bytes: bytesSent, samples: samplesSent, dropped }
    : { bytes: bytesReceived, samples: samplesReceived, dropped };
}
