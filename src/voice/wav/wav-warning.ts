/** What is odd about a WAV file that can be read all the same. */
export type WavWarningCode =
  /** A tag stands before `RIFF`. */
  | 'tag-in-front'
  /** Tags, or chunks behind the end that RIFF says, follow the sound. */
  | 'tag-behind'
  /** Bytes that are neither sound, chunk nor tag follow the sound. */
  | 'bytes-behind'
  /** A chunk of odd length has no pad byte behind it. */
  | 'no-pad'
  /** The size of a block contradicts channels and bits. */
  | 'block-align'
  /** The bits of a sample are none that the encoding has, or leave part of a byte over. */
  | 'bits'
  /** The data ends in the middle of a sample. */
  | 'half-sample';

export interface WavWarning {
  readonly code: WavWarningCode;
  /** For people: what was found, and how it was read. */
  readonly message: string;
}
