import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src/control.js';
import { collectSamples, recordCall, verifyRecording, WavReader } from '../../../src/index.js';
import { MediaLeg } from '../../../src/line/media/media-leg.js';
import type { LedgerSpan } from '../../../src/stream/align/ledger.js';
import { splitChannels } from '../../../src/voice.js';
import { onPhoneStage, type PhoneStage, samplesOf } from './phone-stage.js';

const SEED = 20_261_201;
/** Calls that are tried: JACKFIELD_CALLS=200 npx vitest run test/recording/line-losses */
const CALLS = Number(process.env['JACKFIELD_CALLS'] ?? 2);
const PER_MS = 16;
/** Each sample says its place in what was sent, by its remainder. None is zero: that is what nobody said. */
const CODES = 32_749;
const codeOf = (at: number) => (at % CODES) + 1;

/** What a media server does: says so much in order, stalls and sends it all at once, or sends nothing. */
interface Part {
  readonly does: 'say' | 'stall' | 'pause';
  readonly ms: number;
}
const say = (ms: number): Part => ({ does: 'say', ms });
const stall = (ms: number): Part => ({ does: 'stall', ms });
const pause = (ms: number): Part => ({ does: 'pause', ms });

let stage: PhoneStage;
onPhoneStage((made) => {
  stage = made;
});

/** Records a call of a media server whose frames have this length and clock. */
async function recorded(parts: readonly Part[], { frameMs = 20, ppm = 0, restMs = 420 } = {}) {
  const { clock, exchange, client, server, folder } = stage;
  const leg = new MediaLeg({ handle: 'media', fullName: 'Media', network: 'P2P' }, 'application', clock);
  const ringing = new Promise<Awaited<ReturnType<Client['call']>>>((resolve) => {
    client.once('call', (call) => resolve(call));
  });
  exchange.callFrom(leg, 'alice');
  await clock.advance(1000);
  const call = await ringing;
  const file = join(folder, `${Math.random()}.wav`);
  const recording = await recordCall(call, server, { file, input: false, io: 'sync', clock });
  await call.answer();
  await clock.advance(200);
  let sent = 0;
  const send = (ms: number) => {
    const samples = Int16Array.from({ length: ms * PER_MS }, (_, i) => codeOf(sent + i));
    sent += samples.length;
    leg.take({ type: 'audio', samples, sampleRate: 16_000, channels: 1 });
  };
  const period = 1 + ppm / 1e6;
  for (const { does, ms } of parts) {
    if (does !== 'say') await clock.advance(ms);
    if (does === 'stall') for (let at = 0; at + frameMs <= ms; at += frameMs) send(frameMs);
    if (does !== 'say') continue;
    for (let at = 0; at + frameMs <= ms; at += frameMs) {
      send(frameMs);
      await clock.advance(frameMs * period);
    }
  }
  // What still waits is played, and is no delay that would be taken away.
  await clock.advance(restMs);
  leg.sessionEnded({ kind: 'ended' });
  await clock.advance(1000);
  const { received } = leg.stats;
  const { sidecar } = await recording.finished;
  const verified = await verifyRecording(file);
  await using reader = await WavReader.open(file);
  const [, heard = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
  return { sidecar, verified, heard, sent, received, spans: sidecar.legs.remote.ledger.spans };
}

/** How many samples are missing in what was heard, by what it says of its place, and how many of it nobody said. */
function gapsOf(heard: Int16Array): { lost: number; silent: number; last: number } {
  let [lost, silent, since, last] = [0, 0, 0, -1];
  for (const code of heard) {
    if (code === 0) since++;
    else {
      if (last >= 0) silent += since;
      since = 0;
      const next = last < 0 ? code - 1 : last + 1 + ((code - codeOf(last + 1) + CODES) % CODES);
      lost += next - last - 1;
      last = next;
    }
  }
  return { lost, silent, last };
}

/** The parts of a ledger up to the last sample that was heard. */
function whileSaid(heard: Int16Array, spans: readonly LedgerSpan[]): LedgerSpan[] {
  const end = heard.findLastIndex((code) => code !== 0);
  return spans.filter(({ from }) => from < end);
}

type Recorded = Awaited<ReturnType<typeof recorded>>;

/** All that was sent was heard or is told to be lost, and all silence is told of. */
function expectTruth({ sidecar, verified, heard, spans, received, sent }: Recorded): void {
  const { lost, silent, last } = gapsOf(heard);
  expect(verified).toMatchObject({ ok: true });
  expect([lost + sent - last - 1, 0]).toEqual([received.dropped, received.waiting]);
  expect(samplesOf(spans, 'late')).toBe(received.dropped);
  const inner = whileSaid(heard, spans);
  const told = ['late', 'held-up', 'not-sent', 'stalled'].map((reason) => samplesOf(inner, reason));
  // The ticks of the call move after the audio of a media server: that is a hole of less than a frame for a recorder.
  const { missing } = sidecar.legs.remote.ledger;
  // Where the machine is busy, the sockets of the recorder stand still for its clock: nothing is lost, and it is told.
  const idle = inner.reduce((sum, { kind, samples }) => sum + (kind === 'idle' ? samples : 0), 0);
  const all = told.reduce((sum, samples) => sum + samples, missing + idle);
  expect(all, JSON.stringify(spans)).toBeGreaterThanOrEqual(silent);
  expect(sidecar.complete).toBe(received.dropped + missing === 0);
}

describe('a call of a media server', () => {
  it.each<[string, Part[], Record<string, number>]>([
    ['without trouble', [say(2000)], { late: 0, 'held-up': 0, 'not-sent': 0 }],
    ['that stalls for 300 ms', [say(1000), stall(300), say(440)], { late: 0, 'held-up': 300 }],
    [
      'that stalls for 2 s, of which 400 ms are kept',
      [say(1000), stall(2000), say(440)],
      { late: 1600, 'held-up': 400 },
    ],
    ['that sends nothing for a second', [say(1000), pause(1000), say(1000)], { late: 0, 'not-sent': 1000 }],
    [
      'that has a delay of 300 ms taken away',
      [say(1000), stall(300), say(6000)],
      { late: 300, 'held-up': 0 },
    ],
  ])('%s', async (_, parts, ms) => {
    const call = await recorded(parts);
    expectTruth(call);
    for (const [reason, of] of Object.entries(ms)) {
      const samples = samplesOf(whileSaid(call.heard, call.spans), reason);
      expect(Math.abs(samples - of * PER_MS), reason).toBeLessThanOrEqual(3 * 320);
    }
  });

  it('that hangs up is recorded to its last word', async () => {
    const call = await recorded([say(500), stall(300)], { restMs: 0 });
    expectTruth(call);
    expect(gapsOf(call.heard).last + 1).toBe(call.sent);
    // It ends with that word.
    const tail = call.heard.length - call.heard.findLastIndex((code) => code !== 0);
    expect(tail).toBeLessThanOrEqual(2 * 320);
  });

  it('with any combination of faults', { timeout: 30_000 * CALLS }, async () => {
    const part = fc.oneof(
      fc.integer({ min: 100, max: 3000 }).map(say),
      fc.integer({ min: 20, max: 1900 }).map(stall),
      fc.integer({ min: 20, max: 3000 }).map(pause),
    );
    const line = fc.record({
      frameMs: fc.constantFrom(5, 10, 20, 30, 60),
      ppm: fc.constantFrom(-2000, 0, 2000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 2, maxLength: 10 }), line, async (parts, how) => {
        expectTruth(await recorded([say(1000), ...parts, say(1000)], how));
      }),
      { seed: SEED, numRuns: CALLS, endOnFailure: true },
    );
  });
});
