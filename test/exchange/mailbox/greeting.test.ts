import { describe, expect, it } from 'vitest';
import { PcmPort } from '../ports.js';
import { CountingCard } from '../voice-stage.js';
import { settle } from '../world.js';
import { SPEECH, until, voicemailWorld } from './voicemail-stage.js';

/** Alice leaves bob a message. Voicemail 2 is the greeting that she hears, 3 her message. */
async function calling(soundCard = new CountingCard()) {
  const { w } = await voicemailWorld({ soundCard });
  const alice = w.client('alice');
  alice.send('CALLVOICEMAIL bob');
  await until(w, alice, /VOICEMAIL 2 STATUS DOWNLOADING/);
  const redirect = async (stream: 'OUTPUT' | 'CAPTURE_MIC', port: PcmPort) => {
    alice.send(`ALTER VOICEMAIL 2 SET_${stream} PORT="${port.port}"`);
    await port.connected;
    await settle();
  };
  return { w, alice, redirect, soundCard };
}

describe('the greeting that callers hear before they leave a message', () => {
  it('is sent to its own OUTPUT, completely and alone, and OUTPUT ends with it', async () => {
    const { w, alice, redirect, soundCard } = await calling();
    await using _ = w;
    await using out = await PcmPort.open();
    await using mic = await PcmPort.open();
    await redirect('OUTPUT', out);
    await redirect('CAPTURE_MIC', mic);
    await until(w, alice, /VOICEMAIL 2 STATUS PLAYED/);
    expect(await out.received).toEqual(SPEECH);
    // Each frame that the microphone was heard for, in whole frames.
    expect((await mic.received).length).toBe(Math.ceil(SPEECH.length / 320) * 320);
    // The loudspeaker of the call plays it once.
    expect(soundCard.samples.length).toBeLessThanOrEqual((await mic.received).length + 320);
    await until(w, alice, /VM_DURATION 1$/);
    alice.send('ALTER CALL 1 HANGUP');
    await until(w, alice, /VOICEMAIL 3 STATUS UPLOADED/);
  });

  it('is heard from its current position when OUTPUT is redirected while it is played', async () => {
    const { w, alice, redirect } = await calling();
    await using _ = w;
    await using out = await PcmPort.open();
    await until(w, alice, /VOICEMAIL 2 DURATION [1-9]/);
    await w.clock.advance(200);
    await redirect('OUTPUT', out);
    await until(w, alice, /VOICEMAIL 2 STATUS PLAYED/);
    const heard = await out.received;
    expect(heard.length).toBeGreaterThan(SPEECH.length - 16_000);
    expect(heard).toEqual(SPEECH.subarray(SPEECH.length - heard.length));
  });

  it.each([
    ['while it is fetched', /VOICEMAIL 2 STATUS DOWNLOADING/],
    ['while it is buffered', /VOICEMAIL 2 STATUS BUFFERING/],
    ['while it is played', /VOICEMAIL 2 DURATION [1-9]/],
  ])('is cut short by STOPPLAYBACK %s; the tone follows', async (_when, line) => {
    const { w, alice } = await calling();
    await using _ = w;
    await until(w, alice, line);
    expect(alice.send('ALTER VOICEMAIL 2 STARTPLAYBACK')).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
    expect(alice.send('ALTER VOICEMAIL 2 STOPPLAYBACK')[0]).toBe('ALTER VOICEMAIL 2 STOPPLAYBACK');
    const from = w.clock.now();
    await until(w, alice, /VOICEMAIL 3 STATUS RECORDING/);
    // The way to it, and the tone of 400 ms.
    expect(w.clock.now() - from).toBeLessThan(500 + 600);
    expect(alice.told('VOICEMAIL 2 STATUS').at(-1)).toBe('PLAYED');
    expect(alice.send('ALTER VOICEMAIL 2 STOPPLAYBACK')).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
  });

  it('ends when the caller hangs up', async () => {
    const { w, alice, redirect } = await calling();
    await using _ = w;
    await using out = await PcmPort.open();
    await redirect('OUTPUT', out);
    await until(w, alice, /VOICEMAIL 2 DURATION [1-9]/);
    await w.clock.advance(490);
    alice.send('ALTER CALL 1 HANGUP');
    const heard = await out.received;
    expect(heard).toEqual(SPEECH.subarray(0, heard.length));
    expect(heard.length).toBeLessThan(SPEECH.length);
  });
});
