import { describe, expect, it } from 'vitest';
import { UI_SETTINGS, type UiSettingName } from '../../../src/protocol/account/ui-settings.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { folder } from '../world.js';
import { accountStage } from './account-stage.js';

const OPTION = '/users/alice/options/OPT_SKYPE_CALL_POLICY';

describe('flags', () => {
  it('are set, cleared and listed at every address of the service', async () => {
    await using stage = await accountStage();
    for (const base of ['/api/v1', '/flags/v1', '/flags', '/flags/api/v1']) {
      for (const flag of [14, 1, 15, 12]) {
        expect(await stage.ask(`PUT ${base}/${flag}`)).toMatchObject({ status: 204, body: '' });
      }
      expect(await stage.ask(`GET ${base}`)).toMatchObject({ status: 200, body: [1, 12, 14, 15] });
      for (const flag of [1, 12, 14, 15]) await stage.ask(`DELETE ${base}/${flag}`);
      expect((await stage.ask(`GET ${base}/`)).body).toEqual([]);
    }
  });

  it('are of the account alone, and outlive the exchange', async () => {
    const stateFolder = folder();
    {
      await using stage = await accountStage({ stateFolder });
      await stage.ask('PUT /api/v1/15');
      await stage.ask('PUT /api/v1/16');
      await stage.ask('DELETE /api/v1/16');
      await stage.ask(`POST ${OPTION}`, { form: { integerValue: '2' } });
      await stage.ask('POST /users/self/options/OPT_BYTES', { form: { binaryValue: 'AAECAw==' } });
      await stage.ask('POST /people/account/settings', {
        json: { Settings: [{ Name: 'Skype.AutoBuddy', Value: true }] },
      });
      expect((await stage.ask('GET /api/v1', { as: 'bob' })).body).toEqual([]);
    }
    await using stage = await accountStage({ stateFolder });
    expect((await stage.ask('GET /api/v1')).body).toEqual([15]);
    expect((await stage.ask(`GET ${OPTION}`)).body.optionInt).toBe(2);
    expect((await stage.ask('GET /users/self/options/OPT_BYTES')).body.optionBin).toBe('AAECAw==');
    expect((await stage.ask('GET /people/account/settings')).body.Settings).toHaveLength(1);
    expect(stage.failures).toEqual([]);
  });
});

describe('options', () => {
  it('are integers, texts or bytes in the first generation', async () => {
    await using stage = await accountStage();
    expect((await stage.ask('GET /users/alice/options/OPT_SKYPE_NAME')).body).toEqual({
      optionInt: 0,
      optionName: 'OPT_SKYPE_NAME',
      optionBin: null,
      optionStr: null,
    });
    for (const [field, given, shown] of [
      ['integerValue', '-7', { optionInt: -7, optionBin: null, optionStr: null }],
      ['stringValue', 'ä b', { optionInt: null, optionBin: null, optionStr: 'ä b' }],
      ['binaryValue', 'AAEC', { optionInt: null, optionBin: 'AAEC', optionStr: null }],
    ] as const) {
      const answer = { optionName: 'OPT_OTHER', ...shown };
      const path = '/users/alice/options/OPT_OTHER';
      expect(await stage.ask(`POST ${path}`, { form: { [field]: given } })).toMatchObject({
        status: 200,
        body: answer,
      });
      expect((await stage.ask(`GET ${path}`)).body).toEqual(answer);
    }
  });

  it('have the same values in both generations', async () => {
    await using stage = await accountStage();
    const second = '/options/v1/users/self/options/calling.skype-call-policy';
    expect((await stage.ask(`GET ${second}`)).body).toEqual({ value: 'EVERYONE_CAN_CALL' });
    await stage.ask(`PUT ${second}`, { json: { value: 'AUTHORIZED_CAN_CALL' } });
    expect((await stage.ask(`GET ${OPTION}`)).body.optionInt).toBe(2);
    await stage.ask(`POST ${OPTION}`, { form: { integerValue: '0' } });
    expect((await stage.ask(`GET ${second}`)).body).toEqual({ value: 'EVERYONE_CAN_CALL' });
    const other = '/options/v1/users/self/options/some.other-option';
    expect((await stage.ask(`GET ${other}`)).body).toEqual({ value: null });
    await stage.ask(`PUT ${other}`, { json: { value: 'x' } });
    expect((await stage.ask(`GET ${other}`)).body).toEqual({ value: 'x' });
  });

  it('determine who may call: the last setting counts', async () => {
    await using stage = await accountStage({
      users: [{ handle: 'alice', callsFrom: 'authorized' }, { handle: 'bob' }, { handle: 'carol' }],
    });
    const alice = stage.client('alice');
    const bob = stage.client('bob');
    const calling = async () => {
      bob.send('CALL alice');
      const id = bob.newest('CALL');
      await stage.clock.advance(3000);
      const status = bob.told(`CALL ${id} STATUS`).at(-1);
      bob.send(`ALTER CALL ${id} HANGUP`);
      await stage.clock.advance(1000);
      return status;
    };
    expect(await calling()).toBe('FAILED');
    await stage.ask(`POST ${OPTION}`, { form: { integerValue: '0' } });
    expect(await calling()).toBe('RINGING');
    await stage.ask(`POST ${OPTION}`, { form: { integerValue: '2' } });
    expect(await calling()).toBe('FAILED');
    alice.send('SET USER bob BUDDYSTATUS 2 hello');
    bob.send('SET USER alice ISAUTHORIZED TRUE');
    expect(await calling()).toBe('RINGING');
  });
});

describe('settings of the whole account', () => {
  it('are set as booleans and read as strings, Skype.AutoBuddy only when it is true', async () => {
    await using stage = await accountStage();
    const headers = { 'x-appid': '5c7a1e34-3a23-4a36-b2e6-7aa15be85f07', 'x-serializeas': 'purejson' };
    const path = '/people/account/settings';
    const set = (Value: unknown, Name = 'Skype.AutoBuddy') =>
      stage.ask(`POST ${path}`, { headers, json: { Settings: [{ Name, Value }] } });
    expect((await stage.ask(`GET ${path}`, { headers })).body).toEqual({ Settings: [] });
    expect((await set(true)).status).toBe(200);
    expect((await stage.ask(`GET ${path}`, { headers })).body).toEqual({
      Settings: [{ Name: 'Skype.AutoBuddy', Value: 'true' }],
    });
    await set(false);
    await set(false, 'Other.Setting');
    expect((await stage.ask(`GET ${path}`, { headers })).body).toEqual({
      Settings: [{ Name: 'Other.Setting', Value: 'false' }],
    });
    expect((await set('true')).status).toBe(400);
    expect((await stage.ask(`GET ${path}`)).body.Settings).toHaveLength(1);
  });
});

describe('settings of the web client', () => {
  it('follow from flags and options as its table says', async () => {
    await using stage = await accountStage();
    const { account } = stage.exchange.endpoint('alice').user;
    const names = Object.keys(UI_SETTINGS) as UiSettingName[];
    for (const name of names) {
      for (const [value, parts] of Object.entries<readonly object[]>(UI_SETTINGS[name].values)) {
        for (const part of parts as ({ flag: number; on: boolean } | { option: string; value: number })[]) {
          if ('flag' in part) await stage.ask(`${part.on ? 'PUT' : 'DELETE'} /api/v1/${part.flag}`);
          else
            await stage.ask(`POST /users/self/options/${part.option}`, {
              form: { integerValue: `${part.value}` },
            });
        }
        const shown = value === 'on' || value === 'off' ? value === 'on' : value;
        expect({ name, value: account.setting(name) }).toEqual({ name, value: shown });
      }
    }
    account.setFlag(15, true);
    account.setFlag(16, true);
    expect(account.setting('videoFrom')).toBe('nobody');
  });

  it('determine who may send video', async () => {
    await using stage = await accountStage({
      users: [
        { handle: 'alice', video: true, contacts: ['carol'] },
        { handle: 'bob', video: true },
        { handle: 'carol', video: true },
      ],
    });
    const videoOf = async (from: string) => {
      const caller = stage.client(from);
      caller.send('CALL alice');
      const id = caller.newest('CALL');
      const [answer = ''] = caller.send(`GET CALL ${id} VIDEO_SEND_STATUS`);
      await stage.clock.advance(2000);
      const alice = stage.client('alice');
      alice.send('SEARCH ACTIVECALLS');
      const [received = ''] = alice.send(
        `GET CALL ${/CALLS (\d+)/.exec(alice.lines.at(-1) ?? '')?.[1]} VIDEO_RECEIVE_STATUS`,
      );
      caller.send(`ALTER CALL ${id} HANGUP`);
      await stage.clock.advance(1000);
      return [answer, received].map((line) => line.split(' ').at(-1));
    };
    const free = ['AVAILABLE', 'AVAILABLE'];
    const barred = ['NOT_AVAILABLE', 'NOT_AVAILABLE'];
    expect(await videoOf('bob')).toEqual(free);
    await stage.ask('PUT /api/v1/15');
    expect(await videoOf('bob')).toEqual(barred);
    expect(await videoOf('carol')).toEqual(free);
    await stage.ask('PUT /api/v1/16');
    expect(await videoOf('carol')).toEqual(barred);
  });
});

it('robots and lines, which have no account, are let through as before', async () => {
  await using stage = await accountStage();
  await stage.ask('PUT /api/v1/16');
  const robot = new RobotDestination(
    { handle: 'robby', fullName: 'Robby', network: 'P2P' },
    { ringMs: 10, outcome: { kind: 'hung-up' }, steps: [], stay: false },
    stage.clock,
  );
  stage.exchange.addRobot(robot);
  stage.exchange.callFrom(robot.leg(), 'alice');
  await stage.clock.advance(1000);
  expect(stage.exchange.calls.map(({ partner }) => partner)).toEqual(['robby']);
});
