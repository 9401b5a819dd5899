import { createHash, type Hash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { PcmSink } from '../../base/pcm.js';
import { confinedPath } from '../../files/confined-path.js';
import { removeFile } from '../../files/private-file.js';
import { hashFile, publishFile, syncFile } from '../../files/whole-file.js';
import type { SealedWav } from '../../recording/sealed/sealed-wav.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import type { WavWriter } from '../../voice/wav/wav-writer.js';
import type { ArchivedAudio } from './archived-message.js';
import type { CheckedFiles } from './checked-files.js';

/** Four seconds go to the disk at once: what is still coming in is not played, and each write has its price. */
const GATHERED_SAMPLES = 65_536;

/** Looks up the audio that an archive already has. */
export interface KnownAudio {
  /** Stored audio with these samples. */
  audio(sha256: string): ArchivedAudio | undefined;
  /** True when other audio lies at this path. */
  isTaken(path: string, sha256: string): boolean;
}

/** Folder that audio is published to. */
interface IntakePlace {
  /** The archive's folder. */
  readonly root: string;
  readonly checked: CheckedFiles;
}

/** Audio on its way into an archive: hashed while it is written. Either `publish` or {@link discard} ends it. */
export class AudioIntake implements PcmSink {
  readonly #wav: WavWriter | SealedWav;
  readonly #path: string;
  readonly #place: IntakePlace;
  readonly #hash: Hash = createHash('sha256');
  readonly #gathered = new Int16Array(GATHERED_SAMPLES);
  #length = 0;
  #ended: Promise<void> | undefined;

  /** Used by {@link MessageFiles.take}. */
  constructor(wav: WavWriter | SealedWav, path: string, place: IntakePlace) {
    this.#wav = wav;
    this.#path = path;
    this.#place = place;
  }

  /** Samples taken so far. */
  get samples(): number {
    return this.#wav.sampleCount + this.#length;
  }

  async write(samples: Int16Array): Promise<void> {
    for (let at = 0; at < samples.length; ) {
      const taken = samples.subarray(at, at + this.#gathered.length - this.#length);
      this.#gathered.set(taken, this.#length);
      this.#length += taken.length;
      at += taken.length;
      if (this.#length === this.#gathered.length) await this.#flush();
    }
  }

  end(): Promise<void> {
    this.#ended ??= this.#flush().finally(() => this.#wav.end());
    return this.#ended;
  }

  /**
   * Makes the audio part of the archive, unless the same samples are there already: then what was taken is removed,
   * and what is known is returned.
   *
   * @throws ERR_FILE
   * @internal
   */
  async publish(known: KnownAudio): Promise<{ readonly audio: ArchivedAudio; readonly duplicate: boolean }> {
    await this.end();
    const sha256 = this.#hash.digest('hex');
    const { root, checked } = this.#place;
    const same = known.audio(sha256);
    if (same && (await checked.isIntact(confinedPath(root, same.path), same.fileSha256))) {
      await rm(this.#wav.path);
      return { audio: same, duplicate: true };
    }
    const path = same?.path ?? freePath(this.#path, (wanted) => known.isTaken(wanted, sha256));
    const fileSha256 = await hashFile(this.#wav.path);
    const { size: bytes } = await stat(this.#wav.path);
    await syncFile(this.#wav.path);
    await publishFile(this.#wav.path, confinedPath(root, path));
    return { audio: { sha256, path, samples: this.samples, bytes, fileSha256 }, duplicate: false };
  }

  /** Forgets what was taken. */
  async discard(): Promise<void> {
    await this.end().catch(() => undefined);
    await removeFile(this.#wav.path);
  }

  async #flush(): Promise<void> {
    const samples = this.#gathered.subarray(0, this.#length);
    this.#length = 0;
    this.#hash.update(bytesOfSamples(samples));
    await this.#wav.write(samples);
  }
}

/** The path itself, or with a number where other audio has it: what came of an earlier attempt, mostly. */
function freePath(path: string, isTaken: (path: string) => boolean): string {
  if (!isTaken(path)) return path;
  for (let number = 2; ; number++) {
    const numbered = path.replace(/(?=\.wav)/, `_${number}`);
    if (!isTaken(numbered)) return numbered;
  }
}
