import { checkArgument, checkOptions, object, type Rules, rule, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { toneSamples } from './tone-samples.js';

/** Frequencies of the keypad, in Hz (ITU-T Q.23): rows low, columns high. */
export const DTMF_ROWS = [697, 770, 852, 941] as const;
export const DTMF_COLUMNS = [1209, 1336, 1477, 1633] as const;

const KEYPAD = ['123A', '456B', '789C', '*0#D'] as const;

export type DtmfDigit =
  | ('0' | '1' | '2' | '3' | '4' | '5' | '6' | '7')
  | ('8' | '9' | 'A' | 'B' | 'C' | 'D' | '*' | '#');

/** Gives the key in a row and column, both 0 to 3. */
export function dtmfDigit(row: number, column: number): DtmfDigit {
  return (KEYPAD[row]?.[column] ?? '') as DtmfDigit;
}

/** Gives the row and column of a key, both 0 to 3. */
export function dtmfKey(digit: DtmfDigit): { readonly row: number; readonly column: number } {
  const row = KEYPAD.findIndex((keys) => keys.includes(digit));
  return { row, column: KEYPAD[row]?.indexOf(digit) ?? 0 };
}

export interface DtmfOptions {
  /** Length of each digit, in milliseconds: 20 to 10000. Default 100. */
  readonly toneMs?: number;
  /** Another name of `toneMs`, as in `toneSamples`; `toneMs` takes precedence. */
  readonly durationMs?: number;
  /** Another name of `toneMs`; both others take precedence. */
  readonly digitMs?: number;
  /** Silence after each digit, in milliseconds: 0 to 10000. Default 100. */
  readonly pauseMs?: number;
  /** Peak of the row's sine, in dBFS: -60 to -6. Default -12. */
  readonly levelDbfs?: number;
  /**
   * Level of the column's sine above the row's, in dB: -12 to 12. Default 2, which compensates the loss of long lines.
   */
  readonly twistDb?: number;
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
}

const LENGTH = within(20, 10_000, 'ms');
const RULES: Rules<DtmfOptions> = {
  toneMs: LENGTH,
  durationMs: LENGTH,
  digitMs: LENGTH,
  pauseMs: within(0, 10_000, 'ms'),
  levelDbfs: within(-60, -6, 'dBFS'),
  twistDb: within(-12, 12, 'dB'),
  format: object,
};
const DIGITS = rule(
  'of 0-9, A-D, * and #',
  (value) => typeof value === 'string' && /^[0-9A-D*#]*$/.test(value),
);

/**
 * Makes the samples of dialled digits: `dtmfSamples('123#')`.
 *
 * @throws ERR_INVALID_ARG for a character other than 0-9, A-D, `*` and `#`, or an option out of range.
 */
export function dtmfSamples(digits: string, options: DtmfOptions = {}): Int16Array {
  checkArgument('digits', digits, DIGITS);
  checkOptions(options, RULES);
  const { pauseMs = 100, levelDbfs = -12, twistDb = 2 } = options;
  const toneMs = options.toneMs ?? options.durationMs ?? options.digitMs ?? 100;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const toneLength = msToSamples(toneMs, format) * format.channels;
  const stride = toneLength + msToSamples(pauseMs, format) * format.channels;
  const samples = new Int16Array(stride * digits.length);
  [...digits].forEach((digit, i) => {
    const { row, column } = dtmfKey(digit as DtmfDigit);
    const shape = { durationMs: toneMs, fadeMs: 2, format };
    const low = toneSamples({ ...shape, frequency: DTMF_ROWS[row] ?? 0, levelDbfs });
    const high = toneSamples({
      ...shape,
      frequency: DTMF_COLUMNS[column] ?? 0,
      levelDbfs: Math.min(0, levelDbfs + twistDb),
    });
    for (let at = 0; at < toneLength; at++) {
      const sum = (low[at] ?? 0) + (high[at] ?? 0);
      samples[i * stride + at] = Math.max(-32768, Math.min(32767, sum));
    }
  });
  return samples;
}
