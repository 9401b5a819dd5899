import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfDigit } from '../../../src/voice/tone/dtmf.js';
import { DtmfDetector, type DtmfDetectorOptions } from '../../../src/voice/tone/dtmf-detector.js';

const RATES = [8000, 16_000, 48_000];

/** A press with hard edges: row and column of -12 dBFS, each from a phase of its own. */
function press(row: number, column: number, ms: number, sampleRate: number, turn = 0): Int16Array {
  return Int16Array.from({ length: Math.round((ms * sampleRate) / 1000) }, (_, i) => {
    const at = (hz: number, phase: number) => Math.sin(2 * Math.PI * ((hz * i) / sampleRate + phase));
    return Math.round(8200 * (at(DTMF_ROWS[row]!, turn) + at(DTMF_COLUMNS[column]!, 3 * turn)));
  });
}

const silence = (ms: number, sampleRate: number) => new Int16Array(Math.round((ms * sampleRate) / 1000));

function heard(samples: Int16Array, sampleRate: number, options: DtmfDetectorOptions = {}): string {
  const detector = new DtmfDetector({ format: { sampleRate, channels: 1 }, ...options });
  const events = analyzeSamples(samples, detector);
  return events.flatMap((event) => (event.type === 'begin' ? [event.digit] : [])).join('');
}

/** What a line makes of a frame that did not come. */
const CONCEALED = {
  'by silence': (samples: Int16Array, at: number, length: number) => samples.fill(0, at, at + length),
  'by the frame before': (samples: Int16Array, at: number, length: number) =>
    samples.copyWithin(at, at - length, at),
  'by the frame before, fading': (samples: Int16Array, at: number, length: number) => {
    for (let i = 0; i < length; i++) samples[at + i] = (samples[at + i - length] ?? 0) * (1 - i / length);
  },
} as const;

const key = fc.record({
  row: fc.nat(3),
  column: fc.nat(3),
  turn: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('a press with a lost frame', () => {
  it.each(Object.entries(CONCEALED))('concealed %s is one digit', (_, conceal) => {
    const hole = fc.record({
      holeMs: fc.constantFrom(10, 20, 30),
      where: fc.double({ min: 0, max: 1, noNaN: true }),
      pressMs: fc.integer({ min: 110, max: 500 }),
      sampleRate: fc.constantFrom(...RATES),
    });
    fc.assert(
      fc.property(key, hole, ({ row, column, turn }, { holeMs, where, pressMs, sampleRate }) => {
        const lead = silence(53, sampleRate);
        const tone = press(row, column, pressMs, sampleRate, turn);
        const samples = concatSamples([lead, tone, silence(80, sampleRate)]);
        const length = Math.round((holeMs * sampleRate) / 1000);
        conceal(samples, lead.length + Math.round((tone.length - length) * where), length);
        expect(heard(samples, sampleRate)).toBe(dtmfDigit(row, column));
      }),
      { numRuns: 150 },
    );
  });

  it('ends where the tone ends, not at the hole', () => {
    const samples = press(1, 1, 300, 16_000);
    samples.fill(0, 1600, 1920);
    const events = analyzeSamples(concatSamples([samples, silence(100, 16_000)]), new DtmfDetector());
    expect(events.map(({ type }) => type)).toEqual(['begin', 'end']);
    const end = events[1]!;
    expect(end.type === 'end' && Math.abs(end.end - samples.length)).toBeLessThanOrEqual(48);
  });

  it('is heard where no part of it between two holes is long enough', () => {
    const samples = concatSamples([press(2, 0, 120, 16_000, 0.3), silence(100, 16_000)]);
    for (const at of [25, 65, 95]) samples.fill(0, at * 16, (at + 10) * 16);
    expect(heard(samples, 16_000)).toBe('7');
  });
});

describe('a pause', () => {
  it('of 40 ms or more parts two presses of one key', () => {
    const gap = fc.record({
      pauseMs: fc.integer({ min: 40, max: 120 }),
      pressMs: fc.integer({ min: 50, max: 200 }),
      leadMs: fc.double({ min: 30, max: 60, noNaN: true }),
      sampleRate: fc.constantFrom(...RATES, 11_025, 44_100),
    });
    fc.assert(
      fc.property(key, gap, ({ row, column, turn }, { pauseMs, pressMs, leadMs, sampleRate }) => {
        const one = press(row, column, pressMs, sampleRate, turn);
        const pause = silence(pauseMs + 0.1, sampleRate);
        const samples = concatSamples([silence(leadMs, sampleRate), one, pause, one, pause, one, pause]);
        expect(heard(samples, sampleRate)).toBe(dtmfDigit(row, column).repeat(3));
      }),
      { numRuns: 150 },
    );
  });

  it('is not needed between two keys', () => {
    for (const pauseMs of [0, 5, 10, 20, 30, 40]) {
      const keys = [press(0, 0, 50, 8000), silence(pauseMs, 8000), press(1, 0, 50, 8000), silence(60, 8000)];
      expect(heard(concatSamples(keys), 8000)).toBe('14');
    }
  });
});

describe('ten digits on a line that loses frames of 20 ms', () => {
  const DIGITS: readonly DtmfDigit[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

  /** How many of 100 strings are right, each with losses of its own. */
  function rightOf100(
    lossPercent: number,
    pressMs: number,
    conceal: (typeof CONCEALED)[keyof typeof CONCEALED],
  ) {
    let random = 20_011;
    const next = () => {
      random = (random * 48_271) % 2_147_483_647;
      return random / 2_147_483_647;
    };
    let right = 0;
    for (let run = 0; run < 100; run++) {
      const parts = DIGITS.flatMap((digit) => {
        const index = '123A456B789C*0#D'.indexOf(digit);
        return [press(index >> 2, index & 3, pressMs, 8000, next()), silence(pressMs, 8000)];
      });
      const samples = concatSamples([silence(40, 8000), ...parts, silence(60, 8000)]);
      for (let at = 160; at + 160 <= samples.length; at += 160) {
        if (next() * 100 < lossPercent) conceal(samples, at, 160);
      }
      if (heard(samples, 8000) === DIGITS.join('')) right++;
    }
    return right;
  }

  // What is wrong has two frames in a row lost: a hole of 40 ms is a pause.
  it.each([
    { lossPercent: 1, pressMs: 100, silent: 99, repeated: 99 },
    { lossPercent: 3, pressMs: 100, silent: 97, repeated: 97 },
    { lossPercent: 5, pressMs: 100, silent: 92, repeated: 92 },
    { lossPercent: 1, pressMs: 200, silent: 97, repeated: 99 },
    { lossPercent: 3, pressMs: 200, silent: 90, repeated: 99 },
    { lossPercent: 5, pressMs: 200, silent: 80, repeated: 99 },
  ])('are right at $lossPercent % of loss and $pressMs ms', ({ lossPercent, pressMs, silent, repeated }) => {
    expect(rightOf100(lossPercent, pressMs, CONCEALED['by silence'])).toBeGreaterThanOrEqual(silent);
    expect(rightOf100(lossPercent, pressMs, CONCEALED['by the frame before'])).toBeGreaterThanOrEqual(
      repeated,
    );
  });
});

describe('the option for twist', () => {
  const twisted = (db: number) => {
    const samples = new Int16Array(8000);
    for (let i = 800; i < 2400; i++) {
      const at = (hz: number) => Math.sin((2 * Math.PI * hz * i) / 16_000);
      samples[i] = 4000 * 10 ** (Math.min(0, db) / -40) * (at(852) + 10 ** (db / 20) * at(1336));
    }
    return samples;
  };

  it('is how much louder the row or the column may be', () => {
    const wide = { normalTwistDb: 12, reverseTwistDb: 12 };
    for (const db of [-12, -8, 0, 4, 8, 12]) expect(heard(twisted(db), 16_000, wide)).toBe('8');
    const narrow = { normalTwistDb: 2, reverseTwistDb: 1 };
    for (const db of [-2, 0, 1]) expect(heard(twisted(db), 16_000, narrow)).toBe('8');
    for (const db of [-6, 4]) expect(heard(twisted(db), 16_000, narrow)).toBe('');
  });

  it('is 8 and 4 dB by default (Q.24)', () => {
    for (const db of [-8, 4]) expect(heard(twisted(db), 16_000)).toBe('8');
    for (const db of [-12, 7]) expect(heard(twisted(db), 16_000)).toBe('');
  });

  it.each([{ normalTwistDb: -1 }, { normalTwistDb: 13 }, { reverseTwistDb: Number.NaN }])(
    'refuses %j',
    (options) => {
      expect(() => new DtmfDetector(options)).toThrow(/TwistDb/);
    },
  );
});
