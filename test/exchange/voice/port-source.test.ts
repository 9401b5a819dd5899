import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortSource } from '../../../src/exchange/voice/port-source.js';
import { shorten } from '../../../src/exchange/voice/shorten.js';
import { FRAME_SAMPLES } from '../../../src/switch/party.js';
import { PcmPort } from '../ports.js';

/** Each sample tells its place; no two frames are alike. */
const ramp = (position: number) => position + 1;

describe('an input whose peer is late', () => {
  let port: PcmPort;
  let source: PortSource;
  let socket: Socket;
  let sent: number;

  beforeEach(async () => {
    port = await PcmPort.open();
    source = await PortSource.dial(port.port, { patienceMs: 0, pieceMs: 20 });
    socket = await port.connected;
    sent = 0;
  });

  afterEach(async () => {
    socket.destroy();
    await source.close();
    await port[Symbol.asyncDispose]();
  });

  /** The peer sends so many frames more, and they arrive. */
  async function send(frames: number): Promise<void> {
    const samples = Int16Array.from({ length: frames * FRAME_SAMPLES }, (_, i) => ramp(sent + i));
    sent += samples.length;
    socket.write(new Uint8Array(samples.buffer));
    await arrival();
  }

  /** What the system has is read. */
  async function arrival(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** So many ticks of 20 ms, before each of which the peer sends a frame: the first sample of each frame heard. */
  async function ticks(count: number, options: { readonly sends: boolean }): Promise<number[]> {
    const heard: number[] = [];
    for (let tick = 0; tick < count; tick++) {
      await (options.sends ? send(1) : arrival());
      const frame = new Int16Array(FRAME_SAMPLES);
      void source.read(frame);
      heard.push(frame[0] ?? 0);
    }
    return heard;
  }

  it('is played faster until it is on time again, and the skipped samples are counted', async () => {
    await send(2);
    const before = await ticks(5, { sends: true });
    expect(before).toEqual([0, 1, 2, 3, 4].map((tick) => ramp(tick * FRAME_SAMPLES)));
    const hitch = await ticks(5, { sends: false });
    expect(hitch.slice(2)).toEqual([0, 0, 0]);
    await send(5);
    const after = await ticks(20, { sends: true });
    expect(after[0]).toBe(ramp(7 * FRAME_SAMPLES));
    for (const [index, value] of after.slice(6).entries()) {
      const lateBy = ramp((10 + 6 + index) * FRAME_SAMPLES) - value;
      expect(lateBy).toBeGreaterThanOrEqual(0);
      expect(lateBy).toBeLessThanOrEqual(FRAME_SAMPLES / 2);
    }
    expect(source.stats.silenceFilled).toBe(3 * FRAME_SAMPLES);
    expect(source.stats.late).toBe(3 * FRAME_SAMPLES);
    expect(source.stats.dropped).toBeGreaterThanOrEqual(2.5 * FRAME_SAMPLES);
    expect(source.stats.dropped).toBeLessThanOrEqual(3 * FRAME_SAMPLES);
  });

  it('loses nothing of a peer that sends far ahead', async () => {
    await send(5);
    await ticks(8, { sends: false });
    await send(50);
    const heard = await ticks(40, { sends: false });
    expect(heard.filter((value) => value > 0)).toEqual(
      heard.map((_, tick) => ramp((5 + tick) * FRAME_SAMPLES)),
    );
    expect(source.stats.dropped).toBe(0);
  });

  it('loses nothing of a peer that has paused', async () => {
    await send(3);
    await ticks(20, { sends: false });
    await send(3);
    const heard = await ticks(20, { sends: true });
    expect(heard).toEqual(heard.map((_, tick) => ramp((3 + tick) * FRAME_SAMPLES)));
    expect(source.stats).toMatchObject({ late: 0, dropped: 0 });
  });
});

describe('shortening', () => {
  it.each([90, 130, 210, 440])('keeps the wave of a sine of %d Hz', (hz) => {
    const sine = (at: number) => 8000 * Math.sin((2 * Math.PI * hz * at) / 16_000);
    const two = Int16Array.from({ length: 2 * FRAME_SAMPLES }, (_, at) => sine(at));
    const frame = new Int16Array(FRAME_SAMPLES);
    const left = shorten(two, frame);
    expect(left).toBeGreaterThanOrEqual(FRAME_SAMPLES / 2);
    expect(left).toBeLessThanOrEqual(FRAME_SAMPLES);
    const steps = [...frame, sine(left + FRAME_SAMPLES)].map((value, at, all) =>
      Math.abs(value - (all[at - 1] ?? 0)),
    );
    expect(Math.max(...steps)).toBeLessThan(1.3 * 8000 * ((2 * Math.PI * hz) / 16_000));
    const level = Math.sqrt(frame.reduce((sum, value) => sum + value * value, 0) / FRAME_SAMPLES);
    expect(level).toBeGreaterThan(0.8 * 8000 * Math.SQRT1_2);
  });

  it('removes a whole frame of silence', () => {
    expect(shorten(new Int16Array(2 * FRAME_SAMPLES), new Int16Array(FRAME_SAMPLES))).toBe(FRAME_SAMPLES);
  });
});
