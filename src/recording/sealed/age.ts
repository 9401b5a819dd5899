import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** Encrypter of `age-encryption`. Declared here, because the declarations of the package need browser types. */
export interface AgeEncrypter {
  encrypt(input: Uint8Array): Promise<Uint8Array>;
  encrypt(input: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
}

/** Decrypter of `age-encryption`. */
export interface AgeDecrypter {
  decrypt(input: Uint8Array): Promise<Uint8Array>;
  decrypt(input: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
}

/**
 * Creates an encrypter in the age format (age-encryption.org/v1) for these recipients (`age1...`), and checks them.
 *
 * @throws ERR_INVALID_ARG for an invalid recipient or an empty list; ERR_UNSUPPORTED without `age-encryption`.
 */
export async function encrypterTo(recipients: readonly string[]): Promise<AgeEncrypter> {
  if (recipients.length === 0) throw invalidArgument('encryptTo', 'at least one age recipient', 'none');
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw invalidArgument('encryptTo', 'age recipients that begin with age1', recipient);
    }
  }
  return encrypter as AgeEncrypter;
}

/**
 * Creates a decrypter for a secret key.
 *
 * @throws ERR_INVALID_ARG for a value that is not an age secret key; ERR_UNSUPPORTED without `age-encryption`.
 */
export async function decrypterWith(identity: string): Promise<AgeDecrypter> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity.trim());
  } catch {
    // The value may be a secret, so it is not part of the message.
    throw new JackfieldError('ERR_INVALID_ARG', 'identity must be an age secret key, AGE-SECRET-KEY-1...');
  }
  return decrypter as AgeDecrypter;
}

/**
 * Yields the decrypted bytes of a file in chunks.
 *
 * @param cutOff True when its writer may have been killed: complete chunks are yielded, without an error at the end.
 * @throws ERR_INVALID_ARG for an invalid key; ERR_FILE when the file is not for that key, was changed or truncated.
 */
export async function* ageBytes(file: string, identity: string, cutOff = false): AsyncGenerator<Uint8Array> {
  const decrypter = await decrypterWith(identity);
  try {
    const input = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    yield* await decrypter.decrypt(input);
  } catch (cause) {
    // A wrong key is an error, also with `cutOff`.
    if (!cutOff || /no identity matched/.test(messageOf(cause))) throw notReadable(file, cause);
  }
}

/** The error for a file that cannot be decrypted. */
export function notReadable(file: string, cause: unknown): JackfieldError {
  const text = `${printable(file)} cannot be decrypted with this identity: ${printable(messageOf(cause))}`;
  return new JackfieldError('ERR_FILE', text, { cause });
}

async function loadAge() {
  return await import('age-encryption').catch((cause: unknown) => {
    const text = `Encryption needs the package age-encryption, which cannot be loaded here: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  });
}
