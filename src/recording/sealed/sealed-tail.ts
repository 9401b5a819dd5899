import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { path as aPath, checkArgument, words } from '../../base/check.js';
import { Opening } from '../../base/opening.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';
import type { LegEnds } from '../../stream/align/ledger.js';
import { beside } from '../sidecar.js';
import { type AgeEncrypter, decrypterWith, notReadable } from './age.js';
import { samplesOf } from './sealed-wav.js';

const CIPHER = 'chacha20-poly1305';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Bytes before the samples in a record: position, length of the recording, ends of the legs. */
const HEAD_BYTES = 32;
const MAX_SEALED_KEY = 65_536;
const MAX_RECORD = 1 << 22;

/** Paths of the tails of an encrypted recording, oldest first. */
export function tailFiles(file: string): readonly [string, string] {
  return [beside(file, '.tail-old'), beside(file, '.tail')];
}

/** The key of a recording's tails, plain and encrypted with age to the recording's recipients. */
export interface TailKey {
  readonly clear: Uint8Array;
  readonly sealed: Uint8Array;
}

export async function newTailKey(encrypter: AgeEncrypter): Promise<TailKey> {
  const clear = randomBytes(32);
  return { clear, sealed: await encrypter.encrypt(clear) };
}

/**
 * A file of encrypted records. It starts with the key, encrypted with age. Each record has a length, a nonce and
 * encrypted samples.
 */
export class SealedTail {
  readonly #file: PositionedFile;
  readonly #key: Uint8Array;
  #bytes = 0;

  private constructor(file: PositionedFile, key: Uint8Array) {
    this.#file = file;
    this.#key = key;
  }

  static async create(path: string, { clear, sealed }: TailKey): Promise<SealedTail> {
    await using opening = new Opening();
    const tail = new SealedTail(positionedFile(await openPrivate(path, 'w'), 'async'), clear);
    opening.add(tail, () => tail.close());
    await tail.#append(Buffer.concat([lengthOf(sealed), sealed]));
    return opening.done(tail);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async add(position: number, end: number, legs: LegEnds, samples: Int16Array): Promise<void> {
    const head = Buffer.alloc(HEAD_BYTES);
    for (const [index, value] of [position, end, legs.local, legs.remote].entries()) {
      head.writeBigUInt64LE(BigInt(value), index * 8);
    }
    // The nonce is random because two tails share the key. With this number of records a repetition is improbable.
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    const audio = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const sealed = Buffer.concat([
      cipher.update(head),
      cipher.update(audio),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    await this.#append(Buffer.concat([lengthOf(sealed), nonce, sealed]));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const at = this.#bytes;
    this.#bytes += bytes.length;
    await this.#file.write(bytes, at);
  }
}

/** Content of the tails of a killed encrypted recording. */
export interface TailContents {
  readonly sampleCount: number;
  readonly legs: LegEnds;
  readonly pieces: readonly { readonly position: number; readonly samples: Int16Array }[];
}

/**
 * Reads the tails of a killed recording, up to the first incomplete record; undefined when it has none.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @throws ERR_INVALID_ARG for an invalid key; ERR_FILE when the tails are not for that key.
 */
export async function readTails(file: string, identity: string): Promise<TailContents | undefined> {
  checkArgument('file', file, aPath);
  checkArgument('identity', identity, words);
  const pieces: { position: number; samples: Int16Array }[] = [];
  let found: Omit<TailContents, 'pieces'> | undefined;
  for (const path of tailFiles(file)) {
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes || bytes.length < 4) continue;
    const keyEnd = 4 + bytes.readUInt32LE(0);
    if (keyEnd > 4 + MAX_SEALED_KEY || bytes.length < keyEnd) continue;
    const decrypter = await decrypterWith(identity);
    const key = await decrypter.decrypt(bytes.subarray(4, keyEnd)).catch((cause: unknown) => {
      throw notReadable(path, cause);
    });
    for (const { position, end, legs, samples } of records(bytes.subarray(keyEnd), key)) {
      found = { sampleCount: end, legs };
      if (samples.length > 0) pieces.push({ position, samples });
    }
  }
  return found && { ...found, pieces };
}

function* records(bytes: Buffer, key: Uint8Array) {
  for (let at = 0; at + 4 + NONCE_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const begin = at + 4 + NONCE_BYTES;
    const end = begin + length;
    if (length < HEAD_BYTES + TAG_BYTES || length > MAX_RECORD || end > bytes.length) return;
    const plain = opened(bytes.subarray(at + 4, begin), bytes.subarray(begin, end), key);
    // Stop at the first partial or changed record.
    if (!plain) return;
    const field = (index: number) => Number(plain.readBigUInt64LE(index * 8));
    const legs = { local: field(2), remote: field(3) };
    yield { position: field(0), end: field(1), legs, samples: samplesOf(plain.subarray(HEAD_BYTES)) };
    at = end;
  }
}

function opened(nonce: Buffer, sealed: Buffer, key: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}
