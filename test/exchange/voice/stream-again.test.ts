import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { until } from '../../turns.js';
import { PcmPort } from '../ports.js';
import { CountingCard, counted, firstDifference, redirected, talk } from '../voice-stage.js';
import { folder, world } from '../world.js';

const FRAME = 320;

/** Alice's microphone counts; bob keeps what he hears. */
async function stage() {
  const root = folder();
  const speaker = new CountingCard();
  const w = await world({
    users: [
      { handle: 'alice', soundCard: new CountingCard() },
      { handle: 'bob', soundCard: speaker },
    ],
    fileRoots: [root],
  });
  return { w, root, speaker };
}

describe('the same redirection again', () => {
  it.each([
    ['PORT', 'PORT', 1],
    ['PORT, in another spelling', 'port', 1],
    ['PORT, several times at once', 'PORT', 4],
  ])('leaves a stream untouched: %s', async (_what, key, times) => {
    const { w } = await stage();
    await using _ = w;
    await using out = await PcmPort.open();
    await using mic = await PcmPort.open();
    const {
      alice,
      bob,
      out: call,
      in_,
    } = await talk(w, async ({ alice, bob, out: call, in_ }) => {
      await redirected(alice, `ALTER CALL ${call} SET_CAPTURE_MIC PORT="${mic.port}"`);
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${out.port}"`);
    });
    await w.clock.advance(990);
    for (let time = 1; time < times; time++) {
      alice.send(`ALTER CALL ${call} SET_CAPTURE_MIC PORT="${mic.port}"`);
      bob.send(`ALTER CALL ${in_} SET_OUTPUT PORT="${out.port}"`);
    }
    await redirected(alice, `ALTER CALL ${call} SET_CAPTURE_MIC ${key}="${mic.port}"`);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT ${key}="${out.port}"`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${call} HANGUP`);
    const expected = Int16Array.from({ length: 100 * FRAME }, (_, at) => counted(at));
    expect(await out.received).toEqual(expected);
    expect(await mic.received).toEqual(expected);
    expect(alice.lines.filter((line) => line.startsWith('ERROR'))).toEqual([]);
  });

  it('leaves an input untouched, with its buffered samples', async () => {
    const { w, speaker } = await stage();
    await using _ = w;
    await using input = await PcmPort.open();
    const { alice, out } = await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${input.port}"`);
    });
    const samples = Int16Array.from({ length: 20 * FRAME }, (_, at) => counted(at));
    (await input.connected).write(new Uint8Array(samples.buffer));
    await w.clock.advance(190);
    await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${input.port}"`);
    await w.clock.advance(200);
    expect(firstDifference(speaker.samples.subarray(0, 20 * FRAME), counted)).toBe(-1);
    expect(alice.told(`CALL ${out} VAA_INPUT_STATUS`)).toEqual(['FALSE', 'TRUE']);
  });

  it('leaves a file untouched, whether it is read or written', async () => {
    const { w, root, speaker } = await stage();
    await using _ = w;
    const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`);
    });
    await w.clock.advance(990);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`);
    await w.clock.advance(1000);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT`);
    const whole = Int16Array.from({ length: 100 * FRAME }, (_, at) => counted(at));
    await until(async () => (await readVoice(join(root, 'a.wav'))).length >= whole.length);
    expect(await readVoice(join(root, 'a.wav'))).toEqual(whole);
    const before = speaker.samples.length;
    await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="a.wav"`);
    await w.clock.advance(1000);
    await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="a.wav"`);
    await w.clock.advance(1000);
    expect(speaker.samples.subarray(before, before + whole.length)).toEqual(whole);
    await w.clock.advance(20);
    // It is over: asked for again, it is played again.
    await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="a.wav"`);
    await w.clock.advance(1000);
    expect(
      speaker.samples.subarray(before + whole.length).filter((sample) => sample > 0).length,
    ).toBeGreaterThan(49 * FRAME);
  });

  it('in another list leaves untouched what is still listed, and closes the rest', async () => {
    const { w } = await stage();
    await using _ = w;
    await using first = await PcmPort.open();
    await using second = await PcmPort.open();
    const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${first.port}"`);
    });
    await w.clock.advance(190);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${second.port}", PORT="${first.port}"`);
    await w.clock.advance(200);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT SOUNDCARD="default", PORT="${second.port}"`);
    await w.clock.advance(200);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const heard = (from: number, to: number) =>
      Int16Array.from({ length: (to - from) * FRAME }, (_, at) => counted(from * FRAME + at));
    expect(await first.received).toEqual(heard(0, 20));
    expect(await second.received).toEqual(heard(10, 30));
  });

  it('dials a port again when its server has gone', async () => {
    const { w } = await stage();
    await using _ = w;
    await using out = await PcmPort.open();
    const { alice, bob, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${out.port}"`);
    });
    (await out.connected).resetAndDestroy();
    const { port } = out;
    await out[Symbol.asyncDispose]();
    const command = `ALTER CALL ${in_} SET_OUTPUT PORT="${port}"`;
    // Until the exchange has heard of the reset, it has that stream.
    await until(async () => (await redirected(bob, command)) !== command);
    expect(bob.lines.at(-1)).toMatch(/ECONNREFUSED/);
    // It is back: the same command gives it the voice again.
    const server = createServer().listen(port, '127.0.0.1');
    const connected = once(server, 'connection');
    expect(await redirected(bob, command)).toBe(command);
    const [socket] = (await connected) as [Socket];
    const heard = once(socket, 'data');
    await w.clock.advance(100);
    expect((await heard)[0].length % 640).toBe(0);
    socket.destroy();
    server.close();
    expect(alice.told('CALL 1 STATUS').at(-1)).toBe('INPROGRESS');
  });
});
