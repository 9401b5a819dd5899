import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { installedModel, loadNetwork } from '../../../src/analysis/neural/neural-model.js';
import { onnxTensors } from '../../../src/analysis/neural/onnx-tensors.js';
import { NEURAL_WINDOW, neuralState, SileroNetwork } from '../../../src/analysis/neural/silero-network.js';
import { JackfieldError } from '../../../src/base/errors.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';

const model = new URL('../../../node_modules/@ricky0123/vad-web/dist/silero_vad_v6.onnx', import.meta.url);
const isThere = existsSync(model);

/** Likelihoods that onnxruntime-web 1.30 (WebAssembly, one thread) gives for the windows of {@link murmured}. */
const REFERENCE = [
  ...[0.88826, 0.94338, 0.98386, 0.99125, 0.99853, 0.99918, 0.99698, 0.9975, 0.9966, 0.99496],
  ...[0.99616, 0.99759, 0.99791, 0.99272, 0.98912, 0.82504, 0.33435, 0.2332, 0.14882, 0.08611],
  ...[0.05683, 0.037, 0.02625, 0.02072, 0.01731, 0.01505, 0.01347, 0.42682, 0.85817, 0.84124],
  ...[0.98821, 0.99657, 0.9967, 0.99801, 0.99809, 0.99894, 0.99937, 0.99847, 0.99787, 0.99674],
];

/** A voice that hums vowels, with a pause: 8 kHz. */
function murmured(windows: number): Float32Array {
  const { sin, cos, PI } = Math;
  const samples = new Float32Array(NEURAL_WINDOW * windows);
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const t = i / 8000;
    const pitch = 140 + 25 * sin(2 * PI * 2.3 * t);
    phase += (2 * PI * pitch) / 8000;
    const formants = [
      [500 + 250 * sin(2 * PI * 3 * t), 120, 1],
      [1500 + 500 * cos(2 * PI * 2.1 * t), 150, 0.6],
      [2600, 200, 0.2],
    ] as const;
    let sum = 0;
    for (let harmonic = 1; harmonic < 24; harmonic++) {
      const gain = formants.map(([hz, width, part]) => part / (1 + ((harmonic * pitch - hz) / width) ** 2));
      sum += sin(harmonic * phase) * gain.reduce((a, b) => a + b);
    }
    const isOn = sin(2 * PI * 1.1 * t) > -0.2 ? 1 : 0;
    samples[i] = 0.12 * sum * isOn * (0.6 + 0.4 * sin(2 * PI * 4 * t));
  }
  return samples;
}

const toPcm = (samples: Float32Array) => Int16Array.from(samples, (each) => Math.round(each * 32767));

describe('an ONNX file', () => {
  it('is read, or refused with a typed error, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          onnxTensors(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' });
        }
      }),
    );
    expect(() => new SileroNetwork(new Uint8Array())).toThrow(/no stft\.forward_basis_buffer/);
  });

  /** A field of bytes of a message of Protocol Buffers, and one of a number. */
  const field = (number: number, bytes: Uint8Array | string | readonly Uint8Array[]) => {
    const body = Buffer.concat(Array.isArray(bytes) ? bytes : [Buffer.from(bytes as string)]);
    const length: number[] = [];
    for (let rest = body.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest < 128) break;
    }
    return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), body]);
  };
  const tensor = (name: string, dims: Uint8Array, type: number, raw: Uint8Array) =>
    field(5, [field(1, [dims]), Buffer.from([2 * 8, type]), field(8, name), field(9, [raw])]);
  const modelOf = (...tensors: readonly Uint8Array[]) => field(7, tensors);
  const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

  it.each([
    ['is cut off', modelOf(tensor('a', Buffer.from([2]), 1, floats(1, 2))).subarray(0, -3)],
    [
      'has a shape of more dimensions than there are',
      modelOf(tensor('a', Buffer.alloc(500_000, 1), 1, floats(1))),
    ],
    [
      'has graphs in graphs without end',
      Array.from({ length: 40 }).reduce<Buffer>(
        (inner) => field(7, [field(1, [field(5, [field(6, [inner])])])]),
        Buffer.alloc(0),
      ),
    ],
    [
      'has more tensors than a model',
      modelOf(...Array.from({ length: 10_001 }, () => tensor('a', Buffer.from([1]), 1, floats(1)))),
    ],
    ['says that a part is larger than the file', Buffer.from([7 * 8 + 2, 255, 255, 255, 255, 15, 0])],
  ])('that %s is refused', (_what, bytes) => {
    const outcome = () => new SileroNetwork(bytes);
    expect(outcome).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });

  it('gives only tensors of 32-bit floats whose length fits their shape', () => {
    const found = onnxTensors(
      modelOf(
        tensor('right', Buffer.from([1, 2]), 1, floats(3, 4)),
        tensor('whole numbers', Buffer.from([2]), 6, floats(3, 4)),
        tensor(
          'huge',
          Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 255, 255, 255, 255, 127]),
          1,
          floats(1),
        ),
        tensor('short', Buffer.from([3]), 1, floats(1)),
      ),
    );
    expect([...found]).toEqual([['right', [{ dims: [1, 2], values: Float32Array.of(3, 4) }]]]);
  });

  it.skipIf(!isThere)('whose weights are not numbers is refused', () => {
    const bytes = readFileSync(model);
    // The models for 8 and 16 kHz have one each.
    for (const { values } of onnxTensors(bytes).get('decoder.decoder.2.weight') ?? []) {
      const place = bytes.indexOf(Buffer.from(values.buffer));
      if (place >= 0) bytes.writeFloatLE(Number.NaN, place);
    }
    expect(() => new SileroNetwork(bytes)).toThrow(/not numbers/);
  });

  it.each(['/dev/zero', tmpdir()])('cannot be a device or a folder: %s is refused', (path) => {
    expect(() => loadNetwork(path)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });

  it('that is larger than any model is not read', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'large.onnx');
    await writeFile(path, '');
    await truncate(path, 2 ** 33);
    expect(() => loadNetwork(path)).toThrow(/64|at most/);
  });

  it('that does not exist or is not a model is refused with the reason', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'none.onnx');
    const analysis = (speechModel: string) => () =>
      new ConversationAnalysis({ speechDetector: 'neural', speechModel });
    expect(analysis(path)).toThrow(/does not exist/);
    await writeFile(path, 'no model');
    expect(analysis(path)).toThrow(JackfieldError);
  });
});

describe.skipIf(!isThere)('the neural detector (needs @ricky0123/vad-web)', () => {
  it('gives the figures of onnxruntime-web for the same samples', () => {
    const network = new SileroNetwork(readFileSync(model));
    const state = neuralState();
    const samples = murmured(REFERENCE.length);
    for (const [window, likely] of REFERENCE.entries()) {
      const from = window * NEURAL_WINDOW;
      expect(network.take(samples.subarray(from, from + NEURAL_WINDOW), state)).toBeCloseTo(likely, 4);
    }
  });

  it('reads damaged models without a wrong figure', () => {
    const bytes = readFileSync(model);
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), (length) => {
        expect(() => new SileroNetwork(bytes.subarray(0, length))).toThrow(JackfieldError);
      }),
      { numRuns: 20 },
    );
  });

  it('gives the same figures live, in pieces of any length, and of a file', async () => {
    expect(installedModel()).toMatch(/silero/);
    expect(loadNetwork()).toBe(loadNetwork());
    const local = toPcm(murmured(120));
    const remote = new Int16Array(local.length);
    remote.set(local.subarray(0, local.length - 9000), 9000);
    const options = { speechDetector: 'neural', sampleRate: 8000 } as const;
    const whole = new ConversationAnalysis(options);
    const events = [...whole.push([local, remote]), ...whole.end()];
    const pieces = new ConversationAnalysis(options);
    const told = [];
    for (let at = 0; at < local.length; at += 777)
      told.push(...pieces.push([local.subarray(at, at + 777), remote.subarray(at, at + 777)]));
    told.push(...pieces.end());
    expect(told).toEqual(events);
    expect(pieces.report()).toEqual(whole.report());
    const stereo = Int16Array.from({ length: local.length * 2 }, (_, i) =>
      i % 2 === 0 ? (local[i / 2] as number) : (remote[(i - 1) / 2] as number),
    );
    const file = join(await mkdtemp(join(tmpdir(), 'neural-')), 'call.wav');
    await writeFile(file, encodeWav(stereo, { format: { sampleRate: 8000, channels: 2 } }));
    const after = await analyseFile(file, { speechDetector: 'neural' });
    expect(after).toEqual(whole.report());
    expect(after).toMatchObject({ speechDetector: 'neural' });
    expect(after.legs[0]?.speech.length).toBeGreaterThanOrEqual(3);
  });
});
