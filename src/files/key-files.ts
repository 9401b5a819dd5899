import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { areCertificates, CERTIFICATES } from '../base/system/certificates.js';
import { decodeText } from './decode-text.js';
import { fileError } from './file-error.js';

/** Reads a whole file. @throws ERR_FILE. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/** Reads a text in UTF-8. @throws ERR_FILE, also when it has another encoding. */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return decodeText(bytes);
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', printable(`${path} cannot be read: ${messageOf(cause)}`), { cause });
  }
}

/** The secret that an endpoint and its clients share. @throws ERR_FILE. */
export async function readToken(path: string): Promise<string> {
  return (await readText(path)).trim();
}

/** Certificates of authorities. @throws ERR_FILE; ERR_INVALID_ARG for a file that has something else in it. */
export async function readCertificates(path: string): Promise<string> {
  const text = (await readBytes(path)).toString();
  if (areCertificates(text)) return text;
  throw new JackfieldError('ERR_INVALID_ARG', `${printable(path)} must be ${CERTIFICATES.expected}.`);
}

/**
 * A key or certificate in PEM.
 *
 * @param parse Makes it of the text, such as `createPrivateKey` of `node:crypto`.
 * @param what What the file must have in it, in an error: `a private key`.
 * @throws ERR_FILE; ERR_INVALID_ARG for a file that has something else in it.
 */
export async function readPem<T>(path: string, parse: (pem: string) => T, what: string): Promise<T> {
  const pem = (await readBytes(path)).toString();
  try {
    return parse(pem);
  } catch (cause) {
    throw new JackfieldError('ERR_INVALID_ARG', `${printable(path)} must be ${what} in PEM.`, { cause });
  }
}

/** The private key that recordings are signed with. @throws as {@link readPem}. */
export function readSigningKey(path: string): Promise<KeyObject> {
  return readPem(path, createPrivateKey, 'a private key, as openssl writes it,');
}

/** The secret key in an age identity file, which may have comments. @throws ERR_FILE. */
export async function readIdentity(path: string): Promise<string> {
  const text = await readText(path);
  const line = text.split('\n').find((candidate) => candidate.startsWith('AGE-SECRET-KEY-'));
  return (line ?? text).trim();
}

/** Reads a JSON file. @throws ERR_FILE when it cannot be read; ERR_SYNTAX when it is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw new JackfieldError('ERR_SYNTAX', printable(`${path} is not JSON: ${why}`), { cause });
  }
}
