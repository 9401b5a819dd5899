import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../src/voice/codec/g711.js';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import {
  DTMF_COLUMNS,
  DTMF_ROWS,
  type DtmfDigit,
  dtmfDigit,
  dtmfSamples,
} from '../../../src/voice/tone/dtmf.js';
import { DtmfDetector, type DtmfDetectorOptions } from '../../../src/voice/tone/dtmf-detector.js';
import { randomFrom } from '../../random.js';
import { noise } from '../fixtures.js';

const RATES = [8000, 16_000, 48_000];

/** A press with hard edges: row and column of -12 dBFS, each from a phase of its own. */
function press(
  row: number,
  column: number,
  ms: number,
  sampleRate: number,
  turn = 0,
  detune = 1,
): Int16Array {
  const samples = new Int16Array(Math.round((ms * sampleRate) / 1000));
  const [low, high] = [DTMF_ROWS[row]! * detune, DTMF_COLUMNS[column]! * detune];
  for (let i = 0; i < samples.length; i++) {
    const at = (hz: number, phase: number) => Math.sin(2 * Math.PI * ((hz * i) / sampleRate + phase));
    samples[i] = Math.round(8200 * (at(low, turn) + at(high, 3 * turn)));
  }
  return samples;
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

  it('ends where the tone ends, not at the gap', () => {
    const samples = press(1, 1, 300, 16_000);
    samples.fill(0, 1600, 1920);
    const events = analyzeSamples(concatSamples([samples, silence(100, 16_000)]), new DtmfDetector());
    expect(events.map(({ type }) => type)).toEqual(['begin', 'end']);
    const end = events[1]!;
    expect(end.type === 'end' && Math.abs(end.end - samples.length)).toBeLessThanOrEqual(48);
  });

  it('is detected when no part of it between two gaps is long enough', () => {
    const samples = concatSamples([press(2, 0, 120, 16_000, 0.3), silence(100, 16_000)]);
    for (const at of [25, 65, 95]) samples.fill(0, at * 16, (at + 10) * 16);
    expect(heard(samples, 16_000)).toBe('7');
  });
});

describe('two or three frames of 20 ms lost in a row, and played as exact silence', () => {
  const LINES = {
    plain: (samples: Int16Array) => samples,
    alaw: (samples: Int16Array) => decodeG711(encodeG711(samples, 'alaw'), 'alaw'),
    mulaw: (samples: Int16Array) => decodeG711(encodeG711(samples, 'mulaw'), 'mulaw'),
  };

  /** How many of 96 presses of 200 ms with a hole are heard as one. */
  function heardAsOne(holeMs: number, sampleRate: number, off: number, line: keyof typeof LINES): number {
    const next = randomFrom(20_011);
    let right = 0;
    for (let n = 0; n < 96; n++) {
      const tone = press(n & 3, (n >> 2) & 3, 200, sampleRate, next(), n % 2 === 0 ? 1 + off : 1 - off);
      const lead = silence(31 + 9 * next(), sampleRate);
      const at = lead.length + Math.round(((40 + next() * (120 - holeMs)) * sampleRate) / 1000);
      const samples = concatSamples([lead, tone, silence(80, sampleRate)]);
      samples.fill(0, at, at + Math.round((holeMs * sampleRate) / 1000));
      if (heard(LINES[line](samples), sampleRate) === dtmfDigit(n & 3, (n >> 2) & 3)) right++;
    }
    return right;
  }

  it.each([
    { holeMs: 40, sampleRate: 8000, off: 0, line: 'plain' },
    { holeMs: 40, sampleRate: 16_000, off: 0.015, line: 'plain' },
    { holeMs: 60, sampleRate: 16_000, off: 0.005, line: 'plain' },
    { holeMs: 60, sampleRate: 48_000, off: 0, line: 'plain' },
    { holeMs: 50, sampleRate: 11_025, off: 0, line: 'plain' },
    { holeMs: 40, sampleRate: 8000, off: 0.005, line: 'alaw' },
    { holeMs: 60, sampleRate: 8000, off: 0.005, line: 'mulaw' },
  ] as const)('$holeMs ms at $sampleRate Hz, $off off, $line: 93 of 96 presses are one digit', (c) => {
    expect(heardAsOne(c.holeMs, c.sampleRate, c.off, c.line)).toBeGreaterThanOrEqual(93);
  });

  it('end the press where the tone ends, however often it is cut', () => {
    const samples = concatSamples([press(1, 1, 500, 16_000, 0.2), silence(100, 16_000)]);
    for (const at of [50, 150, 300]) samples.fill(0, at * 16, (at + 40) * 16);
    const events = analyzeSamples(samples, new DtmfDetector());
    expect(events.map(({ type }) => type)).toEqual(['begin', 'end']);
    const end = events[1]!;
    expect(end.type === 'end' && Math.abs(end.end - 8000)).toBeLessThanOrEqual(48);
  });

  it('end the press before the gap when nothing follows it', () => {
    for (const then of [silence(300, 16_000), noise(4800, 300)]) {
      const detector = new DtmfDetector();
      const [begin, end] = detector.push(
        concatSamples([silence(20, 16_000), press(2, 1, 100, 16_000, 0.4), silence(40, 16_000), then]),
      );
      expect(begin).toMatchObject({ type: 'begin', digit: '8' });
      expect(end?.type === 'end' && Math.abs(end.end - 1920)).toBeLessThanOrEqual(48);
    }
  });
});

describe('a pause', () => {
  it('of exact silence separates two presses although it is as long as lost frames: the phase does not continue', () => {
    let parted = 0;
    const next = randomFrom(20_011);
    for (let n = 0; n < 96; n++) {
      const one = press(n & 3, (n >> 2) & 3, 80, 8000, next());
      const other = press(n & 3, (n >> 2) & 3, 80, 8000, next());
      const pause = silence([40, 50, 60][n % 3] ?? 40, 8000);
      if (heard(concatSamples([pause, one, pause, other, pause]), 8000).length === 2) parted++;
    }
    expect(parted).toBeGreaterThanOrEqual(93);
  });

  it('of exact silence separates presses that each begin at zero, also when the phase would continue', () => {
    for (const toneMs of [40, 50, 60, 80, 100, 120, 200]) {
      for (const pauseMs of [40, 50, 60]) {
        const keys = [...'0123456789ABCD*#'];
        const dialled = concatSamples(
          keys.map((one) =>
            dtmfSamples(one + one, { toneMs, pauseMs, format: { sampleRate: 8000, channels: 1 } }),
          ),
        );
        expect(heard(dialled, 8000)).toBe(keys.map((one) => one + one).join(''));
      }
    }
    // 250 ms are 213 and 334 waves of the 8: a tone that goes on is at zero, too.
    const eight = press(2, 1, 200, 8000);
    expect(heard(concatSamples([eight, silence(50, 8000), eight, silence(80, 8000)]), 8000)).toBe('88');
  });

  it('with any noise separates two presses, also when the phase continues', () => {
    for (const amplitude of [1, 3, 30, 300]) {
      const samples = concatSamples([silence(40, 8000), press(0, 2, 200, 8000, 0.3), silence(80, 8000)]);
      const hiss = noise(320, amplitude + 0.5);
      samples.set(hiss, 1000);
      expect(heard(samples, 8000)).toBe('33');
    }
  });

  it('of 40 ms or more separates two presses of one key', () => {
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
    const next = randomFrom(20_011);
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

  it.each([
    { lossPercent: 1, pressMs: 100, silent: 100, repeated: 100 },
    { lossPercent: 3, pressMs: 100, silent: 99, repeated: 99 },
    { lossPercent: 5, pressMs: 100, silent: 98, repeated: 96 },
    { lossPercent: 1, pressMs: 200, silent: 100, repeated: 100 },
    { lossPercent: 3, pressMs: 200, silent: 100, repeated: 100 },
    { lossPercent: 5, pressMs: 200, silent: 98, repeated: 99 },
  ])(
    'are detected at $lossPercent % of loss and $pressMs ms',
    ({ lossPercent, pressMs, silent, repeated }) => {
      expect(rightOf100(lossPercent, pressMs, CONCEALED['by silence'])).toBeGreaterThanOrEqual(silent);
      expect(rightOf100(lossPercent, pressMs, CONCEALED['by the frame before'])).toBeGreaterThanOrEqual(
        repeated,
      );
    },
  );
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

  it('limits how much louder the row or the column may be', () => {
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
