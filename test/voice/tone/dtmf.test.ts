import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../src/voice/codec/g711.js';
import { resample } from '../../../src/voice/resample/resampler.js';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import {
  DTMF_COLUMNS,
  DTMF_ROWS,
  type DtmfOptions,
  dtmfDigit,
  dtmfSamples,
} from '../../../src/voice/tone/dtmf.js';
import { DtmfDetector, type DtmfDetectorOptions } from '../../../src/voice/tone/dtmf-detector.js';
import { noise, pieces, readWav, SPEECH_FILES, speechFile } from '../fixtures.js';

const ALL = '0123456789ABCD*#';
const FORMAT = { sampleRate: 8000, channels: 1 };

function heard(samples: Int16Array, options: DtmfDetectorOptions = { format: FORMAT }): string {
  const events = analyzeSamples(samples, new DtmfDetector(options));
  return events.flatMap((event) => (event.type === 'begin' ? [event.digit] : [])).join('');
}

function dialled(digits: string, options: DtmfOptions = {}): Int16Array {
  return concatSamples([
    new Int16Array(800),
    dtmfSamples(digits, { format: FORMAT, ...options }),
    new Int16Array(800),
  ]);
}

/** One digit with its frequencies moved by a factor. */
function detuned(row: number, column: number, factor: number): Int16Array {
  return Int16Array.from({ length: 1600 }, (_, i) => {
    if (i < 400 || i >= 1200) return 0;
    const at = (hz: number) => Math.sin((2 * Math.PI * hz * factor * i) / 8000);
    return Math.round(6000 * (at(DTMF_ROWS[row]!) + at(DTMF_COLUMNS[column]!)));
  });
}

function plus(samples: Int16Array, other: Int16Array): Int16Array {
  return samples.map((sample, i) => sample + (other[i] ?? 0));
}

describe('DtmfDetector', () => {
  it.each([8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])(
    'hears every digit at %d Hz',
    (sampleRate) => {
      const format = { sampleRate, channels: 1 };
      expect(heard(dialled(ALL, { format }), { format })).toBe(ALL);
    },
  );

  it.each(['toneMs', 'durationMs', 'digitMs'])(
    'dtmfSamples makes a press of the length that %s gives',
    (name) => {
      const samples = dtmfSamples('5', { [name]: 240, pauseMs: 60, format: FORMAT });
      expect(samples.length).toBe(8 * 300);
      expect(() => dtmfSamples('5', { [name]: 5 })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
      );
    },
  );

  it('reports where digits begin and end', () => {
    const events = analyzeSamples(dialled('5', { toneMs: 100 }), new DtmfDetector({ format: FORMAT }));
    expect(events.map((event) => event.type)).toEqual(['begin', 'end']);
    const end = events[1]!;
    if (end.type !== 'end') throw new Error('unreachable');
    expect(Math.abs(end.begin - 800)).toBeLessThanOrEqual(24);
    expect(Math.abs(end.end - 1600)).toBeLessThanOrEqual(24);
  });

  it.each([0, 1, 19, 400, 12_345])(
    'finds a digit in its place when %d samples before it are skipped',
    (left) => {
      const detector = new DtmfDetector({ format: FORMAT });
      detector.push(new Int16Array(1000));
      detector.skip(left);
      const events = detector.push(
        plus(new Int16Array(2400), concatSamples([new Int16Array(400), dialled('7')])),
      );
      expect(events[0]).toMatchObject({ type: 'begin', digit: '7' });
      const [begin] = analyzeSamples(dialled('7'), new DtmfDetector({ format: FORMAT }));
      if (begin?.type !== 'begin' || events[0]?.type !== 'begin') throw new Error('unreachable');
      expect(Math.abs(events[0].position - (1400 + left + begin.position))).toBeLessThanOrEqual(20);
    },
  );

  it('does not skip samples of a digit', () => {
    const detector = new DtmfDetector({ format: FORMAT });
    expect(detector.isQuiet).toBe(true);
    detector.push(dialled('7').subarray(0, 1280));
    expect(detector.isQuiet).toBe(false);
    expect(() => detector.skip(80)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    expect(() => new DtmfDetector().skip(-1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });

  it('does not depend on how the input is cut', () => {
    const samples = dialled(ALL);
    const whole = analyzeSamples(samples, new DtmfDetector({ format: FORMAT }));
    const detector = new DtmfDetector({ format: FORMAT });
    const cut = pieces(samples).flatMap((part) => detector.push(part));
    expect([...cut, ...detector.flush()]).toEqual(whole);
  });

  it('reports a digit within 40 ms, and its end within 80 ms, wherever it begins', () => {
    const tone = dtmfSamples('5', { toneMs: 80, pauseMs: 100, format: FORMAT });
    for (let begin = 800; begin < 1040; begin += 7) {
      const detector = new DtmfDetector({ format: FORMAT });
      const samples = concatSamples([new Int16Array(begin), tone]);
      const told = Array.from({ length: samples.length / 20 }, (_, i) =>
        detector.push(samples.subarray(20 * i, 20 * (i + 1))).map(({ type }) => type),
      );
      const at = (type: 'begin' | 'end') => 20 * (1 + told.findIndex((types) => types.includes(type)));
      expect(at('begin') - begin).toBeLessThanOrEqual(320);
      expect(at('end') - begin - 640).toBeLessThanOrEqual(640);
      expect(told.flat()).toEqual(['begin', 'end']);
    }
  });

  it('separates repeated digits', () => {
    expect(heard(dialled('1122', { toneMs: 40, pauseMs: 40 }))).toBe('1122');
  });

  // Limits of ITU-T Q.24, annex A.
  it('accepts tones of 40 ms and rejects those of 23 ms', () => {
    for (let shift = 0; shift < 20; shift++) {
      const lead = new Int16Array(shift);
      expect(heard(concatSamples([lead, dialled(ALL, { toneMs: 40, pauseMs: 40 })]))).toBe(ALL);
      expect(heard(concatSamples([lead, dialled(ALL, { toneMs: 23, pauseMs: 60 })]))).toBe('');
    }
  });

  it('bridges a break of 10 ms', () => {
    const samples = dialled('7', { toneMs: 120 });
    samples.fill(0, 1200, 1280);
    expect(heard(samples)).toBe('7');
  });

  it('accepts tones 1.5 % off and rejects those 3.5 % off', () => {
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        for (const off of [-0.015, 0.015])
          expect(heard(detuned(row, column, 1 + off))).toBe(dtmfDigit(row, column));
        for (const off of [-0.035, 0.035]) expect(heard(detuned(row, column, 1 + off))).toBe('');
      }
    }
  });

  it('accepts the permitted twist and rejects more', () => {
    for (const twistDb of [-8, -4, 0, 4]) expect(heard(dialled(ALL, { twistDb }))).toBe(ALL);
    for (const twistDb of [-12, 8]) expect(heard(dialled(ALL, { twistDb }))).toBe('');
  });

  it('accepts levels over 30 dB and rejects those below its threshold', () => {
    for (const levelDbfs of [-6, -20, -36]) expect(heard(dialled(ALL, { levelDbfs, twistDb: 0 }))).toBe(ALL);
    expect(heard(dialled(ALL, { levelDbfs: -46, twistDb: 0 }))).toBe('');
  });

  it('hears digits through noise 15 dB below them', () => {
    const samples = dialled(ALL, { twistDb: 0, levelDbfs: -12 });
    // Two sines of -12 dBFS have an RMS of 8200; noise of peak a has an RMS of a / sqrt 3.
    const amplitude = 8200 * 10 ** (-15 / 20) * Math.sqrt(3);
    expect(heard(plus(samples, noise(samples.length, amplitude)))).toBe(ALL);
  });

  it('hears digits through G.711 and in both channels of a stereo stream', () => {
    expect(heard(decodeG711(encodeG711(dialled(ALL), 'mulaw'), 'mulaw'))).toBe(ALL);
    const format = { sampleRate: 8000, channels: 2 };
    const stereo = dtmfSamples(ALL, { format });
    for (const channel of [0, 1]) expect(heard(stereo, { format, channel })).toBe(ALL);
  });

  // Talk-off: speech that is taken for digits.
  it.each(SPEECH_FILES)('hears no digit in the speech of %s, at any level and speed', async (path) => {
    const speech = await readWav(path);
    for (const gain of [0.25, 1, 4]) {
      const louder = speech.map((sample) => Math.max(-32_768, Math.min(32_767, sample * gain)));
      expect(heard(louder, {})).toBe('');
    }
    for (const to of [12_000, 13_500, 18_000, 20_000]) {
      expect(heard(resample(speech, { from: 16_000, to }), {})).toBe('');
    }
  });

  it('hears digits dialled over speech that is 12 dB quieter', async () => {
    const format = { sampleRate: 16_000, channels: 1 };
    const speech = await readWav(speechFile('reader-870'));
    const digits = dtmfSamples(ALL, { format, levelDbfs: -9 });
    const quiet = speech.map((sample) => sample / 4);
    expect(heard(plus(digits, quiet), {})).toBe(ALL);
  });

  it('refuses options and digits out of range', () => {
    expect(() => new DtmfDetector({ channel: 1 })).toThrow(/channel/);
    expect(() => new DtmfDetector({ minLevelDbfs: 0 })).toThrow(/minLevelDbfs/);
    expect(() => dtmfSamples('12E')).toThrow(/digits/);
    expect(() => dtmfSamples('1', { toneMs: 1 })).toThrow(/toneMs/);
  });
});
