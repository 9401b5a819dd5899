import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { samplesToMs, VOICE_FORMAT } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import { writeJson } from '../../files/whole-file.js';
import type { LegLedger } from '../../stream/align/ledger.js';
import type { ArchivedMessage, UnwrittenAudio } from './archived-message.js';

/** Metadata of an archived message; the JSON of a file beside its audio. */
export interface VoicemailSidecar {
  readonly schema: 'jackfield.voicemail/1';
  readonly voicemail: {
    readonly account: string;
    readonly id: number;
    readonly type: string;
    readonly partner: string;
    readonly partnerName: string;
    /** ISO 8601, UTC. */
    readonly recordedAt: string;
    /** Duration in seconds, as reported by the endpoint. */
    readonly duration: number;
    readonly played: boolean;
  };
  readonly audio: {
    readonly file: string;
    readonly sampleRate: number;
    readonly channels: number;
    readonly samples: number;
    readonly durationMs: number;
    readonly bytes: number;
    /** SHA-256 over the samples as s16le. */
    readonly samplesSha256: string;
    /** SHA-256 over the file. */
    readonly fileSha256: string;
  };
  /** Account of all samples of the audio. It adds up to its length. */
  readonly ledger: LegLedger;
  /** Missing part of the message, by its reported length. */
  readonly unwritten: UnwrittenAudio | undefined;
  /** True when no audio is missing. Otherwise `reason` is set. */
  readonly complete: boolean;
  readonly reason: string | undefined;
  readonly archivedAt: string;
  /** Reason of its legal hold; absent when there is none. */
  readonly hold: string | undefined;
  readonly tags: readonly string[];
  readonly transcript: string;
}

/** The sidecar of a stored message; `undefined` for a message without audio. */
export function voicemailSidecarOf(message: ArchivedMessage): VoicemailSidecar | undefined {
  const { audio, ledger, unwritten, account, id, type, partner, partnerName, played } = message;
  const { hold, tags, transcript, complete } = message;
  if (!audio || !ledger) return undefined;
  return {
    schema: 'jackfield.voicemail/1',
    voicemail: {
      ...{ account, id, type, partner, partnerName },
      recordedAt: isoTime(message.timestamp),
      duration: message.durationSeconds,
      played,
    },
    audio: {
      file: basename(audio.path),
      ...VOICE_FORMAT,
      samples: audio.samples,
      durationMs: samplesToMs(audio.samples),
      bytes: audio.bytes,
      samplesSha256: audio.sha256,
      fileSha256: audio.fileSha256,
    },
    ledger,
    unwritten,
    complete,
    reason: complete ? undefined : message.detail,
    archivedAt: isoTime(message.archivedAt ?? 0),
    hold,
    tags,
    transcript,
  };
}

/**
 * Writes the sidecar of `message` atomically, beside the audio. Its name has the number of the message: messages that
 * share audio have separate sidecars.
 */
export async function writeSidecar(audioFile: string, message: ArchivedMessage): Promise<void> {
  const sidecar = voicemailSidecarOf(message);
  if (!sidecar) return;
  await writeJson(sidecarPath(audioFile, message), sidecar);
}

/** Path of a message's sidecar. */
export function sidecarPath(audioFile: string, { key }: Pick<ArchivedMessage, 'key'>): string {
  return `${audioFile.replace(/\.wav(?:\.age)?$/, '')}.${key}.json`;
}

/** Reads the JSON of a sidecar file without checking its fields. @throws ERR_FILE; ERR_SYNTAX when it is not JSON. */
export async function readVoicemailSidecar(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', `${printable(path)} is not JSON: ${printable(messageOf(cause))}`, {
      cause,
    });
  }
}

/** True when a sidecar has a legal hold or cannot be read. False when there is no sidecar. */
export async function isHeldBy(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const sidecar = await readVoicemailSidecar(path).catch(() => undefined);
  if (typeof sidecar !== 'object' || sidecar === null || !('schema' in sidecar)) return true;
  return 'hold' in sidecar && sidecar.hold !== undefined;
}

export function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
