/** Irregularities of a WAV file that can be read nevertheless. */
export type WavWarningCode =
  /** A tag precedes `RIFF`. */
  | 'tag-in-front'
  /** Tags follow the sound, or chunks after the end that the RIFF header gives. */
  | 'tag-behind'
  /** Bytes that are neither sound, chunk nor tag follow the sound. */
  | 'bytes-behind'
  /** A chunk of odd length has no pad byte behind it. */
  | 'no-pad'
  /** The size of a block contradicts channels and bits. */
  | 'block-align'
  /** The encoding does not have this number of bits, or it is not a whole number of bytes. */
  | 'bits'
  /** The data ends in the middle of a sample. */
  | 'half-sample';

export interface WavWarning {
  readonly code: WavWarningCode;
  /** Message for people: the irregularity, and the way in which it was handled. */
  readonly message: string;
}
