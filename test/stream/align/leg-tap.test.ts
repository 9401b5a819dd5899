import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  collectSamples,
  type Exchange,
  openCallVoice,
  type PcmServer,
  recordCall,
  type VirtualClock,
  WavReader,
} from '../../../src/index.js';
import { type LegChunk, type LegTap, tapLegs } from '../../../src/pcm.js';
import { callEcho, onRecordingStage } from '../../recording/recording-stage.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

async function read(tap: LegTap): Promise<LegChunk[]> {
  const chunks: LegChunk[] = [];
  for await (const chunk of tap) chunks.push(chunk);
  return chunks;
}

/** Lays chunks on one line each; samples that no chunk has stay 0. */
function lines(chunks: readonly LegChunk[]) {
  const last = chunks.at(-1);
  const length = last ? last.position + last.remote.length : 0;
  const [local, remote] = [new Int16Array(length), new Int16Array(length)];
  for (const chunk of chunks) {
    local.set(chunk.local, chunk.position);
    remote.set(chunk.remote, chunk.position);
  }
  return { local, remote, length };
}

/** Collects what a sink gets, by position. */
function witness(start = 0) {
  const line = new Int16Array(16_000 * 120);
  return {
    line,
    sink: {
      write: (samples: Int16Array, position: number) => line.set(samples, position + start),
      end: () => undefined,
    },
  };
}

/** Index of the first sample in which two lines differ; -1: none. */
function firstDifference(line: Int16Array, other: Int16Array | undefined): number {
  return line.length === other?.length ? line.findIndex((sample, index) => sample !== other[index]) : -2;
}

const FRAME = 320;
const noise = (length: number) =>
  Int16Array.from({ length }, (_, index) => ((index * 48_271 + 11) % 20_011) - 10_005);

describe('a tap on both legs', () => {
  it('of a recording gives the samples of the recording', async () => {
    const recording = await recordCall(await callEcho(exchange), server, {
      file: join(folder, 'call.wav'),
      clock,
    });
    const tapped = read(recording.legs({ maxBufferedMs: 60_000 }));
    recording.voice.player.play(noise(16_000 * 5));
    await clock.run();
    const { file } = await recording.finished;
    const { local, remote, length } = lines(await tapped);
    await using reader = await WavReader.open(file);
    const samples = await collectSamples(reader);
    expect(length).toBe(samples.length / 2);
    expect(
      firstDifference(
        local,
        samples.filter((_, index) => index % 2 === 0),
      ),
    ).toBe(-1);
    expect(
      firstDifference(
        remote,
        samples.filter((_, index) => index % 2 === 1),
      ),
    ).toBe(-1);
    expect(local.some((sample) => sample !== 0)).toBe(true);
  });

  it("of a call's voice aligns played and received audio, from its first sample or from later on", async () => {
    const heard = witness();
    let sent: ReturnType<typeof witness> | undefined;
    const voice = await openCallVoice(await callEcho(exchange), server, {
      onLease(stream, lease, start) {
        if (stream === 'output') lease.addSink(heard.sink);
        if (stream !== 'input') return;
        sent = witness(start);
        lease.addSentTap(sent.sink);
      },
    });
    const first = read(voice.legs({ maxBufferedMs: 60_000, clock }));
    voice.player.play(noise(16_000 * 5));
    await clock.advance(4000);
    const from = voice.remote.received.position;
    const second = read(voice.legs({ maxBufferedMs: 60_000, clock }));
    await clock.run();
    const whole = lines(await first);
    expect(firstDifference(whole.remote, heard.line.subarray(0, whole.length))).toBe(-1);
    expect(firstDifference(whole.local, sent?.line.subarray(0, whole.length))).toBe(-1);
    const chunks = await second;
    const later = lines(chunks);
    expect(chunks[0]?.position).toBe(from);
    expect(firstDifference(later.remote.subarray(from), whole.remote.subarray(from, later.length))).toBe(-1);
    // The player is ahead by its lead when the tap begins: what had left already is not in it.
    const lead = from + 16_000 * 0.1;
    expect(firstDifference(later.local.subarray(lead), whole.local.subarray(lead, later.length))).toBe(-1);
  });

  it('drops samples by its policy, counts them, and never delays the legs', async () => {
    const recording = await recordCall(await callEcho(exchange), server, {
      file: join(folder, 'call.wav'),
      clock,
    });
    const tap = recording.legs({ maxBufferedMs: 100 });
    await clock.run();
    const { audio } = (await recording.finished).sidecar;
    const { offered, delivered, dropped, buffered } = tap.stats;
    expect(dropped).toBeGreaterThan(0);
    expect(offered).toBe(audio.samples);
    expect(offered).toBe(delivered + dropped + buffered);
    await tap.return?.();
  });

  it('ends when its signal fires, and releases the streams', async () => {
    const voice = await openCallVoice(await callEcho(exchange), server, { microphone: false });
    const over = new AbortController();
    const tap = tapLegs(
      { remote: voice.remote, local: voice.input, localSide: 'sent' },
      { clock, signal: over.signal },
    );
    over.abort();
    await expect(read(tap)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await clock.run();
    expect(voice.remote.stats.unheard).toBeGreaterThan(0);
    await voice.close();
  });

  it('of two streams keeps its positions when one of them stalls and loses samples', async () => {
    const remote = await server.lease({
      object: 'CALL 1',
      stream: 'output',
      direction: 'receive',
      readClass: 'immediate',
    });
    const local = await server.lease({
      ...{ object: 'CALL 1', stream: 'capture_mic', direction: 'receive', readClass: 'immediate' },
    });
    const tapped = read(tapLegs({ remote, local, localSide: 'received' }, { clock, maxBufferedMs: 60_000 }));
    const peers = new Map(
      [remote, local].map((lease) => [lease, connect(lease.port, '127.0.0.1').setNoDelay()]),
    );
    await Promise.all([remote.claimed(), local.claimed()]);
    const speech = noise(16_000 * 6);
    const said = new Map([remote, local].map((lease) => [lease, 0]));
    for (let at = 0; at < speech.length; at += FRAME) {
      await clock.advance(20);
      for (const [lease, peer] of peers) {
        // Of each second 300 ms of the local leg never come.
        if (lease === local && at % 16_000 < 4800) continue;
        peer.write(new Uint8Array(speech.slice(at, at + FRAME).buffer));
        said.set(lease, (said.get(lease) ?? 0) + FRAME);
      }
      while ([...said].some(([lease, samples]) => lease.stats.samplesReceived < samples)) await nextTurn();
      await nextTurn();
    }
    for (const peer of peers.values()) peer.end();
    const lay = lines(await tapped);
    expect(firstDifference(lay.remote, speech)).toBe(-1);
    const kept = speech.map((sample, at) => (at % 16_000 < 4800 ? 0 : sample));
    // The leg joins when it is first heard.
    expect(firstDifference(lay.local, kept)).toBe(-1);
  });

  it('is refused for a call or stream that is over, and leaves nothing tapped', async () => {
    const recording = await recordCall(await callEcho(exchange), server, {
      file: join(folder, 'call.wav'),
      clock,
    });
    const { remote, input } = recording.voice;
    await clock.run();
    await recording.finished;
    const over = expect.objectContaining({ code: 'ERR_INVALID_STATE' });
    expect(() => recording.legs()).toThrow(over);
    expect(() => tapLegs({ remote, local: input, localSide: 'sent' })).toThrow(over);
    const open = await server.lease({
      object: 'CALL 2',
      stream: 'output',
      direction: 'receive',
      readClass: 'immediate',
    });
    expect(() => tapLegs({ remote: open, local: input, localSide: 'sent' })).toThrow(over);
    const peer = connect(open.port, '127.0.0.1');
    await open.claimed();
    peer.end(new Uint8Array(640));
    await open.closed;
    expect(open.stats).toMatchObject({ samplesReceived: 320, unheard: 320 });
  });

  it('refuses options that it does not support', () => {
    expect(() => tapLegs(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
    expect(() => tapLegs({ remote: {} as never, local: undefined, localSide: 'sent' })).toThrow(/remote/);
    const remote = { addSink() {}, on() {}, format: { sampleRate: 8000, channels: 1 } } as never;
    expect(() => tapLegs({ remote, local: undefined, localSide: 'sent' })).toThrow(/16000 Hz mono.*8000 Hz/);
    expect(() => tapLegs({ remote, local: undefined, localSide: 'x' as never })).toThrow(/localSide/);
  });
});
