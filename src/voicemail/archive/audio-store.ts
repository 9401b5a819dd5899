import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { JackfieldError, messageOf } from '../../errors.js';
import type { PcmSink } from '../../pcm.js';
import type { WavInfo } from '../../voice/wav/wav-metadata.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { ArchivedAudio, VoicemailFacts } from './archived-message.js';
import { encrypterTo, SealedWav } from './sealed-wav.js';

/** Audio that has not been published yet lies here; what is left by a run that was killed is of no use. */
const PARTIAL = '.partial';
const AUDIO = 'audio';
const SEALED = '.age';
const MAX_NAME_PART = 60;

/**
 * The audio files of an archive: `audio/2026/11/20261122T203800Z_partner_account-65.wav`, one for each different
 * recording. A file appears under its name complete and flushed, or not at all.
 */
export class AudioStore {
  readonly root: string;
  readonly #encryptTo: readonly string[];

  private constructor(root: string, encryptTo: readonly string[]) {
    this.root = root;
    this.#encryptTo = encryptTo;
  }

  /**
   * Makes the folders, where they are missing.
   *
   * @param encryptTo age recipients that new audio is encrypted to; none for clear audio.
   * @throws ERR_FILE; ERR_INVALID_ARG for what is no recipient; ERR_UNSUPPORTED without `age-encryption`.
   */
  static async open(root: string, encryptTo: readonly string[] = []): Promise<AudioStore> {
    if (encryptTo.length > 0) await encrypterTo(encryptTo);
    for (const folder of [PARTIAL, AUDIO]) {
      await mkdir(join(root, folder), { recursive: true }).catch(storeError('make', join(root, folder)));
    }
    return new AudioStore(root, [...encryptTo]);
  }

  /** Absolute path of stored audio. */
  pathOf(audio: Pick<ArchivedAudio, 'path'>): string {
    return join(this.root, ...audio.path.split('/'));
  }

  /** Begins to take in the audio of one message. @throws ERR_FILE */
  async take(facts: VoicemailFacts): Promise<AudioIntake> {
    const partial = join(this.root, PARTIAL, `${randomUUID()}.wav`);
    const path = audioPath(facts);
    const metadata = { info: tagsOf(facts) };
    if (this.#encryptTo.length > 0) {
      const sealed = await SealedWav.create(partial, this.#encryptTo, metadata);
      return new AudioIntake(sealed, this.root, `${path}${SEALED}`);
    }
    const wav = await WavWriter.create(partial, { fsync: 'end', existing: 'refuse', metadata });
    return new AudioIntake(wav, this.root, path);
  }

  /** The samples of stored audio. @throws ERR_FILE, ERR_WAV; ERR_UNSUPPORTED for what is encrypted. */
  async *samples(audio: Pick<ArchivedAudio, 'path'>): AsyncGenerator<Int16Array, void, void> {
    if (isSealed(audio)) {
      throw new JackfieldError('ERR_UNSUPPORTED', `${audio.path} is encrypted.`);
    }
    await using reader = await WavReader.open(this.pathOf(audio));
    yield* reader;
  }

  /**
   * Hash over the whole file, from the disk, and over its samples, where they are not encrypted.
   *
   * @param hear gets the samples.
   * @throws ERR_FILE, ERR_WAV
   */
  async measure(
    audio: Pick<ArchivedAudio, 'path'>,
    hear: (samples: Int16Array) => void,
  ): Promise<{ readonly sha256: string | undefined; readonly fileSha256: string }> {
    const path = this.pathOf(audio);
    if (isSealed(audio)) return { sha256: undefined, fileSha256: await hashFile(path) };
    const hash = createHash('sha256');
    for await (const samples of this.samples(audio)) {
      hash.update(bytesOf(samples));
      hear(samples);
    }
    return { sha256: hash.digest('hex'), fileSha256: await hashFile(path) };
  }

  /** Paths of all published audio files, as the catalogue knows them. */
  async *published(): AsyncGenerator<string, void, void> {
    const folder = join(this.root, AUDIO);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.wav(?:\.age)?$/.test(entry.name)) {
        yield relative(this.root, join(entry.parentPath, entry.name)).split(sep).join('/');
      }
    }
  }

  /** Removes audio. */
  async remove(audio: Pick<ArchivedAudio, 'path'>): Promise<void> {
    await rm(this.pathOf(audio), { force: true });
  }

  /** Removes what runs that were killed have left. Only for who knows that no run is under way. */
  async sweep(): Promise<void> {
    for (const name of await readdir(join(this.root, PARTIAL))) await rm(join(this.root, PARTIAL, name));
  }
}

/** What an archive has already. */
export interface KnownAudio {
  /** Stored audio with these samples. */
  audio(sha256: string): ArchivedAudio | undefined;
  /** Whether other audio lies at this path. */
  isTaken(path: string, sha256: string): boolean;
}

/** Audio on its way into an archive: hashed while it is written. Either {@link publish} or {@link discard} ends it. */
export class AudioIntake implements PcmSink {
  readonly #wav: WavWriter | SealedWav;
  readonly #root: string;
  readonly #path: string;
  readonly #hash: Hash = createHash('sha256');

  /** Used by {@link AudioStore.take}. */
  constructor(wav: WavWriter | SealedWav, root: string, path: string) {
    this.#wav = wav;
    this.#root = root;
    this.#path = path;
  }

  /** Samples taken so far. */
  get samples(): number {
    return this.#wav.sampleCount;
  }

  async write(samples: Int16Array): Promise<void> {
    this.#hash.update(bytesOf(samples));
    await this.#wav.write(samples);
  }

  end(error?: Error): Promise<void> {
    return this.#wav.end(error);
  }

  /**
   * Makes the audio part of the archive, unless the same samples are there already: then what was taken is removed,
   * and what is known is returned.
   *
   * @throws ERR_FILE
   */
  async publish(known: KnownAudio): Promise<{ readonly audio: ArchivedAudio; readonly duplicate: boolean }> {
    await this.#wav.close();
    const sha256 = this.#hash.digest('hex');
    const same = known.audio(sha256);
    if (same && (await isIntact(join(this.#root, same.path), same))) {
      await rm(this.#wav.path);
      return { audio: same, duplicate: true };
    }
    const path = same?.path ?? freePath(this.#path, (wanted) => known.isTaken(wanted, sha256));
    const fileSha256 = await hashFile(this.#wav.path);
    const { size: bytes } = await stat(this.#wav.path);
    await publishFile(this.#wav.path, join(this.#root, path));
    return { audio: { sha256, path, samples: this.samples, bytes, fileSha256 }, duplicate: false };
  }

  /** Forgets what was taken. */
  async discard(): Promise<void> {
    await this.#wav.close().catch(() => undefined);
    await rm(this.#wav.path, { force: true });
  }
}

/** Moves a flushed file to its place, which is on the medium when this resolves. @throws ERR_FILE */
async function publishFile(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  try {
    await mkdir(folder, { recursive: true });
    await rename(from, to);
    // The name is only safe when the folder that holds it is. Windows cannot open a folder, nor needs to.
    const handle = process.platform === 'win32' ? undefined : await open(folder);
    await handle?.sync().finally(() => handle.close());
  } catch (cause) {
    storeError('write', to)(cause);
  }
}

/** Where a message's audio goes; the account and the id keep two messages apart that came in the same second. */
function audioPath({ account, id, partner, timestamp }: VoicemailFacts): string {
  const [day, time] = new Date(timestamp * 1000).toISOString().split('T');
  const [year = '', month = ''] = (day ?? '').split('-');
  const moment = `${(day ?? '').replaceAll('-', '')}T${(time ?? '').slice(0, 8).replaceAll(':', '')}Z`;
  return `${AUDIO}/${year}/${month}/${moment}_${safeName(partner)}_${safeName(account)}-${id}.wav`;
}

/** The path itself, or with a number where other audio has it: what came of an earlier attempt, mostly. */
function freePath(path: string, isTaken: (path: string) => boolean): string {
  if (!isTaken(path)) return path;
  for (let number = 2; ; number++) {
    const numbered = path.replace(/(?=\.wav)/, `_${number}`);
    if (!isTaken(numbered)) return numbered;
  }
}

/** A part of a file name that is one everywhere, whatever a handle holds. */
export function safeName(text: string): string {
  const safe = text.normalize('NFC').replace(/[^\p{L}\p{N}+.,-]+/gu, '-');
  return safe.replace(/^[.-]+/, '').slice(0, MAX_NAME_PART) || 'unknown';
}

/** Whether the audio is encrypted. */
export function isSealed({ path }: Pick<ArchivedAudio, 'path'>): boolean {
  return path.endsWith(SEALED);
}

function tagsOf({ id, type, account, partner, partnerName, timestamp }: VoicemailFacts): WavInfo {
  return {
    title: plain(`Voicemail ${id}, ${partnerName || partner}`),
    artist: plain(partner),
    date: new Date(timestamp * 1000).toISOString(),
    comment: plain(`${type} voicemail of ${account}`),
    software: 'Jackfield',
  };
}

/** A tag cannot hold control characters. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch(storeError('read', path));
  return hash.digest('hex');
}

/** Whether a file that is to stand for another message too is still what it was. */
async function isIntact(path: string, { fileSha256 }: ArchivedAudio): Promise<boolean> {
  return hashFile(path).then(
    (found) => found === fileSha256,
    () => false,
  );
}

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function storeError(action: string, path: string): (cause: unknown) => never {
  return (cause) => {
    throw new JackfieldError('ERR_FILE', `Cannot ${action} ${path}: ${messageOf(cause)}`, { cause });
  };
}
