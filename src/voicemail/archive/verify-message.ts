import { isDeepStrictEqual } from 'node:util';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { isMissing } from '../../files/file-error.js';
import { LedgerCheck } from '../../recording/evidence/check-ledger.js';
import type { ArchivedAudio, ArchivedMessage } from './archived-message.js';
import type { MessageFiles } from './message-files.js';
import { readVoicemailSidecar, sidecarPath, voicemailSidecarOf } from './voicemail-sidecar.js';

/** A difference between the archive's files and its catalogue. */
export interface ArchiveFault {
  /**
   * `missing`: the audio does not exist. `changed`: its bytes have changed. `unreadable`: it cannot be read as a WAV
   * file. `sidecar`: the sidecar is missing or differs. `ledger`: the sidecar's ledger does not match the audio.
   * `stray`: no message refers to the file.
   */
  readonly kind: 'missing' | 'changed' | 'unreadable' | 'sidecar' | 'ledger' | 'stray';
  /** The file, relative to the archive. */
  readonly path: string;
  /** Key of a message with this file; undefined for `stray`. */
  readonly key: number | undefined;
  readonly detail: string;
}

/** Reads a message back from disk and checks it. @returns the first fault, if any. */
export async function verifyMessage(
  store: MessageFiles,
  message: ArchivedMessage,
): Promise<ArchiveFault | undefined> {
  const { audio, key } = message;
  if (!audio) return undefined;
  const path = sidecarPath(audio.path, message);
  const sidecar = await readVoicemailSidecar(sidecarPath(store.pathOf(audio), message)).catch(
    (error: Error) => error,
  );
  const check = new LedgerCheck(ledgerIn(sidecar));
  const inAudio = await audioFault(store, audio, check);
  if (inAudio) return { ...inAudio, path: audio.path, key };
  if (sidecar instanceof Error) return { kind: 'sidecar', path, key, detail: sidecar.message };
  const wrong = check.fault(audio.samples);
  if (wrong !== undefined) return { kind: 'ledger', path, key, detail: wrong };
  if (isDeepStrictEqual(sidecar, JSON.parse(JSON.stringify(voicemailSidecarOf(message) ?? null))))
    return undefined;
  return { kind: 'sidecar', path, key, detail: 'The sidecar differs from the catalogue.' };
}

async function audioFault(
  store: MessageFiles,
  audio: ArchivedAudio,
  check: LedgerCheck,
): Promise<Pick<ArchiveFault, 'kind' | 'detail'> | undefined> {
  try {
    const found = await store.measure(audio, (samples) => check.push(samples));
    const samplesHold = (found.sha256 ?? audio.sha256) === audio.sha256;
    if (found.fileSha256 === audio.fileSha256 && samplesHold) return undefined;
    const what = samplesHold ? 'the file' : 'the samples';
    const detail = `SHA-256 is ${found.fileSha256}, was ${audio.fileSha256}: ${what} changed.`;
    return { kind: 'changed', detail };
  } catch (error) {
    const missing = error instanceof JackfieldError && isMissing(error.cause);
    return { kind: missing ? 'missing' : 'unreadable', detail: messageOf(error) };
  }
}

function ledgerIn(sidecar: unknown): unknown {
  return typeof sidecar === 'object' && sidecar !== null && 'ledger' in sidecar ? sidecar.ledger : undefined;
}
