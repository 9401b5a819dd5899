import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { drawSpectrogram } from '../../../src/voice/draw/draw-spectrogram.js';
import { drawWaveform } from '../../../src/voice/draw/draw-waveform.js';
import { Envelope } from '../../../src/voice/draw/envelope.js';
import { SpectrumColumns } from '../../../src/voice/draw/spectrum-columns.js';
import { timeTicks } from '../../../src/voice/draw/time-axis.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { noise, pieces, speechFile, stream, testFolder } from '../fixtures.js';

const folder = testFolder();
const FORMAT = { sampleRate: 16_000, channels: 1 };

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Colour of a pixel as #rrggbb. */
  at(x: number, y: number): string;
}

async function readPng(path: string): Promise<Picture> {
  const { width, height, data, channels } = decode(await readFile(path));
  return {
    width,
    height,
    at: (x, y) =>
      `#${[0, 1, 2].map((c) => data[(y * width + x) * channels + c]!.toString(16).padStart(2, '0')).join('')}`,
  };
}

describe('drawWaveform', () => {
  it('draws sound where it is and nothing where it is not', async () => {
    const output = join(folder, 'half.png');
    const samples = concatSamples([
      toneSamples({ frequency: 300, durationMs: 1000, levelDbfs: -1 }),
      new Int16Array(16_000),
    ]);
    await drawWaveform({
      input: { source: stream([samples]), format: FORMAT },
      output,
      width: 800,
      height: 200,
    });
    const picture = await readPng(output);
    expect([picture.width, picture.height]).toEqual([800, 200]);
    // The lane reaches from 44 to 782 and from 12 to 162; the sound fills its first half.
    expect(picture.at(200, 87)).toBe('#1f6fb2');
    expect(picture.at(200, 30)).toBe('#7fb2dc');
    expect(picture.at(600, 30)).toBe('#f6f8fa');
    expect(picture.at(5, 5)).toBe('#ffffff');
  });

  it('marks clipping in red and names the legs', async () => {
    const clipped = join(folder, 'clipped.wav');
    await writeFile(clipped, encodeWav(noise(16_000, 60_000).fill(32_767, 8000, 9000)));
    const output = join(folder, 'legs.svg');
    const labels = ['Remote <script>&"', 'Local\u0000'];
    await drawWaveform({ input: [clipped, speechFile('numbers')], output, labels, title: 'A & B' });
    const svg = await readFile(output, 'utf8');
    expect(svg).toContain('Remote &lt;script&gt;&amp;&quot;');
    expect(svg).toContain('Local\ufffd');
    expect(svg).toContain('A &amp; B');
    expect(svg.match(/#d62839/g)).toHaveLength(1);
    expect(svg).toMatch(/>0:04\.0</);
  });

  it('draws an empty recording', async () => {
    const output = join(folder, 'empty.png');
    await drawWaveform({ input: { source: stream([]), format: FORMAT }, output });
    expect((await readPng(output)).width).toBe(1200);
  });

  it('refuses input that it cannot draw, and stops when cancelled', async () => {
    const input = speechFile('numbers');
    const invalid = { code: 'ERR_INVALID_ARG' };
    await expect(drawWaveform({ input, output: 'x.gif' })).rejects.toMatchObject(invalid);
    await expect(drawWaveform({ input, output: 'x.png', width: 9000 })).rejects.toMatchObject(invalid);
    await expect(drawWaveform({ input: [], output: 'x.png' })).rejects.toMatchObject(invalid);
    await expect(drawWaveform({ input, output: join(folder, 'no', 'x.svg') })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
    await expect(drawWaveform({ input, output: 'x.png', signal: AbortSignal.abort() })).rejects.toMatchObject(
      {
        code: 'ERR_ABORTED',
      },
    );
  });
});

describe('drawSpectrogram', () => {
  it('is dark at the frequency of a tone and light elsewhere', async () => {
    const output = join(folder, 'tone.png');
    const tone = toneSamples({ frequency: 4000, durationMs: 1000, levelDbfs: -10 });
    await drawSpectrogram({
      input: { source: stream([tone]), format: FORMAT },
      output,
      width: 400,
      height: 200,
    });
    const picture = await readPng(output);
    // The lane reaches from 12 to 162: 4 of 8 kHz lie in its middle.
    expect(picture.at(300, 87)).toBe('#1b0a3a');
    expect(picture.at(300, 40)).toBe('#f6f8fa');
    expect(picture.at(300, 130)).toBe('#f6f8fa');
  });

  it('writes SVG with the picture inside', async () => {
    const output = join(folder, 'speech.svg');
    await drawSpectrogram({ input: speechFile('numbers'), output, labels: ['Remote'] });
    const svg = await readFile(output, 'utf8');
    expect(svg).toContain('data:image/png;base64,');
    expect(svg).toContain('2 kHz');
    expect(svg).toContain('Remote');
  });
});

describe('Envelope', () => {
  it('gives the extremes of any stretch, for any length and any cut of the input', () => {
    const samples = noise(100_000, 10_000);
    samples[70_000] = 32_767;
    const whole = new Envelope(1);
    whole.push(samples);
    const cut = new Envelope(1);
    for (const part of pieces(samples)) cut.push(part);
    for (const [start, end] of [
      [0, 1000],
      [69_900, 70_100],
      [99_000, 100_000],
    ] as const) {
      expect(cut.read(0, start, end)).toEqual(whole.read(0, start, end));
    }
    expect(whole.read(0, 69_900, 70_100)?.max).toBeCloseTo(1, 3);
    expect(whole.read(0, 0, 60_000)?.max).toBeLessThan(0.31);
    expect(whole.read(0, 100_000, 100_001)).toBeUndefined();
  });
});

describe('SpectrumColumns', () => {
  it('measures a full-scale sine as 0 dB at its frequency, also after joining columns', () => {
    const spectra = new SpectrumColumns(1, 64);
    const tone = toneSamples({ frequency: 2000, durationMs: 20_000, levelDbfs: 0, fadeMs: 0 });
    spectra.push(tone);
    const at = (bin: number) => 10 * Math.log10(spectra.read(0, bin, 100_000, 110_000) ?? 0);
    expect(at(8)).toBeCloseTo(0, 1);
    expect(at(16)).toBeLessThan(-60);
  });
});

describe('timeTicks', () => {
  it('labels round times, as many as fit', () => {
    const labels = (seconds: number, most: number) =>
      timeTicks(seconds, most).flatMap(({ label }) => (label ? [label] : []));
    expect(labels(3, 4)).toEqual(['0:00', '0:01', '0:02', '0:03']);
    expect(labels(0.25, 5)).toEqual(['0:00.00', '0:00.05', '0:00.10', '0:00.15', '0:00.20', '0:00.25']);
    expect(labels(7200, 3)).toEqual(['0:00', '1:00:00', '2:00:00']);
    expect(labels(0, 3)).toEqual(['0:00.000']);
    expect(labels(9e6, 4).length).toBeLessThanOrEqual(5);
  });
});
