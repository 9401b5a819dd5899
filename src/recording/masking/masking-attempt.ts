import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { analyseFile } from '../../analysis/files/analyse-file.js';
import type { ConversationTranscript } from '../../analysis/words/conversation-transcript.js';
import { type FoundSecret, MASKED, type MaskRule } from '../../analysis/words/mask-finder.js';
import { JackfieldError } from '../../base/errors.js';
import { STEREO } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import { analysisFile, readAnalysis, writeAnalysis } from '../archive/analysis-file.js';
import { annotationFile, changedAnnotations } from '../archive/annotation-file.js';
import type { CatalogueEntry } from '../archive/catalogue-entry.js';
import { readTranscript, transcriptFile, writeTranscriptFile } from '../archive/transcript-file.js';
import { BlockHasher } from '../evidence/block-chain.js';
import { sha256 } from '../evidence/manifest.js';
import { verifyRecording } from '../evidence/verify-recording.js';
import { COMPRESSED_FORMATS, compress, outputOf } from '../file/compressed.js';
import { writeDetails } from '../file/segment.js';
import { splitLegs } from '../publication/publish.js';
import { possibleOutputs } from '../recording-files.js';
import { isSealed, recordedLegs, recordedSamples } from '../sealed/recorded-legs.js';
import { SealedFile } from '../sealed/sealed-file.js';
import { beside, type RecordingMasking, type RecordingOutput, type RecordingSidecar } from '../sidecar.js';
import { type SecretSearch, secretsIn, understood } from './find-secrets.js';
import { maskedLedger, silence } from './mask-spans.js';
import { maskedSidecar, maskedTranscript } from './masked-texts.js';
import { type RenewEntry, type StagedRecording, stageText } from './staged-recording.js';

/** Settings shared by the masking of all recordings of an archive. */
export interface MaskContext extends SecretSearch {
  readonly archive: string;
  /** Rules for speech. */
  readonly wordRules: readonly MaskRule[];
  /** Requested stretches, in samples. */
  readonly requested: readonly FoundSecret[];
  readonly identity: string | undefined;
  readonly encryptTo: readonly string[] | undefined;
  readonly signingKey: KeyObject | undefined;
  readonly now: () => string;
  /** Updates the catalogue after the files of a recording were replaced. */
  readonly renew: RenewEntry;
}

/** One attempt to mask a recording. */
export class MaskingAttempt {
  readonly #file: string;
  readonly #entry: CatalogueEntry;
  readonly #masking: RecordingMasking;
  readonly #context: MaskContext;
  readonly #before: RecordingSidecar;
  readonly #sidecar: RecordingSidecar;
  readonly #transcript: ConversationTranscript | undefined;

  constructor(
    file: string,
    entry: CatalogueEntry,
    before: RecordingSidecar,
    masking: RecordingMasking,
    context: MaskContext,
  ) {
    this.#file = file;
    this.#entry = entry;
    this.#masking = masking;
    this.#context = context;
    this.#before = before;
    this.#transcript = readTranscript(file, entry);
    const { legs, maskings = [] } = before;
    const masked = (name: 'local' | 'remote') => ({
      ...legs[name],
      ledger: maskedLedger(legs[name].ledger, masking.spans),
    });
    this.#sidecar = {
      ...maskedSidecar(before, context.finder),
      legs: { local: masked('local'), remote: masked('remote') },
      maskings: [...maskings, masking],
    };
  }

  /** True when masking changes a text, even if the audio stays. */
  changesTexts(): boolean {
    return (
      differ(maskedSidecar(this.#before, this.#context.finder), this.#before) ||
      this.#annotations() !== undefined ||
      (this.#transcript !== undefined && differ(this.#maskedWords(this.#transcript), this.#transcript))
    );
  }

  /** Writes the masked recording, and resolves to the finds of a check of it. */
  async stage(staged: StagedRecording): Promise<FoundSecret[]> {
    const name = (path: string) => staged.place(basename(path));
    const audio = name(this.#file);
    const blocks = await this.#audio(audio);
    const outputs = await this.#outputs(audio, name);
    const { outputs: _, ...rest } = this.#sidecar;
    const sidecar = { ...rest, ...(outputs.length > 0 && { outputs }) };
    if (this.#transcript) {
      name(transcriptFile(this.#file));
      await writeTranscriptFile(audio, this.#entry, this.#maskedWords(this.#transcript));
    }
    await this.#analysis(audio, sidecar, name);
    const annotations = this.#annotations();
    if (annotations !== undefined) await stageText(name(annotationFile(this.#file)), annotations);
    for (const ending of ['.json', '.manifest.json']) name(beside(this.#file, ending));
    const manifest = await readFile(beside(this.#file, '.manifest.json'));
    const renewed = { at: this.#masking.at, reason: 'masked' as const, before: sha256(manifest) };
    await writeDetails(audio, sidecar, blocks, this.#context.signingKey, { renewed });
    return await this.#check(audio);
  }

  /** Writes the masked audio, and returns the hashes of its blocks. */
  async #audio(path: string): Promise<readonly string[]> {
    const { identity, encryptTo = [], signal } = this.#context;
    const hasher = new BlockHasher();
    const sealed = isSealed(path) ? await SealedFile.create(path, encryptTo) : undefined;
    const writer = sealed ? undefined : await this.#writer(path);
    try {
      for await (const samples of recordedSamples(this.#file, identity)) {
        signal?.throwIfAborted();
        const masked = samples.slice();
        silence(masked, hasher.sampleCount, this.#masking.spans);
        hasher.push(masked);
        await (sealed ? sealed.final(masked) : writer?.write(masked));
      }
    } catch (error) {
      // On a full disk, closing fails too. The first error is the useful one.
      await (sealed ?? writer)?.close().catch(() => undefined);
      throw error;
    }
    await (sealed ?? writer)?.close();
    return hasher.end();
  }

  async #writer(path: string): Promise<WavWriter> {
    await using reader = await WavReader.open(this.#file);
    return await WavWriter.create(path, { format: STEREO, metadata: reader.metadata, fsync: 'end' });
  }

  /** Makes the outputs of the recording again. */
  async #outputs(audio: string, name: (path: string) => string): Promise<RecordingOutput[]> {
    const had = new Set((this.#before.outputs ?? []).map((output) => output.file));
    const paths = possibleOutputs(this.#file).filter((path) => had.has(basename(path)));
    if (paths.some((path) => extname(path) === '.wav')) await splitLegs(audio);
    const { id, call, audio: facts } = this.#before;
    for (const format of COMPRESSED_FORMATS) {
      const path = beside(audio, `.${format}`);
      if (had.has(basename(path)))
        await compress(audio, path, format, { id, startedAt: facts.startedAt, call });
    }
    const outputs: RecordingOutput[] = [];
    for (const path of paths) outputs.push(await outputOf(name(path)));
    return outputs;
  }

  /** Analyses the masked audio if the recording had an analysis. */
  async #analysis(audio: string, { legs }: RecordingSidecar, name: (path: string) => string): Promise<void> {
    if (!existsSync(analysisFile(this.#file))) return;
    const path = name(analysisFile(this.#file));
    const isIts = readAnalysis(this.#file, this.#entry) !== undefined && !isSealed(audio);
    if (!isIts) return await stageText(path, '{}\n');
    const ledgers = [legs.local.ledger.spans, legs.remote.ledger.spans];
    await writeAnalysis(audio, this.#entry, await analyseFile(audio, { ledgers }));
  }

  #annotations(): string | undefined {
    const { finder } = this.#context;
    const isAsked = this.#masking.spans.some(({ rule }) => rule === 'request');
    return changedAnnotations(this.#file, this.#entry, (text, what) =>
      // Words of a manual transcript have no positions.
      isAsked && what === 'transcript' ? MASKED : finder.text(text),
    );
  }

  #maskedWords(transcript: ConversationTranscript): ConversationTranscript {
    return maskedTranscript(transcript, this.#masking.spans, this.#context.finder);
  }

  /** Searches the masked recording for remaining secrets. @throws ERR_INVALID_STATE when silence cannot mask them. */
  async #check(audio: string): Promise<FoundSecret[]> {
    const { finder, identity } = this.#context;
    const samples = isSealed(audio) ? { samples: recordedSamples(audio, identity) } : {};
    const { ok, unchanged, findings, sidecar } = await verifyRecording(audio, samples);
    if (!ok && !unchanged)
      throw notMasked(this.#file, findings[0]?.text ?? 'the masked recording does not verify');
    const kept = readTranscript(audio, this.#entry);
    if (kept && differ(this.#maskedWords(kept), kept)) throw notMasked(this.#file, 'its transcript');
    if (differ(maskedSidecar(sidecar, finder), sidecar)) throw notMasked(this.#file, 'its sidecar');
    if (changedAnnotations(audio, this.#entry, (text) => finder.text(text)) !== undefined)
      throw notMasked(this.#file, 'its annotations');
    const source = recordedLegs(audio, this.#entry, identity);
    const heard = await understood(source, this.#context);
    return await secretsIn(source, [...(kept ? [kept] : []), ...heard], this.#context, sidecar.legs);
  }
}

/** True when two JSON values differ. */
function differ(one: object, other: object): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

function notMasked(file: string, why: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', `${printable(file)} was not masked or changed: ${why}.`);
}
