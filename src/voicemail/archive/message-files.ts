import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { confinedPath } from '../../files/confined-path.js';
import { removeFile } from '../../files/private-file.js';
import { safeName } from '../../files/safe-name.js';
import { hashFile, makeFolder } from '../../files/whole-file.js';
import { decrypterWith, encrypterTo } from '../../recording/sealed/age.js';
import { SealedWav, sealedWavSamples } from '../../recording/sealed/sealed-wav.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import type { WavInfo } from '../../voice/wav/wav-metadata.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { ArchivedAudio, VoicemailFacts } from './archived-message.js';
import { AudioIntake } from './audio-intake.js';
import { CheckedFiles } from './checked-files.js';
import { IntakeFolder } from './intake-folder.js';

/** Folder of unpublished audio. Files of a killed process there are useless. */
const PARTIAL = '.partial';
const AUDIO = 'audio';
const SEALED = '.age';
/** Longest part of a name, in bytes. */
const MAX_NAME_PART = 80;

/** Keys that encrypt and decrypt the audio of an archive. */
export interface AudioKeys {
  /** age recipients (`age1...`) of new audio. Default: none; it is not encrypted. */
  readonly encryptTo?: readonly string[];
  /**
   * An age secret key (`AGE-SECRET-KEY-1...`) to read encrypted audio. Default: none; encrypted audio cannot be read.
   */
  readonly identity?: string;
}

/**
 * The audio files of an archive: `audio/2026/11/20261122T203800Z_partner_account-65.wav`, one per distinct recording. A
 * file appears under its name complete and flushed, or not at all.
 */
export class MessageFiles {
  readonly root: string;
  readonly #encryptTo: readonly string[];
  readonly #identity: string | undefined;
  /** Created for the first message, because most programs only read an archive. */
  #intake: Promise<IntakeFolder> | undefined;
  readonly #checked = new CheckedFiles();

  private constructor(root: string, { encryptTo = [], identity }: AudioKeys) {
    this.root = root;
    this.#encryptTo = [...encryptTo];
    this.#identity = identity;
  }

  /**
   * Opens the files of an archive, and creates missing folders.
   *
   * @throws ERR_FILE; ERR_INVALID_ARG for an invalid recipient or identity; ERR_UNSUPPORTED without `age-encryption`.
   */
  static async open(root: string, keys: AudioKeys = {}): Promise<MessageFiles> {
    const { encryptTo, identity } = keys;
    if (encryptTo) await encrypterTo(encryptTo);
    if (identity !== undefined) await decrypterWith(identity);
    for (const folder of [PARTIAL, AUDIO]) await makeFolder(join(root, folder));
    return new MessageFiles(root, keys);
  }

  /** Absolute path of stored audio. @throws ERR_FILE for a path in the catalogue that leaves the archive. */
  pathOf(audio: Pick<ArchivedAudio, 'path'>): string {
    return confinedPath(this.root, audio.path);
  }

  /** Starts to receive the audio of one message. @throws ERR_FILE */
  async take(facts: VoicemailFacts): Promise<AudioIntake> {
    const partial = join((await this.#intakeFolder()).path, `${randomUUID()}.wav`);
    const path = audioPath(facts);
    const metadata = { info: tagsOf(facts) };
    if (this.#encryptTo.length > 0) {
      const format = VOICE_FORMAT;
      const options = { format, metadata, existing: 'refuse' } as const;
      const sealed = await SealedWav.create(partial, this.#encryptTo, options);
      return new AudioIntake(sealed, `${path}${SEALED}`, { root: this.root, checked: this.#checked });
    }
    const wav = await WavWriter.create(partial, { existing: 'refuse', metadata });
    return new AudioIntake(wav, path, { root: this.root, checked: this.#checked });
  }

  /** The folder for incoming audio. One that somebody has removed meanwhile, perhaps with the archive, is made again. */
  #intakeFolder(): Promise<IntakeFolder> {
    const open = () => IntakeFolder.open(join(this.root, PARTIAL));
    const folder = (this.#intake ?? open()).then(async (opened) => {
      if (existsSync(opened.path)) return opened;
      await opened.close();
      return await open();
    });
    this.#intake = folder;
    folder.catch(() => {
      // Allow another attempt for the next message.
      if (this.#intake === folder) this.#intake = undefined;
    });
    return folder;
  }

  /** True when stored audio is not encrypted, or an identity is known. */
  isReadable(audio: Pick<ArchivedAudio, 'path'>): boolean {
    return !isSealedAudio(audio) || this.#identity !== undefined;
  }

  /**
   * Yields the samples of stored audio.
   *
   * @throws ERR_FILE, ERR_WAV; ERR_UNSUPPORTED for encrypted audio without an identity.
   */
  async *samples(audio: Pick<ArchivedAudio, 'path'>): AsyncGenerator<Int16Array, void, void> {
    const path = this.pathOf(audio);
    if (!isSealedAudio(audio)) {
      await using reader = await WavReader.open(path);
      yield* reader;
    } else if (this.#identity !== undefined) yield* sealedWavSamples(path, this.#identity);
    else {
      const text = `${printable(path)} is encrypted: open the archive with an age secret key of its recipients.`;
      throw new JackfieldError('ERR_UNSUPPORTED', text);
    }
  }

  /**
   * Computes the hash over the whole file, and over its samples if they can be read.
   *
   * @param hear Called with the samples.
   * @throws ERR_FILE, ERR_WAV
   */
  async measure(
    audio: Pick<ArchivedAudio, 'path'>,
    hear: (samples: Int16Array) => void,
  ): Promise<{ readonly sha256: string | undefined; readonly fileSha256: string }> {
    const fileSha256 = await hashFile(this.pathOf(audio));
    if (!this.isReadable(audio)) return { sha256: undefined, fileSha256 };
    const hash = createHash('sha256');
    for await (const samples of this.samples(audio)) {
      hash.update(bytesOfSamples(samples));
      hear(samples);
    }
    return { sha256: hash.digest('hex'), fileSha256 };
  }

  /** Yields the paths of all published audio files, in the form of the catalogue. */
  async *published(): AsyncGenerator<string, void, void> {
    const folder = join(this.root, AUDIO);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.wav(?:\.age)?$/.test(entry.name)) {
        yield relative(this.root, join(entry.parentPath, entry.name)).split(sep).join('/');
      }
    }
  }

  /** Removes a file of the archive. @throws ERR_FILE */
  async remove(audio: Pick<ArchivedAudio, 'path'>): Promise<void> {
    await removeFile(this.pathOf(audio));
  }

  /** Removes the files of killed processes. Those of running processes stay. @throws ERR_FILE */
  sweep(): Promise<void> {
    return IntakeFolder.sweep(join(this.root, PARTIAL));
  }

  /** Removes unpublished audio. Idempotent. */
  async close(): Promise<void> {
    // The caller of take() has got this error.
    const intake = await this.#intake?.catch(() => undefined);
    this.#intake = undefined;
    await intake?.close();
  }
}

/** Path of a message's audio. Account and id distinguish messages of the same second. */
function audioPath({ account, id, partner, timestamp }: VoicemailFacts): string {
  const [day, time] = new Date(timestamp * 1000).toISOString().split('T');
  const [year = '', month = ''] = (day ?? '').split('-');
  const moment = `${(day ?? '').replaceAll('-', '')}T${(time ?? '').slice(0, 8).replaceAll(':', '')}Z`;
  return `${AUDIO}/${year}/${month}/${moment}_${namePart(partner)}_${namePart(account)}-${id}.wav`;
}

/** A handle as part of a file name. The whole name must not exceed 255 bytes. */
function namePart(handle: string): string {
  return safeName(handle, MAX_NAME_PART);
}

/** True when the audio is encrypted. */
export function isSealedAudio({ path }: Pick<ArchivedAudio, 'path'>): boolean {
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

/** Replaces control characters, which a tag cannot have. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
