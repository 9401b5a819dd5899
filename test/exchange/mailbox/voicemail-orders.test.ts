import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { canVoicemailMove } from '../../../src/protocol/status/voicemail-status.js';
import { CountingCard } from '../voice-stage.js';
import { type Client, folder, settle, type World } from '../world.js';
import { until, voicemailWorld } from './voicemail-stage.js';

/** Ways to end a message that is being left, none of which deletes it. */
const ENDS = [
  'ALTER CALL 1 HANGUP',
  'ALTER CALL 1 END HANGUP',
  'SET CALL 1 STATUS FINISHED',
  'ALTER VOICEMAIL 3 STOPRECORDING',
] as const;
const OTHERS = [
  'ALTER VOICEMAIL 3 STARTRECORDING',
  'ALTER VOICEMAIL 2 STOPPLAYBACK',
  'ALTER VOICEMAIL 3 UPLOAD',
  'ALTER VOICEMAIL 3 STARTPLAYBACK',
  'ALTER VOICEMAIL 3 STOPPLAYBACK',
] as const;

async function pass(w: World, ms: number): Promise<void> {
  for (let step = 0; step < ms / 20; step++) {
    await settle();
    await w.clock.advance(20);
  }
}

/** Alice leaves bob a message, with `stateFolder` for all files. It is being recorded for a second. */
async function recorded(stateFolder = folder()) {
  const { w } = await voicemailWorld({ stateFolder, soundCard: new CountingCard() });
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  alice.send('CALLVOICEMAIL bob');
  await until(w, alice, /VM_DURATION 1$/);
  return { w, alice, bob, files: join(stateFolder, 'voicemails') };
}

function expectLife(client: Client, id: number): void {
  const told = client.told(`VOICEMAIL ${id} STATUS`);
  for (const [index, to] of told.slice(1).entries())
    expect(canVoicemailMove(told[index] ?? '', to), told.join(' ')).toBe(true);
}

describe('a message that was recorded', () => {
  const orders = ENDS.flatMap((first) => ENDS.map((second) => [first, second] as const));
  it.each(orders)('is delivered after %s, then %s', async (first, second) => {
    const { w, alice, bob, files } = await recorded();
    await using _ = w;
    alice.send(first);
    alice.send(second);
    await pass(w, 100);
    alice.send(second);
    await until(w, bob, /STATUS UNPLAYED/);
    expect(alice.told('VOICEMAIL 3 STATUS')).toEqual(['BLANK', 'RECORDING', 'UPLOADING', 'UPLOADED']);
    expect(w.failures).toEqual([]);
    const copy = await readVoice(join(files, `${bob.newest('VOICEMAIL')}.wav`));
    expect(copy.length).toBeGreaterThanOrEqual(16_000);
    expect(await readVoice(join(files, '3.wav'))).toEqual(copy);
  });

  it('is delivered when the exchange closes, and after its client has gone', async () => {
    const stateFolder = folder();
    const { w, alice } = await recorded(stateFolder);
    alice.disconnect();
    await w[Symbol.asyncDispose]();
    const { w: next } = await voicemailWorld({ stateFolder });
    await using _ = next;
    const bob = next.client('bob');
    expect(bob.send('SEARCH MISSEDVOICEMAILS')[0]).toMatch(/^VOICEMAILS \d+$/);
    expect(next.client('alice').send('GET VOICEMAIL 3 STATUS')).toEqual(['VOICEMAIL 3 STATUS UPLOADED']);
  });

  it.each([0, 20, 480, 500])('is not delivered when it is deleted %d ms after it was stopped', async (ms) => {
    const { w, alice, bob, files } = await recorded();
    await using _ = w;
    alice.send('ALTER VOICEMAIL 3 STOPRECORDING');
    await pass(w, ms);
    const uploaded = alice.told('VOICEMAIL 3 STATUS').includes('UPLOADED');
    alice.send('ALTER VOICEMAIL 3 DELETE');
    await pass(w, 2000);
    expect(bob.send('SEARCH VOICEMAILS')[0]?.trimEnd()).toBe(
      uploaded ? `VOICEMAILS ${bob.newest('VOICEMAIL')}` : 'VOICEMAILS',
    );
    if (!uploaded) expect(alice.told('VOICEMAIL 3 STATUS').at(-1)).toBe('DELETING');
    expect(w.failures).toEqual([]);
    await expect.poll(() => existsSync(join(files, '3.wav'))).toBe(false);
    expect(alice.told('CALL 1 STATUS').filter((status) => status === 'FINISHED')).toHaveLength(1);
  });

  it('is kept or deleted as its user asked, for any order of commands', async () => {
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...ENDS) },
      { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
      { weight: 1, arbitrary: fc.constant('ALTER VOICEMAIL 3 DELETE') },
    );
    const step = fc.record({ command, afterMs: fc.constantFrom(0, 0, 20, 100, 480, 500, 1500) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const stateFolder = folder();
        const { w } = await voicemailWorld({ stateFolder });
        await using _ = w;
        const [alice, bob] = [w.client('alice'), w.client('bob')];
        alice.send('CALLVOICEMAIL bob');
        for (const { command: line, afterMs } of steps) {
          await pass(w, afterMs);
          alice.send(line);
        }
        await pass(w, 3000);
        alice.send('ALTER CALL 1 HANGUP');
        await pass(w, 2000);
        const told = alice.told('VOICEMAIL 3 STATUS');
        for (const id of [2, 3]) expectLife(alice, id);
        const delivered = bob.send('SEARCH VOICEMAILS')[0]?.trimEnd() !== 'VOICEMAILS';
        const asked = steps.some(({ command: line }) => line.endsWith('DELETE'));
        if (!asked) {
          expect(told.includes('DELETING')).toBe(!told.includes('RECORDING'));
          expect(delivered).toBe(told.includes('RECORDING'));
        }
        if (told.includes('DELETING')) {
          expect(delivered).toBe(told.includes('UPLOADED'));
          await expect.poll(() => readdirSync(join(stateFolder, 'voicemails'))).not.toContain('3.wav');
        }
        expect(w.failures).toEqual([]);
        expect(alice.told('CALL 1 STATUS').at(-1)).toBe('FINISHED');
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('a greeting that is deleted', () => {
  it.each(['RECORDING', 'UPLOADING'])(
    'while it is %s gets no more notifications, and leaves no file',
    async (status) => {
      const stateFolder = folder();
      const { w } = await voicemailWorld({ stateFolder });
      await using _ = w;
      const bob = w.client('bob');
      const id = Number(bob.send('SEARCH GREETING bob')[0]?.split(' ')[1]);
      bob.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
      if (status === 'UPLOADING') {
        await pass(w, 1000);
        bob.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
      }
      await until(w, bob, new RegExp(`STATUS ${status}`));
      bob.send(`ALTER VOICEMAIL ${id} DELETE`);
      await pass(w, 2000);
      expect(bob.told(`VOICEMAIL ${id} STATUS`).at(-1)).toBe('DELETING');
      await expect.poll(() => readdirSync(join(stateFolder, 'voicemails'))).toEqual([]);
      expect(w.failures).toEqual([]);
    },
  );
});
