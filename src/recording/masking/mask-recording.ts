import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ConversationTranscript } from '../../analysis/words/conversation-transcript.js';
import type { MaskRule } from '../../analysis/words/mask-finder.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { CatalogueEntry } from '../archive/catalogue-entry.js';
import { listedFiles } from '../archive/catalogue-files.js';
import { holdFile } from '../archive/hold-file.js';
import { readTranscript } from '../archive/transcript-file.js';
import { verifyRecording } from '../evidence/verify-recording.js';
import { readManifest } from '../read-details.js';
import { isSealed, recordedLegs, recordedSamples } from '../sealed/recorded-legs.js';
import { beside, type RecordingMasking, type RecordingSidecar } from '../sidecar.js';
import { secretsIn, understood } from './find-secrets.js';
import { maskSpans } from './mask-spans.js';
import { type MaskContext, MaskingAttempt } from './masking-attempt.js';
import { StagedRecording } from './staged-recording.js';

/** Result for one recording. */
export interface MaskedRecording {
  /** Path of the audio. */
  readonly file: string;
  /** Details of the masking; absent when nothing was found and the recording is unchanged. */
  readonly masking?: RecordingMasking;
  /** Rules that were applied. Rules for speech need an engine or a transcript. */
  readonly looked: readonly MaskRule[];
  /** Other files beside the recording that may be copies of it. They are not changed. */
  readonly others: readonly string[];
}

/** Largest number of rounds of masking and checking. */
const ROUNDS = 4;

/** Masks one recording. No other process may mask it at the same time. @throws as `maskRecordings`. */
export async function maskRecording(
  file: string,
  entry: CatalogueEntry,
  context: MaskContext,
): Promise<MaskedRecording> {
  const sidecar = await checkedSidecar(file, context);
  const source = recordedLegs(file, entry, context.identity);
  const { audio } = sidecar;
  const heard = await understood(source, context);
  // Read after the engine has run: the transcript may have been masked meanwhile.
  const kept = readTranscript(file, entry);
  const transcripts = [...(kept ? [kept] : []), ...heard];
  const found = [...context.requested, ...(await secretsIn(source, transcripts, context, sidecar.legs))];
  const looked = lookedFor(transcripts, context);
  if (transcripts.length === 0 && context.wordRules.includes('phrase')) {
    const text = `${printable(file)} has no transcript and no transcriber is given: phrases cannot be found in it.`;
    throw new JackfieldError('ERR_UNSUPPORTED', text);
  }
  const others = await otherFiles(file, entry);
  for (let round = 0; round < ROUNDS; round++) {
    const masks = maskSpans(found, { sampleRate: audio.sampleRate, samples: audio.samples });
    const masking = {
      at: context.now(),
      looked,
      ...(context.transcriber && { transcriber: context.transcriber.name }),
      spans: masks,
    };
    const made = new MaskingAttempt(file, entry, sidecar, masking, context);
    if (masks.length === 0 && !made.changesTexts()) return { file, looked, others };
    const staged = await StagedRecording.begin(context.archive, entry.file);
    const left = await made.stage(staged).catch(async (error: unknown) => {
      await staged.discard();
      throw error;
    });
    if (left.length === 0) {
      await staged.commit(context.renew);
      return { file, masking, looked, others };
    }
    await staged.discard();
    found.push(...left);
  }
  const text = `${printable(file)} was not masked or changed: the check still finds something after ${ROUNDS} rounds.`;
  throw new JackfieldError('ERR_INVALID_STATE', text);
}

/** Reads the sidecar, after checking that the recording can be masked. */
async function checkedSidecar(file: string, context: MaskContext): Promise<RecordingSidecar> {
  const { identity, encryptTo, signingKey } = context;
  const isLocked = isSealed(file);
  if (isLocked && (identity === undefined || encryptTo === undefined)) {
    const text = `${printable(file)} is encrypted: give an identity to read it and recipients to encrypt it again.`;
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  const samples = isLocked ? { samples: recordedSamples(file, identity) } : {};
  const { unchanged, findings, sidecar } = await verifyRecording(file, samples);
  if (!unchanged) {
    const text = `${printable(file)} was changed since it was recorded, and was not masked: ${findings[0]?.text}`;
    throw new JackfieldError('ERR_INVALID_STATE', text);
  }
  if (isLocked && (sidecar.outputs ?? []).length > 0) {
    const text = `${printable(file)} is encrypted but has unencrypted outputs, which cannot be made again: remove them first.`;
    throw new JackfieldError('ERR_UNSUPPORTED', text);
  }
  const { signature } = await readManifest(beside(file, '.manifest.json'));
  if (signature && !signingKey) {
    const text = `The manifest of ${printable(file)} is signed: give a signing key for the new manifest.`;
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  return sidecar;
}

function lookedFor(
  transcripts: readonly ConversationTranscript[],
  { looksForKeys, wordRules, requested }: MaskContext,
): MaskRule[] {
  return [
    ...(looksForKeys ? (['card-pressed'] as const) : []),
    ...(transcripts.length > 0 ? wordRules : []),
    ...(requested.length > 0 ? (['request'] as const) : []),
  ];
}

/** Files beside a recording whose names begin with its name, but that are not part of it. */
async function otherFiles(file: string, entry: CatalogueEntry): Promise<string[]> {
  const listed = [...(await listedFiles(file, entry)), holdFile(file)];
  const own = new Set(listed.map((path) => basename(path)));
  const stem = basename(beside(file, ''));
  const names = await readdir(dirname(file)).catch(() => []);
  const isNear = (name: string) => name.startsWith(stem) && !/[\p{L}\p{N}]/u.test(name.charAt(stem.length));
  const recorded = new Set(
    names.filter((name) => name.endsWith('.manifest.json')).map((name) => name.slice(0, -14)),
  );
  const isOfAnother = (name: string) =>
    [...recorded].some((other) => other.length > stem.length && name.startsWith(`${other}.`));
  return names
    .filter((name) => isNear(name) && !own.has(name) && !isOfAnother(name))
    .map((name) => join(dirname(file), name));
}
