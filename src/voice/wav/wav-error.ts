import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** Reasons why a file cannot be read as WAV, each with advice. */
export const WAV_ERROR_REASONS = {
  'not-wav': 'This is not a WAV file (RIFF, RF64 or BW64 with the form WAVE). Convert it with ffmpeg or sox.',
  'no-format': 'The WAV file has no usable `fmt ` chunk before its samples: its header is damaged.',
  'no-data':
    'The WAV file has no `data` chunk: it was cut off before its first sample, or its header is damaged.',
  'bad-format': 'The `fmt ` chunk of the WAV file contradicts itself: its header is damaged.',
  'unsupported-encoding':
    'The encoding of the WAV file is not supported. Supported are PCM of 8 to 32 bits, float, A-law, mu-law and IMA ' +
    'ADPCM. Convert the file with ffmpeg or sox.',
} as const;

export type WavErrorReason = keyof typeof WAV_ERROR_REASONS;

/** A file cannot be read as WAV. `reason` says why; match on it, not on the message. */
export class WavError extends JackfieldError {
  readonly reason: WavErrorReason;
  readonly #detail: string;

  constructor(reason: WavErrorReason, detail: string, path?: string) {
    super(
      'ERR_WAV',
      `${path === undefined ? '' : printable(`${path}: `)}${WAV_ERROR_REASONS[reason]} ${detail}`,
    );
    this.reason = reason;
    this.#detail = detail;
  }

  /** Makes the same error with the name of the file in its message. */
  in(path: string): WavError {
    return new WavError(this.reason, this.#detail, path);
  }
}
