import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UserOptions } from '../../../src/exchange/user-options.js';
import { tone } from '../transcripts.js';
import { folder, settle, type World, world } from '../world.js';

/** A speaker that notes each frame: true for one that is heard. */
class Speaker {
  readonly frames: boolean[] = [];

  capture(frame: Int16Array): void {
    frame.fill(0);
  }

  play(frame: Int16Array): void {
    this.frames.push(frame.some((sample) => sample !== 0));
  }

  /** Lengths of the parts that are heard and not heard, in ms. */
  get parts(): number[] {
    const parts: number[] = [];
    for (const [index, heard] of this.frames.entries()) {
      if (heard !== this.frames[index - 1]) parts.push(0);
      parts.push((parts.pop() ?? 0) + 20);
    }
    return parts;
  }
}

async function stage(
  options: Partial<UserOptions> = {},
  fileRoots: string[] = [],
): Promise<{ w: World; ringer: Speaker }> {
  const ringer = new Speaker();
  const users = [{ handle: 'alice', ringer, ...options }, { handle: 'bob' }, { handle: 'carol' }];
  return { w: await world({ users, fileRoots }), ringer };
}

/** Lets time pass with a disk that needs turns of its own. */
async function pass({ clock }: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advance(100);
    await settle();
  }
}

describe('a call that comes in', () => {
  it('rings once on the ringer for all clients until it is answered', async () => {
    const { w, ringer } = await stage();
    await using _ = w;
    w.client('bob').send('CALL alice');
    await w.clock.advance(1000);
    w.client('carol').send('CALL alice');
    await w.clock.advance(6000);
    expect(ringer.parts.slice(0, 4)).toEqual([1000, 2000, 1000, 2000]);
    const desk = w.exchange.desk('alice');
    desk.refuse();
    const ringing = ringer.frames.length;
    await w.clock.advance(100);
    expect(ringer.frames.length).toBeGreaterThan(ringing);
    desk.answer();
    const answered = ringer.frames.length;
    await w.clock.advance(10_000);
    expect(ringer.frames.length).toBe(answered);
    expect(w.failures).toEqual([]);
  });

  it('rings with the file of RINGTONE, again and again, and on the built-in speaker', async () => {
    const root = folder();
    await tone(join(root, 'ring.wav'), 500);
    const pcSpeaker = new Speaker();
    const { w, ringer } = await stage({ pcSpeaker }, [root]);
    await using _ = w;
    const client = w.client('alice');
    const set = client.next((line) => line.startsWith('RINGTONE'));
    client.send('SET RINGTONE 1 ring.wav');
    expect(await set).toBe('RINGTONE 1 ring.wav');
    w.client('bob').send('CALL alice');
    await pass(w, 6000);
    const [first = 0, pause = 0, second = 0] = ringer.parts;
    for (const length of [first, second]) expect(Math.abs(length - 500)).toBeLessThanOrEqual(40);
    expect(Math.abs(pause - 2000)).toBeLessThanOrEqual(40);
    expect(pcSpeaker.frames).toEqual(ringer.frames);
    client.send('SET PCSPEAKER OFF');
    w.exchange.desk('alice').refuse();
    const before = pcSpeaker.frames.length;
    w.client('carol').send('CALL alice');
    await pass(w, 1000);
    expect(pcSpeaker.frames.length).toBe(before);
    expect(ringer.frames.length).toBeGreaterThan(before);
  });

  it('does not ring when RINGTONE is off, and rings with the built-in tone when its file is missing', async () => {
    const { w, ringer } = await stage();
    await using _ = w;
    const client = w.client('alice');
    w.exchange.endpoint('alice').user.ringtone.file = 'gone.wav';
    client.send('SET RINGTONE 1 STATUS OFF');
    w.client('bob').send('CALL alice');
    await pass(w, 1000);
    expect(ringer.frames).toEqual([]);
    w.exchange.desk('alice').refuse();
    client.send('SET RINGTONE 1 STATUS ON');
    w.client('carol').send('CALL alice');
    await pass(w, 1500);
    expect(ringer.parts[0]).toBe(1000);
  });

  it('continues when the ringer fails', async () => {
    const broken = {
      play() {
        throw new Error('unplugged');
      },
      capture: () => undefined,
    };
    const { w } = await stage({ ringer: broken });
    await using _ = w;
    w.client('bob').send('CALL alice');
    await w.clock.advance(1000);
    expect(w.failures).toEqual([expect.objectContaining({ message: 'unplugged' })]);
    w.exchange.desk('alice').answer();
    await w.clock.advance(100);
    expect(w.client('alice').send('SEARCH ACTIVECALLS')[0]).toMatch(/^CALLS \d/);
  });
});
