import { describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import { VoicemailFailedError } from '../../../src/control/call/voicemail.js';
import { nextVoicemailState, type VoicemailState } from '../../../src/control/call/voicemail-life.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import {
  VOICEMAIL_FAILURE_REASONS,
  VOICEMAIL_STATUSES,
} from '../../../src/protocol/status/voicemail-status.js';
import { type Script, ScriptedEndpoint } from '../scripted-endpoint.js';

async function attached(script: Script | Readonly<Record<string, string>> = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0 });
  return { endpoint, client };
}

describe('voicemails', () => {
  test('a voicemail is left by a call', async () => {
    const { endpoint, client } = await attached({ 'CALLVOICEMAIL echo123': 'CALL 3 STATUS ROUTING' });
    const call = await client.leaveVoicemail('echo123');
    const sent = call.reached('VM_SENT');
    await endpoint.say('CALL 3 STATUS VM_RECORDING', 'CALL 3 STATUS VM_UPLOADING', 'CALL 3 STATUS VM_SENT');
    expect((await sent).phase).toBe('ended');
  });

  test('an incoming voicemail is emitted, and followed until it is deleted', async () => {
    const { endpoint, client } = await attached((command) =>
      command.startsWith('ALTER ') ? command : undefined,
    );
    const told: number[] = [];
    client.on('voicemail', ({ id }) => told.push(id));
    await endpoint.say('VOICEMAIL 70 STATUS NOTDOWNLOADED');
    const voicemail = client.voicemail(70);
    await voicemail.download();
    await endpoint.say('VOICEMAIL 70 STATUS DOWNLOADING', 'VOICEMAIL 70 STATUS UNPLAYED');
    expect((await voicemail.reached('UNPLAYED')).phase).toBe('at-rest');
    await voicemail.startPlayback();
    await voicemail.stopPlayback();
    await voicemail.markUnplayed();
    await voicemail.delete();
    await endpoint.say('VOICEMAIL 70 STATUS DELETING', 'VOICEMAIL 70 STATUS UNPLAYED');
    const states: string[] = [];
    for await (const { status } of voicemail.states()) states.push(status);
    expect(states).toEqual(['NOTDOWNLOADED', 'DOWNLOADING', 'UNPLAYED', 'DELETING']);
    expect(told).toEqual([70]);
    expect(endpoint.commands.slice(2)).toEqual(
      ['DOWNLOAD', 'STARTPLAYBACK', 'STOPPLAYBACK', 'SETUNPLAYED', 'DELETE'].map(
        (action) => `ALTER VOICEMAIL 70 ${action}`,
      ),
    );
  });

  test('a failure ends the wait, with its reason', async () => {
    const { endpoint, client } = await attached({
      'GET VOICEMAIL 70 FAILUREREASON': 'VOICEMAIL 70 FAILUREREASON CONNECT_ERROR',
    });
    const voicemail = client.voicemail(70);
    const reached = expect(voicemail.reached('PLAYED')).rejects.toThrow(VoicemailFailedError);
    await endpoint.say('VOICEMAIL 70 STATUS FAILED');
    await reached;
    await expect(voicemail.reached('PLAYED')).rejects.toMatchObject({
      code: 'ERR_VOICEMAIL_FAILED',
      failureReason: 'CONNECT_ERROR',
    });
  });

  test('a failure has its reason, notified before the status, after it, or again later', async () => {
    const { endpoint, client } = await attached();
    const voicemail = client.voicemail(70);
    const told: VoicemailState[] = [];
    voicemail.on('state', (state) => told.push(state));
    for (const line of [
      'FAILUREREASON CONNECT_ERROR',
      'STATUS FAILED',
      'STATUS DOWNLOADING',
      'STATUS FAILED',
      'FAILUREREASON CONNECT_ERROR',
      'STATUS DOWNLOADING',
      'STATUS UNPLAYED',
      'FAILUREREASON PLAYBACK_ERROR',
      'STATUS PLAYING',
      'STATUS FAILED',
      'FAILUREREASON SOMETHING_NEW',
      'FAILUREREASON SOMETHING_NEW',
    ]) {
      await endpoint.say(`VOICEMAIL 70 ${line}`);
    }
    const lives = told.map((state) =>
      state.phase === 'failed' ? [state.status, state.reason] : [state.status],
    );
    expect(lives).toEqual([
      ['FAILED', 'CONNECT_ERROR'],
      ['DOWNLOADING'],
      ['FAILED', undefined],
      ['FAILED', 'CONNECT_ERROR'],
      ['DOWNLOADING'],
      ['UNPLAYED'],
      ['PLAYING'],
      ['FAILED', undefined],
      ['FAILED', 'SOMETHING_NEW'],
    ]);
  });

  test('every status of the reference is a state, and the last one stays', () => {
    const phases: Record<string, string[]> = {};
    for (const status of VOICEMAIL_STATUSES) {
      const { phase } = nextVoicemailState(undefined, { status }, 1);
      phases[phase] = [...(phases[phase] ?? []), status];
    }
    expect(phases).toEqual({
      'at-rest': ['NOTDOWNLOADED', 'UNPLAYED', 'PLAYED', 'BLANK', 'RECORDED', 'UPLOADED'],
      transferring: ['DOWNLOADING', 'UPLOADING'],
      playing: ['BUFFERING', 'PLAYING'],
      recording: ['RECORDING'],
      failed: ['FAILED'],
      deleted: ['DELETING'],
      other: ['UNKNOWN'],
    });
    const deleted = nextVoicemailState(undefined, { status: 'DELETING' }, 1);
    for (const status of VOICEMAIL_STATUSES) expect(nextVoicemailState(deleted, { status }, 2)).toBe(deleted);
    for (const reason of VOICEMAIL_FAILURE_REASONS) {
      expect(nextVoicemailState(undefined, { status: 'FAILED', reason }, 1)).toMatchObject({ reason });
    }
  });

  test('a voicemail has its own streams', async () => {
    const { endpoint, client } = await attached((command) =>
      command.startsWith('ALTER ') ? command : undefined,
    );
    await client.voicemail(70).output.set([{ kind: 'port', port: 5001 }]);
    expect(endpoint.commands.at(-1)).toBe('ALTER VOICEMAIL 70 SET_OUTPUT PORT="5001"');
  });
});

describe('users and the profile', () => {
  test('a property of a user is requested once, and kept up to date', async () => {
    const { endpoint, client } = await attached({
      'GET USER echo123 FULLNAME': 'USER echo123 FULLNAME Echo / Sound Test',
      'GET USER echo123 BIRTHDAY': 'USER echo123 BIRTHDAY 0',
    });
    const user = client.user('echo123');
    expect(await user.get('FULLNAME')).toBe('Echo / Sound Test');
    expect(await user.get('BIRTHDAY')).toBeUndefined();
    await endpoint.say('USER echo123 FULLNAME Echo');
    expect(await client.user('echo123').get('FULLNAME')).toBe('Echo');
    expect(endpoint.commands.slice(2)).toEqual(['GET USER echo123 FULLNAME', 'GET USER echo123 BIRTHDAY']);
    expect(() => client.user('a b')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });

  test('forwarding rules', async () => {
    const { endpoint, client } = await attached({
      'GET PROFILE CALL_APPLY_CF': 'PROFILE CALL_APPLY_CF FALSE',
      'GET PROFILE CALL_NOANSWER_TIMEOUT': 'PROFILE CALL_NOANSWER_TIMEOUT 15',
      'GET PROFILE CALL_FORWARD_RULES': 'PROFILE CALL_FORWARD_RULES 0,30,+3725555 30,60,mike',
      'GET PROFILE CALL_SEND_TO_VM': 'PROFILE CALL_SEND_TO_VM TRUE',
      'SET PROFILE CALL_FORWARD_RULES 0,20,mike': 'PROFILE CALL_FORWARD_RULES 0,20,mike',
      'SET PROFILE CALL_APPLY_CF TRUE': 'PROFILE CALL_APPLY_CF TRUE',
    });
    expect(await client.profile.forwarding()).toEqual({
      enabled: false,
      noAnswerSec: 15,
      rules: [
        { startSec: 0, endSec: 30, target: '+3725555' },
        { startSec: 30, endSec: 60, target: 'mike' },
      ],
      toVoicemail: true,
    });
    const asked = endpoint.commands.length;
    await client.profile.setForwarding({
      enabled: true,
      rules: [{ startSec: 0, endSec: 20, target: 'mike' }],
    });
    expect(endpoint.commands.slice(asked)).toEqual([
      'SET PROFILE CALL_FORWARD_RULES 0,20,mike',
      'SET PROFILE CALL_APPLY_CF TRUE',
    ]);
    expect((await client.profile.forwarding()).enabled).toBe(true);
    for (const rule of [
      { startSec: 30, endSec: 30, target: 'mike' },
      { startSec: -1, endSec: 30, target: 'mike' },
      { startSec: 0, endSec: 30, target: 'mike,bob' },
    ]) {
      await expect(client.profile.setForwarding({ rules: [rule] })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG',
      });
    }
  });
});

test('devices and mute', async () => {
  const { endpoint, client } = await attached({
    'GET AUDIO_IN': 'AUDIO_IN USB Microphone',
    'SET AUDIO_OUT': 'AUDIO_OUT',
    'SET RINGER nowhere': 'ERROR 50 Audio device error',
    'GET MUTE': 'MUTE OFF',
    'SET MUTE ON': 'MUTE ON',
  });
  expect(await client.devices.get('audioIn')).toBe('USB Microphone');
  await client.devices.set('audioOut', '');
  await expect(client.devices.set('ringer', 'nowhere')).rejects.toMatchObject({ number: 50 });
  expect(await client.devices.muted()).toBe(false);
  await client.devices.mute(true);
  expect(await client.devices.muted()).toBe(true);
  await endpoint.say('MUTE OFF', 'USERSTATUS AWAY');
  expect(await client.devices.muted()).toBe(false);
  expect(await client.parameters.get('USERSTATUS')).toBe('AWAY');
});
