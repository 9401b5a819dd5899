import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { type Script, ScriptedEndpoint, settled } from '../scripted-endpoint.js';

async function attached(script: Script | Readonly<Record<string, string>> = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), {
    pingIntervalMs: 0,
    clock: new VirtualClock(1000),
  });
  return { endpoint, client };
}

async function calling(script: Readonly<Record<string, string>> = {}) {
  const { endpoint, client } = await attached({ 'CALL echo123': 'CALL 5 STATUS UNPLACED', ...script });
  return { endpoint, client, call: await client.call('echo123') };
}

/** Commands that came after the attachment and the call. */
const afterCall = (endpoint: ScriptedEndpoint) => endpoint.commands.slice(3);

describe('placing a call', () => {
  test.each([
    ['a user', 'echo123', 'CALL echo123'],
    ['a phone number', '+18005551234', 'CALL +18005551234'],
    ['a speed-dial code', '7', 'CALL 7'],
    ['a conference', ['echo123', '+18005551234', 'test'], 'CALL echo123, +18005551234, test'],
  ])('to %s', async (_, target, command) => {
    const { endpoint, client } = await attached({ [command]: 'CALL 9 STATUS UNPLACED' });
    expect((await client.call(target)).id).toBe(9);
    expect(endpoint.commands.at(-1)).toBe(command);
  });

  test.each(['', ' ', 'a,b', 'a\nb'])(
    'a target like %j is refused without sending a command',
    async (target) => {
      const { endpoint, client } = await attached();
      await expect(client.call(target)).rejects.toMatchObject({
        code: expect.stringMatching(/ARG|LINE_BREAK/),
      });
      await expect(client.call([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
      expect(endpoint.commands).toHaveLength(2);
    },
  );

  test.each([34, 39, 73, 91, 92])('ERROR %i is given with its number', async (number) => {
    const { client } = await attached({ 'CALL 112': `ERROR ${number} no` });
    await expect(client.call('112')).rejects.toMatchObject({ code: 'ERR_API', number, text: 'no' });
  });

  test('the notification can come before the answer, which is then out of date', async () => {
    const { endpoint, client } = await attached();
    const calling = client.call('echo123');
    const id = await endpoint.idOf('CALL echo123');
    await endpoint.say('CALL 651 STATUS ROUTING', `${id} CALL 651 STATUS UNPLACED`);
    const call = await calling;
    expect(call.status).toBe('ROUTING');
    expect(call.history.map(({ status }) => status)).toEqual(['ROUTING']);
  });
});

describe('following a call', () => {
  test('states() gives each state once, from the first to the end', async () => {
    const { endpoint, call } = await calling();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { status } of call.states()) seen.push(status);
    })();
    await endpoint.say(
      'CALL 5 STATUS ROUTING',
      'CALL 5 STATUS ROUTING',
      'CALL 5 STATUS RINGING',
      'CALL 5 DURATION 1',
    );
    await endpoint.say('CALL 5 STATUS INPROGRESS', 'CALL 5 STATUS FINISHED', 'CALL 5 STATUS RINGING');
    await reading;
    expect(seen).toEqual(['UNPLACED', 'ROUTING', 'RINGING', 'INPROGRESS', 'FINISHED']);
    expect(call.over).toBe(true);
    const again: string[] = [];
    for await (const { status } of call.states()) again.push(status);
    expect(again).toEqual(seen);
  });

  test('reached() resolves now or later', async () => {
    const { endpoint, call } = await calling();
    expect((await call.reached('UNPLACED')).phase).toBe('placing');
    const reached = call.reached('INPROGRESS');
    await endpoint.say('CALL 5 STATUS RINGING', 'CALL 5 STATUS INPROGRESS');
    expect(await reached).toMatchObject({ phase: 'talking', answeredAtMs: 1000 });
  });

  test('reached() rejects with the reason of a failure, notified before or after it', async () => {
    const { endpoint, call } = await calling({ 'GET CALL 5 FAILUREREASON': 'CALL 5 FAILUREREASON 3' });
    const reached = expect(call.reached('INPROGRESS')).rejects.toMatchObject({
      code: 'ERR_CALL_ENDED',
      status: 'FAILED',
      failureReason: 3,
      failureText: 'User is offline',
      message: expect.stringContaining('User is offline'),
    });
    await endpoint.say('CALL 5 STATUS FAILED');
    await reached;
    await expect(call.reached('INPROGRESS')).rejects.toMatchObject({ failureReason: 3 });
  });

  test('a busy line and a signal end the wait', async () => {
    const { endpoint, call } = await calling();
    const abort = new AbortController();
    const aborted = call.reached('INPROGRESS', { signal: abort.signal });
    abort.abort('enough');
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
    const busy = expect(call.reached('INPROGRESS')).rejects.toMatchObject({
      status: 'BUSY',
      failureReason: undefined,
    });
    await endpoint.say('CALL 5 STATUS BUSY');
    await busy;
    expect(await call.ended()).toBe('BUSY');
  });

  test('an incoming call and a received digit are emitted', async () => {
    const { endpoint, client } = await attached();
    const incoming: number[] = [];
    const digits: string[] = [];
    client.on('call', (call) => {
      incoming.push(call.id);
      call.on('dtmf', (digit) => digits.push(digit));
    });
    await endpoint.say(
      'CALL 8 STATUS RINGING',
      'CALL 8 STATUS INPROGRESS',
      'CALL 8 DTMF 5',
      'CALL 8 DTMF 5',
      'CALL 8 DTMF #',
    );
    expect(incoming).toEqual([8]);
    expect(digits).toEqual(['5', '5', '#']);
  });
});

describe('properties', () => {
  test('are asked for once and then kept up to date by notifications', async () => {
    const { endpoint, call } = await calling({ 'GET CALL 5 DURATION': 'CALL 5 DURATION 3' });
    expect(await Promise.all([call.get('DURATION'), call.get('DURATION')])).toEqual([3, 3]);
    await endpoint.say('CALL 5 DURATION 4');
    expect(await call.get('DURATION')).toBe(4);
    expect(call.known('DURATION')).toBe(4);
    expect(call.known('PSTN_NUMBER')).toBeUndefined();
    expect(afterCall(endpoint)).toEqual(['GET CALL 5 DURATION']);
    expect(await call.get('DURATION', { fresh: true })).toBe(3);
  });

  test('an answer that is older than a notification does not restore the old value', async () => {
    const { endpoint, call } = await calling();
    const asked = call.get('CONF_ID');
    const id = await endpoint.idOf('GET CALL 5 CONF_ID');
    await endpoint.say('CALL 5 CONF_ID 17930', `${id} CALL 5 CONF_ID 0`);
    expect(await asked).toBe(17_930);
  });

  test('changes are emitted once', async () => {
    const { endpoint, call } = await calling();
    const changes: string[] = [];
    call.on('property', (name, value) => changes.push(`${name} ${value}`));
    await endpoint.say(
      'CALL 5 VIDEO_STATUS VIDEO_NONE',
      'CALL 5 VIDEO_STATUS VIDEO_NONE',
      'CALL 5 DURATION 1',
    );
    expect(changes).toEqual(['VIDEO_STATUS VIDEO_NONE', 'DURATION 1']);
  });
});

describe('actions', () => {
  const echo: Script = (command) => (/^(ALTER|SET) /.test(command) ? command : undefined);

  test.each([
    ['answer', 'ANSWER'],
    ['hold', 'HOLD'],
    ['resume', 'RESUME'],
    ['hangUp', 'HANGUP'],
    ['refuse', 'END HANGUP'],
    ['redirectToVoicemail', 'END REDIRECT_TO_VOICEMAIL'],
    ['forward', 'END FORWARD_CALL'],
  ] as const)('%s', async (action, words) => {
    const { endpoint, call } = await calling();
    endpoint.script = echo;
    await call[action]();
    expect(endpoint.commands.at(-1)).toBe(`ALTER CALL 5 ${words}`);
  });

  test('hangUp does nothing when the call is over', async () => {
    const { endpoint, call } = await calling();
    await endpoint.say('CALL 5 STATUS FINISHED');
    await call.hangUp();
    expect(afterCall(endpoint)).toEqual([]);
  });

  test('digits are checked, and sent one by one', async () => {
    const { endpoint, call } = await calling();
    endpoint.script = echo;
    await call.sendDtmf('1*#');
    expect(afterCall(endpoint)).toEqual([
      'ALTER CALL 5 DTMF 1',
      'ALTER CALL 5 DTMF *',
      'ALTER CALL 5 DTMF #',
    ]);
    await expect(call.sendDtmf('12A')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(call.sendDtmf('')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  test('video, seen, cost', async () => {
    const { endpoint, call } = await calling({
      'SET CALL 5 SEEN': 'CALL 5 SEEN TRUE',
      'GET CALL 5 RATE': 'CALL 5 RATE 1234',
      'GET CALL 5 RATE_PRECISION': 'CALL 5 RATE_PRECISION 2',
      'GET CALL 5 RATE_CURRENCY': 'CALL 5 RATE_CURRENCY EUR',
      'ALTER CALL 5 START_VIDEO_SEND': 'ALTER CALL 5 START_VIDEO_SEND',
      'ALTER CALL 5 STOP_VIDEO_RECEIVE': 'ALTER CALL 5 STOP_VIDEO_RECEIVE',
    });
    await call.markSeen();
    await call.sendVideo(true);
    await call.receiveVideo(false);
    expect(afterCall(endpoint)).toEqual([
      'SET CALL 5 SEEN',
      'ALTER CALL 5 START_VIDEO_SEND',
      'ALTER CALL 5 STOP_VIDEO_RECEIVE',
    ]);
    expect(await call.cost()).toEqual({ perMinute: 12.34, currency: 'EUR' });
  });

  test('a transfer first asks CAN_TRANSFER', async () => {
    const { endpoint, call } = await calling({
      'GET CALL 5 CAN_TRANSFER test': 'CALL 5 CAN_TRANSFER test TRUE',
      'GET CALL 5 CAN_TRANSFER +3721234567': 'CALL 5 CAN_TRANSFER +3721234567 FALSE',
      'ALTER CALL 5 TRANSFER test': 'ALTER CALL 5 TRANSFER',
    });
    await call.transfer('test');
    expect(endpoint.commands.at(-1)).toBe('ALTER CALL 5 TRANSFER test');
    await expect(call.transfer(['test', '+3721234567'])).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('+3721234567'),
    });
    await expect(call.transfer([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(call.canTransfer('a, b')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  test('conferences: joining, the parties, the calls of one', async () => {
    const { endpoint, client, call } = await calling({
      'SET CALL 6 JOIN_CONFERENCE 5': 'CALL 6 CONF_ID 17930',
      'GET CALL 5 CONF_PARTICIPANTS_COUNT': 'CALL 5 CONF_PARTICIPANTS_COUNT 2',
      'GET CALL 5 CONF_PARTICIPANT 1': 'CALL 5 CONF_PARTICIPANT 1 echo123 INCOMING_P2P INPROGRESS Echo Test',
      'GET CALL 5 CONF_PARTICIPANT 2': 'CALL 5 CONF_PARTICIPANT 2 test INCOMING_P2P INPROGRESS Test',
    });
    await endpoint.say('CALL 6 STATUS INPROGRESS', 'CALL 7 STATUS INPROGRESS');
    await client.callById(6)!.joinConference(call);
    await endpoint.say('CALL 5 CONF_ID 17930', 'CALL 5 STATUS INPROGRESS');
    const conference = client.conference(17_930);
    expect(conference.calls.map(({ id }) => id)).toEqual([5, 6]);
    expect((await conference.participants()).map(({ handle }) => handle)).toEqual(['echo123', 'test']);
    await endpoint.say('CALL 6 STATUS FINISHED');
    expect(conference.calls.map(({ id }) => id)).toEqual([5]);
  });
});

describe('voice streams', () => {
  test('are got and set', async () => {
    const { endpoint, call } = await calling({
      'GET CALL 5 INPUT': 'CALL 5 INPUT SOUNDCARD="default", PORT="5001"',
      'ALTER CALL 5 SET_OUTPUT PORT="5002", FILE="C:\\a b.wav"': 'ALTER CALL 5 SET_OUTPUT PORT="5002"',
      'ALTER CALL 5 SET_CAPTURE_MIC': 'ALTER CALL 5 SET_CAPTURE_MIC',
    });
    expect(await call.input.get()).toEqual([
      { kind: 'soundcard', device: 'default' },
      { kind: 'port', port: 5001 },
    ]);
    await call.output.set([
      { kind: 'port', port: 5002 },
      { kind: 'file', path: 'C:\\a b.wav' },
    ]);
    await call.captureMic.clear();
    expect(endpoint.commands.at(-1)).toBe('ALTER CALL 5 SET_CAPTURE_MIC');
  });

  test.each([
    ['port 0', { kind: 'port', port: 0 }],
    ['port 65536', { kind: 'port', port: 65_536 }],
    ['a fraction of a port', { kind: 'port', port: 80.5 }],
    ['a quotation mark in a path', { kind: 'file', path: 'a".wav' }],
    ['a line break in a path', { kind: 'file', path: 'a\nCALL x' }],
    ['no path', { kind: 'file', path: '' }],
    ['another sound card', { kind: 'soundcard', device: 'hw:1' }],
  ] as const)('%s is refused without sending a command', async (_, target) => {
    const { endpoint, call } = await calling();
    await expect(call.input.set([target])).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_(INVALID_ARG|LINE_BREAK)/),
    });
    expect(afterCall(endpoint)).toEqual([]);
  });

  test('an endpoint that cannot connect answers ERROR 589', async () => {
    const { endpoint, call } = await calling();
    endpoint.script = () => 'ERROR 589 ALTER CALL: unable to alter input/output';
    await expect(call.redirect('OUTPUT', [{ kind: 'port', port: 1 }])).rejects.toMatchObject({ number: 589 });
  });
});

test('a client keeps the calls in progress and the newest of the others', async () => {
  const { endpoint, client } = await attached();
  await endpoint.say('CALL 1 STATUS INPROGRESS');
  const [live, old] = [client.callById(1)!, 2];
  await endpoint.say('CALL 2 STATUS FINISHED');
  const evicted = client.callById(old)!;
  await endpoint.say(...Array.from({ length: 1200 }, (_, index) => `CALL ${index + 10} STATUS FINISHED`));
  await settled();
  expect(client.callById(1)).toBe(live);
  expect(client.callById(old)).toBeUndefined();
  expect(evicted.status).toBe('FINISHED');
  expect(client.callById(1209)?.status).toBe('FINISHED');
});
