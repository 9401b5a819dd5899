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

/** Samples per write: four seconds. Nobody plays incoming audio, and fewer writes are faster. */
const GATHERED_SAMPLES = 65_536;

/** Looks up the audio that an archive already has. */
export interface KnownAudio {
  /** Finds stored audio with these samples. */
  audio(sha256: string): ArchivedAudio | undefined;
  /** True when other audio uses this path. */
  isTaken(path: string, sha256: string): boolean;
}

/** Target of published audio. */
interface IntakePlace {
  /** The archive's folder. */
  readonly root: string;
  readonly checked: CheckedFiles;
}

/** Audio in the process of archiving. It is hashed while it is written. Ended by `publish` or {@link discard}. */
export class AudioIntake implements PcmSink {
  readonly #wav: WavWriter | SealedWav;
  readonly #path: string;
  readonly #place: IntakePlace;
  readonly #hash: Hash = createHash('sha256');
  readonly #gathered = new Int16Array(GATHERED_SAMPLES);
  #length = 0;
  #ended: Promise<void> | undefined;

  /** Called by {@link MessageFiles.take}. */
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
   * Adds the audio to the archive. If the archive has the same samples already, the new file is removed, and the
   * existing audio is returned.
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

  /** Removes the received audio. */
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

/** The path, with a number if other audio uses it, such as that of an earlier attempt. */
function freePath(path: string, isTaken: (path: string) => boolean): string {
  if (!isTaken(path)) return path;
  for (let number = 2; ; number++) {
    const numbered = path.replace(/(?=\.wav)/, `_${number}`);
    if (!isTaken(numbered)) return numbered;
  }
}
