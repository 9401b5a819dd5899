import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SoundCard } from '../../../src/exchange/devices/sound-card.js';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { canVoicemailMove } from '../../../src/protocol/status/voicemail-status.js';
import { PcmPort } from '../ports.js';
import { type Client, folder, settle, type World } from '../world.js';
import { SPEECH, until, voicemailWorld, wavFile } from './voicemail-stage.js';

describe('leaving a voicemail', () => {
  it('by CALLVOICEMAIL records exactly what the caller says after the tone', async () => {
    let position = 0;
    const soundCard: SoundCard = {
      capture: (frame) => {
        for (let i = 0; i < frame.length; i++) frame[i] = (position++ % 1000) + 1;
      },
      play: () => undefined,
    };
    const { w } = await voicemailWorld({ soundCard });
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    expect(alice.send('CALLVOICEMAIL bob')).toEqual(['CALL 1 STATUS ROUTING']);
    await until(w, alice, /VM_DURATION 3$/);
    alice.send('ALTER CALL 1 HANGUP');
    await until(w, bob, /STATUS UNPLAYED/);
    const id = bob.newest('VOICEMAIL');
    expect(bob.send(`GET VOICEMAIL ${id} DURATION`)).toEqual([`VOICEMAIL ${id} DURATION 3`]);
    expect(bob.send(`GET VOICEMAIL ${id} PARTNER_HANDLE`)).toEqual([`VOICEMAIL ${id} PARTNER_HANDLE alice`]);
    expect(bob.send('SEARCH MISSEDVOICEMAILS')).toEqual([`VOICEMAILS ${id}`]);
    expect(alice.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS 3']);
    // What was recorded is one piece of the microphone's count.
    await using out = await PcmPort.open();
    bob.send(`ALTER VOICEMAIL ${id} SET_OUTPUT PORT="${out.port}"`);
    await out.connected;
    await settle();
    bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await until(w, bob, /STATUS PLAYED/);
    const heard = await out.received;
    expect(heard.length).toBeGreaterThanOrEqual(3 * 16_000);
    expect(heard.findIndex((sample, at) => at > 0 && sample !== ((heard[at - 1] ?? 0) % 1000) + 1)).toBe(-1);
    expect(bob.send('SEARCH MISSEDVOICEMAILS')).toEqual(['VOICEMAILS ']);
  });

  it('goes through every status in an order that its life cycle allows', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VM_DURATION 1$/);
    alice.send('ALTER VOICEMAIL 3 STOPRECORDING');
    await until(w, bob, /STATUS UNPLAYED/);
    expect(alice.told('VOICEMAIL 2 STATUS')).toEqual([
      'NOTDOWNLOADED',
      'DOWNLOADING',
      'PLAYING',
      'BUFFERING',
      'PLAYING',
      'PLAYED',
    ]);
    expect(alice.told('VOICEMAIL 3 STATUS')).toEqual(['BLANK', 'RECORDING', 'UPLOADING', 'UPLOADED']);
    expect(bob.told(`VOICEMAIL ${bob.newest('VOICEMAIL')} STATUS`)).toEqual([
      'NOTDOWNLOADED',
      'DOWNLOADING',
      'UNPLAYED',
    ]);
    for (const told of [alice.told('VOICEMAIL 2 STATUS'), alice.told('VOICEMAIL 3 STATUS')]) {
      for (const [index, to] of told.slice(1).entries())
        expect(canVoicemailMove(told[index] ?? '', to)).toBe(true);
    }
    expect(alice.told('CALL 1 STATUS').at(-1)).toBe('FINISHED');
  });

  it('ends by itself when the allowed time is over', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('CALLVOICEMAIL bob');
    await until(w, bob, /STATUS UNPLAYED/);
    expect(bob.told(`VOICEMAIL ${bob.newest('VOICEMAIL')} DURATION`)).toEqual(['20']);
  });

  it('is cancelled by hanging up during the greeting', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VOICEMAIL 2 DURATION [1-9]/);
    alice.send('ALTER CALL 1 HANGUP');
    await w.clock.advance(10_000);
    expect(alice.told('VOICEMAIL 3 STATUS')).toEqual(['BLANK', 'DELETING']);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS ']);
  });

  it('skips the greeting when the recording is started', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const alice = w.client('alice');
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VOICEMAIL 2 DURATION [1-9]/);
    const at = w.clock.now();
    expect(alice.send('ALTER VOICEMAIL 3 STARTRECORDING')[0]).toBe('ALTER VOICEMAIL 3 STARTRECORDING');
    await until(w, alice, /VOICEMAIL 3 STATUS RECORDING/);
    // Only the tone of 400 ms is left.
    expect(w.clock.now() - at).toBeLessThan(600);
  });

  it('records the voicemail’s redirected input, from the first sample', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VOICEMAIL 3 STATUS BLANK/);
    alice.send('ALTER VOICEMAIL 3 SET_INPUT FILE="speech.wav"');
    await until(w, alice, /^ALTER VOICEMAIL 3 SET_INPUT/);
    await until(w, alice, /VM_DURATION 2$/);
    alice.send('ALTER VOICEMAIL 3 STOPRECORDING');
    await until(w, bob, /STATUS UNPLAYED/);
    bob.send(`ALTER VOICEMAIL ${bob.newest('VOICEMAIL')} SET_OUTPUT FILE="copy.wav"`);
    await until(w, bob, /^ALTER VOICEMAIL/);
    bob.send(`ALTER VOICEMAIL ${bob.newest('VOICEMAIL')} STARTPLAYBACK`);
    await until(w, bob, /STATUS PLAYED/);
    const copy = await readVoice(join(root, 'copy.wav'));
    expect(copy.subarray(0, SPEECH.length)).toEqual(SPEECH);
    expect(copy.subarray(SPEECH.length).every((sample) => sample === 0)).toBe(true);
  });

  it('follows a call that is not answered, with the VM statuses', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    bob.send('SET PROFILE CALL_SEND_TO_VM True');
    alice.send('CALL bob');
    await until(w, alice, /VM_DURATION 2$/);
    alice.send('ALTER CALL 1 HANGUP');
    await until(w, bob, /STATUS UNPLAYED/);
    expect(alice.told('CALL 1 STATUS')).toEqual([
      'UNPLACED',
      'UNPLACED',
      'ROUTING',
      'RINGING',
      'VM_BUFFERING_GREETING',
      'VM_PLAYING_GREETING',
      'VM_RECORDING',
      'VM_UPLOADING',
      'VM_SENT',
    ]);
    expect(bob.told('CALL 2 STATUS')).toEqual(['RINGING', 'MISSED']);
  });

  it('follows when the callee sends the call there', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    bob.send('SET PROFILE CALL_SEND_TO_VM True');
    alice.send('CALL bob');
    await w.clock.advance(1000);
    bob.send(`ALTER CALL ${bob.newest('CALL')} END REDIRECT_TO_VOICEMAIL`);
    await until(w, alice, /VM_RECORDING/);
    alice.send('ALTER CALL 1 HANGUP');
    await until(w, alice, /VM_SENT/);
  });

  it.each([
    ['CALLVOICEMAIL none', 'ERROR 110 No voicemail capability'],
    ['CALLVOICEMAIL nobody.here', 'ERROR 8 Invalid user handle'],
    ['CALLVOICEMAIL !', 'ERROR 34 invalid user handle'],
    ['ALTER VOICEMAIL 99 DELETE', 'ERROR 529 VOICEMAIL: Invalid voicemail ID given'],
    ['OPEN VOICEMAIL 99', 'ERROR 512 Invalid voicemail id'],
    ['GET VOICEMAIL 99 STATUS', 'ERROR 513 Invalid voicemail object'],
  ])('%s is answered with %s', async (command, error) => {
    const { w } = await voicemailWorld();
    await using _ = w;
    expect(w.client('alice').send(command)).toEqual([error]);
  });
});

describe('a received voicemail', () => {
  async function deposited() {
    const { w, root } = await voicemailWorld();
    const file = await wavFile(root);
    const bob = w.client('bob');
    const id = await w.exchange.deposit({ to: 'bob', from: { handle: 'dora', fullName: 'Dora' }, file });
    return { w, root, bob, id, file };
  }

  it('is notified with its properties, waits to be downloaded, and is played to the sample', async () => {
    const { w, bob, id } = await deposited();
    await using _ = w;
    expect(bob.lines.slice(-8)).toEqual([
      `VOICEMAIL ${id} TYPE INCOMING`,
      `VOICEMAIL ${id} PARTNER_HANDLE dora`,
      `VOICEMAIL ${id} PARTNER_DISPNAME Dora`,
      `VOICEMAIL ${id} ALLOWED_DURATION 20`,
      `VOICEMAIL ${id} SUBJECT `,
      `VOICEMAIL ${id} TIMESTAMP 1174348800`,
      `VOICEMAIL ${id} DURATION 2`,
      `VOICEMAIL ${id} STATUS NOTDOWNLOADED`,
    ]);
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    await w.clock.advance(500);
    await using out = await PcmPort.open();
    bob.send(`ALTER VOICEMAIL ${id} SET_OUTPUT PORT="${out.port}"`);
    await out.connected;
    await settle();
    await w.clock.advance(1000);
    bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await until(w, bob, /STATUS PLAYED/);
    expect(await out.received).toEqual(SPEECH);
    expect(bob.send(`ALTER VOICEMAIL ${id} SETUNPLAYED`)).toEqual([
      `ALTER VOICEMAIL ${id} SETUNPLAYED`,
      `VOICEMAIL ${id} STATUS UNPLAYED`,
    ]);
  });

  it('stops being played when told to', async () => {
    const { w, bob, id } = await deposited();
    await using _ = w;
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    await w.clock.advance(500);
    expect(bob.send(`OPEN VOICEMAIL ${id}`)[0]).toBe(`OPEN VOICEMAIL ${id}`);
    await until(w, bob, /STATUS PLAYING/);
    expect(bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`)).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
    bob.send(`ALTER VOICEMAIL ${id} STOPPLAYBACK`);
    await until(w, bob, /STATUS PLAYED/);
    expect(w.clock.now()).toBeLessThan(1500);
  });

  it('is played into a call, to both ends', async () => {
    const { w, bob, id } = await deposited();
    await using _ = w;
    const alice = w.client('alice');
    await using atAlice = await PcmPort.open();
    await using atBob = await PcmPort.open();
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    alice.send('CALL bob');
    await w.clock.advance(1000);
    bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
    alice.send(`ALTER CALL ${alice.newest('CALL')} SET_OUTPUT PORT="${atAlice.port}"`);
    bob.send(`ALTER CALL ${bob.newest('CALL')} SET_OUTPUT PORT="${atBob.port}"`);
    await Promise.all([atAlice.connected, atBob.connected]);
    await settle();
    bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACKINCALL`);
    await until(w, bob, /STATUS PLAYED/);
    bob.send(`ALTER CALL ${bob.newest('CALL')} HANGUP`);
    for (const heard of await Promise.all([atAlice.received, atBob.received])) {
      const from = heard.findIndex((sample) => sample !== 0);
      const first = SPEECH.findIndex((sample) => sample !== 0);
      expect(heard.subarray(from - first, from - first + SPEECH.length)).toEqual(SPEECH);
    }
  });

  it('is deleted with its file; a file elsewhere is kept', async () => {
    const { w, bob, id, file } = await deposited();
    await using _ = w;
    expect(bob.send(`ALTER VOICEMAIL ${id} DELETE`)).toEqual([
      `ALTER VOICEMAIL ${id} DELETE`,
      `VOICEMAIL ${id} STATUS DELETING`,
    ]);
    expect(bob.send(`ALTER VOICEMAIL ${id} DELETE`)).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS ']);
    expect(existsSync(file)).toBe(true);
    await w.exchange.close();
  });
});

describe('a greeting', () => {
  it('is recorded by its owner, and heard by those who leave a voicemail', async () => {
    const stateFolder = folder();
    const { w } = await voicemailWorld({ stateFolder });
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    const list = bob.send('SEARCH GREETING bob')[0] ?? '';
    const id = Number(list.split(' ')[1]);
    bob.send(`ALTER VOICEMAIL ${id} SET_INPUT FILE="speech.wav"`);
    await until(w, bob, /SET_INPUT/);
    bob.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await until(w, bob, /STATUS RECORDING/);
    for (let second = 0; second < 50; second++) {
      await settle();
      await w.clock.advance(20);
    }
    bob.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, bob, /STATUS UPLOADED/);
    expect(readdirSync(join(stateFolder, 'voicemails'))).toEqual([`${id}.wav`]);
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /TYPE CUSTOM_GREETING/);
    await until(w, alice, /VOICEMAIL \d+ DURATION 1$/);
    alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
  });
});

describe('the streams of a voicemail that is not played', () => {
  it.each([
    [
      'when it is deleted',
      (_w: World, bob: Client, id: number) => void bob.send(`ALTER VOICEMAIL ${id} DELETE`),
    ],
    ['when the exchange closes', (w: World) => void w.exchange.close()],
  ])('are closed %s', async (_when, act) => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const bob = w.client('bob');
    const id = await w.exchange.deposit({ to: 'bob', from: { handle: 'dora' }, file: await wavFile(root) });
    await using out = await PcmPort.open();
    bob.send(`ALTER VOICEMAIL ${id} SET_OUTPUT PORT="${out.port}"`);
    await out.connected;
    await until(w, bob, /^ALTER VOICEMAIL/);
    act(w, bob, id);
    expect(await out.received).toEqual(new Int16Array());
  });

  it('are those of the sound card again after it was played', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const bob = w.client('bob');
    const id = await w.exchange.deposit({ to: 'bob', from: { handle: 'dora' }, file: await wavFile(root) });
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    await w.clock.advance(500);
    bob.send(`ALTER VOICEMAIL ${id} SET_OUTPUT FILE="copy.wav"`);
    await until(w, bob, /^ALTER VOICEMAIL \d+ SET_OUTPUT/);
    expect(bob.send(`GET VOICEMAIL ${id} OUTPUT`)).toEqual([`VOICEMAIL ${id} OUTPUT FILE="copy.wav"`]);
    bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await until(w, bob, /STATUS PLAYED/);
    expect(bob.send(`GET VOICEMAIL ${id} OUTPUT`)).toEqual([`VOICEMAIL ${id} OUTPUT SOUNDCARD="default"`]);
  });
});
