import { JackfieldError } from '../../errors.js';

/** What is wrong with a WAV file. */
export const WAV_ERROR_REASONS = {
  'not-wav': 'The file is not RIFF, RF64 or BW64 with the form WAVE.',
  'no-format': 'There is no usable `fmt ` chunk before the samples.',
  'no-data': 'There is no `data` chunk.',
  'bad-format': 'The `fmt ` chunk contradicts itself or is outside what audio can be.',
  'unsupported-encoding': 'The samples are coded in a way that is not read here.',
} as const;

export type WavErrorReason = keyof typeof WAV_ERROR_REASONS;

/** A file that cannot be read as WAV. `reason` says why; match on it, not on the message. */
export class WavError extends JackfieldError {
  readonly reason: WavErrorReason;

  constructor(reason: WavErrorReason, detail: string) {
    super('ERR_WAV', `${WAV_ERROR_REASONS[reason]} ${detail}`);
    this.reason = reason;
  }
}
