import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MicrophoneTap, SharedMicrophone } from '../../../src/exchange/devices/shared-microphone.js';
import { PcmPort } from '../ports.js';
import { CountingCard, counted, firstDifference, redirected } from '../voice-stage.js';
import { type Client, type World, world } from '../world.js';

/** A loudspeaker whose microphone hears nothing. */
class Speaker extends CountingCard {
  override capture(frame: Int16Array): void {
    frame.fill(0);
  }
}

/** Alice, whose microphone counts, talks to bob and to carol at once. */
async function twoCalls(): Promise<{
  w: World;
  alice: Client;
  speakers: { bob: Speaker; carol: Speaker };
  calls: readonly [number, number];
}> {
  const speakers = { bob: new Speaker(), carol: new Speaker() };
  const w = await world({
    users: [
      { handle: 'alice', soundCard: new CountingCard() },
      { handle: 'bob', soundCard: speakers.bob },
      { handle: 'carol', soundCard: speakers.carol },
    ],
  });
  const alice = w.client('alice');
  const calls: number[] = [];
  for (const handle of ['bob', 'carol']) {
    const other = w.client(handle);
    alice.send(`CALL ${handle}`);
    calls.push(alice.newest('CALL'));
    await w.clock.advance(600);
    other.send(`ALTER CALL ${other.newest('CALL')} ANSWER`);
    await w.clock.advance(490);
    // Holding changes nothing for whoever captures the microphone.
    if (handle === 'bob') alice.send(`ALTER CALL ${calls[0]} HOLD`);
  }
  return { w, alice, speakers, calls: calls as never };
}

function expectCounting(samples: Int16Array): void {
  const [first = 0] = samples;
  expect(samples.length).toBeGreaterThan(0);
  expect(firstDifference(samples, (at) => counted(first - 1 + at))).toBe(-1);
}

describe('the microphone of a user with two calls', () => {
  it('is heard by each of them, every frame, and captured for each', async () => {
    const { w, alice, speakers, calls } = await twoCalls();
    await using _ = w;
    const ports = [await PcmPort.open(), await PcmPort.open()] as const;
    for (const [index, port] of ports.entries())
      await redirected(alice, `ALTER CALL ${calls[index]} SET_CAPTURE_MIC PORT="${port.port}"`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${calls[0]} RESUME`);
    const from = speakers.bob.samples.length;
    await w.clock.advance(1000);
    for (const call of calls) alice.send(`ALTER CALL ${call} HANGUP`);
    for (const port of ports) {
      const captured = await port.received;
      expect(captured.length).toBeGreaterThanOrEqual(99 * 320);
      expectCounting(captured);
      await port[Symbol.asyncDispose]();
    }
    expectCounting(speakers.bob.samples.subarray(from + 320));
    expectCounting(speakers.carol.samples);
  });

  it('is captured completely in a conference, also while it begins', async () => {
    const { w, alice, speakers, calls } = await twoCalls();
    await using _ = w;
    const ports = [await PcmPort.open(), await PcmPort.open()] as const;
    for (const [index, port] of ports.entries())
      await redirected(alice, `ALTER CALL ${calls[index]} SET_CAPTURE_MIC PORT="${port.port}"`);
    await w.clock.advance(300);
    alice.send(`ALTER CALL ${calls[0]} RESUME`);
    alice.send(`SET CALL ${calls[1]} JOIN_CONFERENCE ${calls[0]}`);
    await w.clock.advance(1000);
    // Each hears the same at the same time.
    // Each hears the same in the same tick, or in the next.
    const [atBob = 0, atCarol = 0] = [speakers.bob, speakers.carol].map((card) => card.played.at(-1)?.[0]);
    expect(Math.abs(atBob - atCarol)).toBeLessThanOrEqual(320);
    for (const call of calls) alice.send(`ALTER CALL ${call} HANGUP`);
    for (const port of ports) {
      expectCounting(await port.received);
      await port[Symbol.asyncDispose]();
    }
  });

  it('continues with current sound in a call that did not read it for a while', async () => {
    const { w, alice, speakers, calls } = await twoCalls();
    await using _ = w;
    await using input = await PcmPort.open();
    await redirected(alice, `ALTER CALL ${calls[1]} SET_INPUT PORT="${input.port}"`);
    (await input.connected).end();
    alice.send(`ALTER CALL ${calls[0]} RESUME`);
    await w.clock.advance(1000);
    await redirected(alice, `ALTER CALL ${calls[1]} SET_INPUT SOUNDCARD="default"`);
    await w.clock.advance(1000);
    const [bob = 0, carol = 0] = [speakers.bob, speakers.carol].map((card) => card.played.at(-1)?.[0]);
    expect(Math.abs(bob - carol)).toBeLessThanOrEqual(320);
  });
});

describe('Microphone', () => {
  it('gives each tap every frame from its first to its last, in any order of reading', () => {
    const step = fc.record({ tap: fc.nat(2), act: fc.constantFrom('read', 'read', 'read', 'pause') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const card = new CountingCard();
        const microphone = new SharedMicrophone(card);
        const taps: { tap: MicrophoneTap; last: number; begun: boolean }[] = [0, 1, 2].map(() => ({
          tap: microphone.tap(),
          last: 0,
          begun: false,
        }));
        const frame = new Int16Array(320);
        for (const { tap: index, act } of steps) {
          const each = taps[index];
          if (!each) continue;
          if (act === 'pause') {
            each.tap.pause();
            each.begun = false;
            continue;
          }
          each.tap.read(frame);
          const first = frame[0] ?? 0;
          expect(first).toBeGreaterThan(each.last);
          if (each.begun) expect(first).toBe(each.last + 320);
          each.last = first;
          each.begun = true;
        }
      }),
    );
  });

  it('keeps two seconds for a tap that is behind, which then goes on with the newest', () => {
    const microphone = new SharedMicrophone(new CountingCard());
    const [ahead, behind] = [microphone.tap(), microphone.tap()];
    const frame = new Int16Array(320);
    behind.read(frame);
    for (let tick = 0; tick < 100; tick++) ahead.read(frame);
    behind.read(frame);
    expect(frame[0]).toBe(counted(320));
    for (let tick = 0; tick < 200; tick++) ahead.read(frame);
    behind.read(frame);
    expect(frame[0]).toBe(counted(299 * 320));
  });
});
