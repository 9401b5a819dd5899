import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VOICEMAIL_STEPS, type VoicemailFault } from '../../src/exchange/mailbox/voicemail-failure.js';
import { readVoice } from '../../src/exchange/voice/prompts.js';
import type { SoundCard } from '../../src/exchange/voice/sound-card.js';
import {
  canVoicemailMove,
  VOICEMAIL_FAILURE_REASONS,
} from '../../src/protocol/catalogue/voicemail-status.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../src/voice/wav/wav-writer.js';
import { canMount, smallDisk } from './disk.js';
import { PcmPort } from './ports.js';
import { type Client, folder, settle, type World, world } from './world.js';

const SPEECH = toneSamples({ frequency: 440, durationMs: 1234 });

async function wavFile(root: string, samples = SPEECH): Promise<string> {
  const path = join(root, 'speech.wav');
  await using wav = await WavWriter.create(path);
  await wav.write(samples);
  return path;
}

/** Lets time run until the client has got `line`, not counting the first `from` that it got. */
async function until(w: World, client: Client, line: RegExp, from = 0): Promise<void> {
  for (let step = 0; step < 3000 && !client.lines.slice(from).some((each) => line.test(each)); step++) {
    await settle();
    await w.clock.advance(20);
  }
  expect(
    client.lines.slice(from).filter((each) => line.test(each)),
    client.lines.join('\n'),
  ).not.toEqual([]);
}

/** Greetings of a second, so that messages begin soon. */
async function voicemailWorld(
  extra: { soundCard?: SoundCard; stateFolder?: string; faults?: readonly VoicemailFault[] } = {},
) {
  const root = folder();
  const greeting = await wavFile(root);
  const w = await world({
    users: [
      {
        handle: 'alice',
        ...(extra.soundCard && { soundCard: extra.soundCard }),
        ...(extra.faults && { voicemailFaults: extra.faults }),
      },
      { handle: 'bob', fullName: 'Bob', greeting, voicemailSeconds: 20 },
      { handle: 'none', voicemail: false },
    ],
    fileRoots: [root],
    ...(extra.stateFolder && { stateFolder: extra.stateFolder }),
  });
  return { w, root };
}

describe('leaving a voicemail', () => {
  it('by CALLVOICEMAIL records after the tone what the caller says, and nothing else', async () => {
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
    expect(bob.send('SEARCH MISSEDVOICEMAILS')).toEqual(['VOICEMAILS']);
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
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS']);
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

  it('takes what it records from the voicemail’s redirected input, from the first sample', async () => {
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

  it('comes of a call that is not answered, with the VM statuses', async () => {
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

  it('comes of a callee who sends the call there', async () => {
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

describe('a voicemail that is there', () => {
  async function deposited() {
    const { w, root } = await voicemailWorld();
    const file = await wavFile(root);
    const bob = w.client('bob');
    const id = await w.exchange.deposit({ to: 'bob', from: { handle: 'dora', fullName: 'Dora' }, file });
    return { w, root, bob, id, file };
  }

  it('is made known with its properties, waits to be downloaded, and is played to the sample', async () => {
    const { w, bob, id } = await deposited();
    await using _ = w;
    expect(bob.lines.slice(-8)).toEqual([
      `VOICEMAIL ${id} TYPE INCOMING`,
      `VOICEMAIL ${id} PARTNER_HANDLE dora`,
      `VOICEMAIL ${id} PARTNER_DISPNAME Dora`,
      `VOICEMAIL ${id} ALLOWED_DURATION 20`,
      `VOICEMAIL ${id} SUBJECT`,
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

  it('goes with its file when it is deleted; one that lies elsewhere stays', async () => {
    const { w, bob, id, file } = await deposited();
    await using _ = w;
    expect(bob.send(`ALTER VOICEMAIL ${id} DELETE`)).toEqual([
      `ALTER VOICEMAIL ${id} DELETE`,
      `VOICEMAIL ${id} STATUS DELETING`,
    ]);
    expect(bob.send(`ALTER VOICEMAIL ${id} DELETE`)).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS']);
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

describe('what goes wrong with a voicemail', () => {
  const failed = (client: Client, id: number) => ({
    status: client.told(`VOICEMAIL ${id} STATUS`).at(-1),
    reason: client.told(`VOICEMAIL ${id} FAILUREREASON`),
  });
  /** Alice has left bob a message, as far as that could be. */
  async function leaving(w: World, alice: Client): Promise<number> {
    const from = alice.lines.length;
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VM_DURATION 1$|^CALL \d+ STATUS FAILED$/, from);
    const id = alice.newest('VOICEMAIL');
    alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS (UPLOADED|FAILED)`));
    return id;
  }
  async function waiting(w: World, file: string, fault?: VoicemailFault): Promise<number> {
    const from = { handle: 'dora' };
    return w.exchange.deposit({ to: 'bob', from, file, ...(fault && { fault }) });
  }
  const download = async (w: World, bob: Client, id: number) => {
    const from = bob.lines.length;
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    await until(w, bob, new RegExp(`VOICEMAIL ${id} STATUS (UNPLAYED|FAILED)`), from);
  };

  it.each(VOICEMAIL_FAILURE_REASONS)('%s, at any step that a test chooses', async (reason) => {
    const faults = VOICEMAIL_STEPS.map((at) => ({ at, reason }));
    const { w, root } = await voicemailWorld({ faults });
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    // Of alice's two faults on the way, that at the greeting's download does not keep her from the tone.
    const first = await leaving(w, alice);
    expect(failed(alice, first)).toEqual({ status: 'FAILED', reason: [reason] });
    expect(alice.told(`VOICEMAIL ${first} STATUS`)).toEqual(['BLANK', 'RECORDING', 'FAILED']);
    expect(failed(alice, first - 1)).toEqual({ status: 'FAILED', reason: [reason] });
    const call = first - 2;
    expect(alice.told(`CALL ${call} STATUS`).at(-1)).toBe('FAILED');
    expect(alice.told(`CALL ${call} FAILUREREASON`)).toEqual([reason === 'RECORDING_ERROR' ? '12' : '1']);
    const second = await leaving(w, alice);
    expect(alice.told(`VOICEMAIL ${second} STATUS`)).toEqual(['BLANK', 'RECORDING', 'UPLOADING', 'FAILED']);
    expect(failed(alice, second).reason).toEqual([reason]);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS']);
    // What was recorded is still there, and can be uploaded.
    alice.send(`ALTER VOICEMAIL ${second} UPLOAD`);
    await until(w, bob, /STATUS UNPLAYED/);
    expect(alice.told(`VOICEMAIL ${second} STATUS`).at(-1)).toBe('UPLOADED');
    for (const at of ['download', 'playback'] as const) {
      const id = await waiting(w, await wavFile(root), { at, reason });
      await download(w, bob, id);
      bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
      await until(w, bob, new RegExp(`VOICEMAIL ${id} STATUS FAILED`));
      expect(failed(bob, id).reason).toEqual([reason]);
    }
  });

  it('fails a greeting as well, which can be recorded and uploaded again', async () => {
    const faults = [
      { at: 'record', reason: 'RECORDING_ERROR' },
      { at: 'upload', reason: 'CONNECT_ERROR' },
    ] as const;
    const { w } = await voicemailWorld({ faults });
    await using _ = w;
    const alice = w.client('alice');
    const id = Number(alice.send('SEARCH GREETING alice')[0]?.split(' ')[1]);
    alice.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await until(w, alice, /STATUS FAILED/);
    alice.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await settle();
    alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, alice, /FAILUREREASON CONNECT_ERROR/);
    await settle();
    alice.send(`ALTER VOICEMAIL ${id} UPLOAD`);
    await until(w, alice, /STATUS UPLOADED/);
    expect(alice.told(`VOICEMAIL ${id} STATUS`)).toEqual([
      'RECORDING',
      'FAILED',
      'RECORDING',
      'RECORDED',
      'UPLOADING',
      'FAILED',
      'UPLOADING',
      'UPLOADED',
    ]);
  });

  it('CONNECT_ERROR: nothing is uploaded or downloaded by who is offline', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('SET USERSTATUS OFFLINE');
    expect(failed(alice, await leaving(w, alice))).toEqual({ status: 'FAILED', reason: ['CONNECT_ERROR'] });
    bob.send('SET USERSTATUS OFFLINE');
    const id = await waiting(w, await wavFile(root));
    await download(w, bob, id);
    expect(failed(bob, id)).toEqual({ status: 'FAILED', reason: ['CONNECT_ERROR'] });
    bob.send('SET USERSTATUS ONLINE');
    await download(w, bob, id);
    expect(failed(bob, id).status).toBe('UNPLAYED');
  });

  it('NO_VOICEMAIL_PRIVILEGE: a greeting of who has no voicemail', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const none = w.client('none');
    const id = Number(none.send('SEARCH GREETING none')[0]?.split(' ')[1]);
    none.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await settle();
    none.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, none, /STATUS FAILED/);
    expect(failed(none, id).reason).toEqual(['NO_VOICEMAIL_PRIVILEGE']);
  });

  it('NO_SUCH_VOICEMAIL and FILE_READ_ERROR: audio that is gone, and audio that is damaged', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const bob = w.client('bob');
    const file = await wavFile(root);
    const [gone, damaged] = [await waiting(w, file), await waiting(w, file)];
    await download(w, bob, damaged);
    writeFileSync(file, 'RIFF and nothing more');
    bob.send(`ALTER VOICEMAIL ${damaged} STARTPLAYBACK`);
    await until(w, bob, new RegExp(`VOICEMAIL ${damaged} STATUS FAILED`));
    expect(failed(bob, damaged).reason).toEqual(['FILE_READ_ERROR']);
    rmSync(file);
    await download(w, bob, gone);
    expect(failed(bob, gone).reason).toEqual(['NO_SUCH_VOICEMAIL']);
    expect(w.failures).toHaveLength(2);
  });

  it('RECORDING_ERROR and PLAYBACK_ERROR: a microphone and a speaker that fail', async () => {
    const broken = new Set<'capture' | 'play'>(['capture']);
    const device = (name: 'capture' | 'play') => () => {
      if (broken.has(name)) throw new Error(`no ${name}`);
    };
    const { w } = await voicemailWorld({ soundCard: { capture: device('capture'), play: device('play') } });
    await using _ = w;
    const alice = w.client('alice');
    expect(failed(alice, await leaving(w, alice))).toEqual({ status: 'FAILED', reason: ['RECORDING_ERROR'] });
    expect(alice.told('CALL 1 FAILUREREASON')).toEqual(['12']);
    broken.clear();
    const id = await leaving(w, alice);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS UPLOADED`));
    await settle();
    broken.add('play');
    alice.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS FAILED`));
    expect(failed(alice, id).reason).toEqual(['PLAYBACK_ERROR']);
  });

  it.skipIf(!canMount)(
    'FILE_WRITE_ERROR: a disk that is full (skipped where no disk can be mounted)',
    async () => {
      await using disk = smallDisk(256 * 1024);
      const { w } = await voicemailWorld({ stateFolder: disk.path });
      await using _ = w;
      const [alice, bob] = [w.client('alice'), w.client('bob')];
      alice.send('CALLVOICEMAIL bob');
      // 32 kB a second.
      await until(w, alice, /VM_DURATION 10$/);
      const id = alice.newest('VOICEMAIL');
      alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
      await until(w, alice, /STATUS FAILED/);
      expect(failed(alice, id)).toEqual({ status: 'FAILED', reason: ['FILE_WRITE_ERROR'] });
      expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS']);
      expect(w.failures).not.toEqual([]);
    },
  );
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

  it('are those of the sound card again when it was played', async () => {
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
