import type { Tone } from './tone-frames.js';

/**
 * Kinds of tones. `ring-back`, `busy` and `dial` are tones of networks (ITU-T E.180). `fax-calling` is the 1100 Hz of a
 * calling fax. `fax-answer` is the 2100 Hz of an answering fax or modem. `modem-answer` is the 2225 Hz of older modems.
 * `beep` is a single sine of up to two seconds, such as that of an answering machine. `tone` is any other.
 */
export type ToneKind =
  | 'ring-back'
  | 'busy'
  | 'dial'
  | 'fax-calling'
  | 'fax-answer'
  | 'modem-answer'
  | 'beep'
  | 'tone';

/** Tone that was heard, with its kind. Positions are samples of the leg. */
export interface HeardTone extends Tone {
  readonly kind: ToneKind;
}

interface KindRule {
  readonly kind: ToneKind;
  readonly frequencies: readonly number[];
  readonly minMs: number;
  readonly maxMs: number;
}

const LONGEST = Number.POSITIVE_INFINITY;

/**
 * Rules of the kinds; the first that fits counts. Tones with the same frequencies are told apart by the length of a
 * burst.
 */
const KINDS: readonly KindRule[] = [
  { kind: 'ring-back', frequencies: [440, 480], minMs: 350, maxMs: 3000 },
  { kind: 'ring-back', frequencies: [400, 450], minMs: 250, maxMs: 3000 },
  { kind: 'busy', frequencies: [480, 620], minMs: 100, maxMs: 800 },
  { kind: 'dial', frequencies: [350, 440], minMs: 500, maxMs: LONGEST },
  { kind: 'busy', frequencies: [425], minMs: 100, maxMs: 650 },
  { kind: 'ring-back', frequencies: [425], minMs: 650, maxMs: 3000 },
  { kind: 'dial', frequencies: [425], minMs: 3000, maxMs: LONGEST },
  { kind: 'fax-calling', frequencies: [1100], minMs: 350, maxMs: 750 },
  { kind: 'fax-answer', frequencies: [2100], minMs: 1000, maxMs: 6000 },
  { kind: 'modem-answer', frequencies: [2225], minMs: 1000, maxMs: LONGEST },
];
/** Greatest deviation of a frequency: 1.5 % or 8 Hz, whichever is more. */
const OFF_PART = 0.015;
const OFF_HZ = 8;
const LONGEST_BEEP_MS = 2000;

/** Finds the kind of a tone by its frequencies and its length. */
export function toneKind(frequencies: readonly number[], lengthMs: number): ToneKind {
  const known = KINDS.find(
    (rule) =>
      lengthMs >= rule.minMs &&
      lengthMs <= rule.maxMs &&
      rule.frequencies.length === frequencies.length &&
      rule.frequencies.every(
        (hz, i) => Math.abs(hz - (frequencies[i] ?? 0)) <= Math.max(OFF_HZ, hz * OFF_PART),
      ),
  );
  if (known) return known.kind;
  return frequencies.length === 1 && lengthMs <= LONGEST_BEEP_MS ? 'beep' : 'tone';
}
