import { createDecipheriv } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { JackfieldError, messageOf } from '../../errors.js';
import { locateWav } from '../../voice/wav/wav-layout.js';
import type { LegEnds } from './audio-store.js';
import { TAIL_CIPHER, TAIL_HEAD, tailFiles } from './sealed-file.js';
import { STEREO_BYTES } from './stereo-file.js';

/** Bytes of the decrypted file in which the beginning of its samples is looked for. */
const HEADER_BYTES = 4096;
const MAX_SEALED_KEY = 65_536;
const MAX_RECORD = 1 << 22;

/** What the tails of an encrypted recording that was killed hold beyond its age file. */
export interface SealedTail {
  readonly sampleCount: number;
  readonly legs: LegEnds;
  readonly pieces: readonly { readonly position: number; readonly samples: Int16Array }[];
}

/**
 * The stereo samples of an encrypted recording. One that was killed is read as far as it goes: its age file up to
 * the last chunk that is whole, and from there its tail.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @throws ERR_INVALID_ARG for what is no such key; ERR_FILE when the file is not for that key, or was changed.
 */
export async function* openSealed(
  file: string,
  identity: string,
  tail?: SealedTail,
): AsyncGenerator<Int16Array> {
  let position = 0;
  for await (const samples of ageSamples(file, identity, tail !== undefined)) {
    overlay(samples, position, tail);
    yield samples;
    position += samples.length / 2;
  }
  if (!tail || tail.sampleCount <= position) return;
  const rest = new Int16Array((tail.sampleCount - position) * 2);
  overlay(rest, position, tail);
  yield rest;
}

/** The tails of a recording that was killed; nothing when it has none. @throws ERR_INVALID_ARG, ERR_FILE. */
export async function readTails(file: string, identity: string): Promise<SealedTail | undefined> {
  const pieces: { position: number; samples: Int16Array }[] = [];
  let found: Omit<SealedTail, 'pieces'> | undefined;
  for (const path of tailFiles(file)) {
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes || bytes.length < 4) continue;
    const keyBytes = bytes.readUInt32LE(0);
    if (keyBytes > MAX_SEALED_KEY || bytes.length < 4 + keyBytes) continue;
    const key = await (await decrypter(identity))
      .decrypt(bytes.subarray(4, 4 + keyBytes))
      .catch((cause: unknown) => {
        throw notReadable(path, cause);
      });
    for (const record of records(bytes.subarray(4 + keyBytes), key)) {
      found = { sampleCount: record.end, legs: record.legs };
      if (record.samples.length > 0) pieces.push(record);
    }
  }
  return found && { ...found, pieces };
}

async function decrypter(identity: string) {
  const { Decrypter } = await import('age-encryption');
  const opened = new Decrypter();
  try {
    opened.addIdentity(identity.trim());
  } catch {
    throw new JackfieldError('ERR_INVALID_ARG', 'identity must be an age secret key, AGE-SECRET-KEY-1...');
  }
  return opened;
}

/** @param cutOff Whether the file may end in the middle of a chunk. */
async function* ageSamples(file: string, identity: string, cutOff: boolean): AsyncGenerator<Int16Array> {
  const input = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
  let output: ReadableStream<Uint8Array>;
  try {
    output = await (await decrypter(identity)).decrypt(input);
  } catch (cause) {
    if (cutOff) return;
    throw notReadable(file, cause);
  }
  let kept = Buffer.alloc(0);
  let begun = false;
  try {
    for await (const chunk of output) {
      kept = Buffer.concat([kept, chunk]);
      if (!begun && kept.length < HEADER_BYTES) continue;
      if (!begun) kept = kept.subarray(dataOffset(kept));
      begun = true;
      const whole = kept.length - (kept.length % STEREO_BYTES);
      yield samplesOf(kept.subarray(0, whole));
      kept = kept.subarray(whole);
    }
  } catch (cause) {
    if (!cutOff) throw notReadable(file, cause);
  }
  if (!begun && kept.length > 0) yield samplesOf(kept.subarray(dataOffset(kept)));
}

function dataOffset(bytes: Buffer): number {
  const search = locateWav(bytes.length);
  let step = search.next();
  while (!step.done) {
    const { position, length } = step.value;
    step = search.next(bytes.subarray(position, position + length));
  }
  return step.value.dataOffset;
}

function* records(bytes: Buffer, key: Uint8Array) {
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const end = at + 16 + length;
    if (length < TAIL_HEAD + 16 || length > MAX_RECORD || end > bytes.length) return;
    const decipher = createDecipheriv(TAIL_CIPHER, key, bytes.subarray(at + 4, at + 16), {
      authTagLength: 16,
    });
    decipher.setAuthTag(bytes.subarray(end - 16, end));
    const plain = Buffer.concat([decipher.update(bytes.subarray(at + 16, end - 16)), decipher.final()]);
    const field = (index: number) => Number(plain.readBigUInt64LE(index * 8));
    const legs = { local: field(2), remote: field(3) };
    yield { position: field(0), end: field(1), legs, samples: samplesOf(plain.subarray(TAIL_HEAD)) };
    at = end;
  }
}

function overlay(target: Int16Array, position: number, tail: SealedTail | undefined): void {
  for (const piece of tail?.pieces ?? []) {
    const from = Math.max(position, piece.position);
    const to = Math.min(position + target.length / 2, piece.position + piece.samples.length / 2);
    if (from >= to) continue;
    const part = piece.samples.subarray((from - piece.position) * 2, (to - piece.position) * 2);
    target.set(part, (from - position) * 2);
  }
}

function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

function notReadable(file: string, cause: unknown): JackfieldError {
  return new JackfieldError(
    'ERR_FILE',
    `${file} cannot be decrypted with this identity: ${messageOf(cause)}`,
    { cause },
  );
}
