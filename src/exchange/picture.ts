import { readFile } from 'node:fs/promises';

/** Largest picture that a user can have. */
export const MAX_PICTURE_BYTES = 1024 * 1024;

/** Signatures of the formats that Skype accepted: JPEG, PNG, BMP. */
const SIGNATURES = ['ffd8ff', '89504e470d0a1a0a', '424d'].map((hex) => Buffer.from(hex, 'hex'));

const NO_PICTURE = new URL('../../assets/pictures/no-picture.jpg', import.meta.url);

export const PICTURE_KINDS = `a JPEG, PNG or BMP of at most ${MAX_PICTURE_BYTES} bytes`;

/** True when the bytes are of one of {@link PICTURE_KINDS}, the formats that Skype accepted. */
export function isPicture(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_PICTURE_BYTES) return false;
  return SIGNATURES.some((signature) => signature.equals(bytes.subarray(0, signature.length)));
}

/** Gives the default picture, for a user without one: a JPEG. */
export function noPicture(): Promise<Uint8Array> {
  return readFile(NO_PICTURE);
}
