import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';
import { SimulatedSms, type SimulatedSmsOptions } from '../../../src/exchange/sms/simulated-sms.js';
import { SMS_REFUSALS, type SmsDispatch, type SmsGateway } from '../../../src/exchange/sms/sms-gateway.js';
import { type Client, EPOCH_MS, folder, type World, world } from '../world.js';

const RICH = { PSTN_BALANCE: '5000' };

/** An exchange whose user has money, and texts that arrive as the options say. */
async function phones(options: SimulatedSmsOptions = {}, more: ExchangeOptions = {}) {
  const clock = new VirtualClock(EPOCH_MS);
  const gateway = new SimulatedSms(clock, options);
  const users = [
    { handle: 'alice', profile: RICH },
    { handle: 'bob', profile: RICH },
  ];
  const w = await world({ smsGateway: gateway, users, ...more }, clock);
  return { w, gateway };
}

function create(client: Client, numbers: string, type = 'OUTGOING'): number {
  return Number(
    /^SMS (\d+) STATUS COMPOSING$/.exec(client.send(`CREATE SMS ${type} ${numbers}`)[0] ?? '')?.[1],
  );
}

function write(client: Client, numbers: string, body = 'hello', type = 'OUTGOING'): number {
  const id = create(client, numbers, type);
  if (body !== '') client.send(`SET SMS ${id} BODY "${body}"`);
  return id;
}

/** Sends a message that is written. @returns the lines that came from then on. */
async function sent(w: World, client: Client, id: number, ms = 10_000): Promise<string[]> {
  await w.clock.advance(1000);
  client.fresh();
  client.send(`ALTER SMS ${id} SEND`);
  await w.clock.advance(ms);
  return client.fresh();
}

describe('a short message', () => {
  it('is paid for exactly when it is sent, wherever a kill cuts off the stored state', async () => {
    const stateFolder = folder();
    {
      const { w } = await phones({}, { stateFolder });
      await using _ = w;
      for (const body of ['one', 'two']) await sent(w, w.client(), write(w.client(), '+3725551', body));
    }
    const path = join(stateFolder, 'exchange.jsonl');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    for (const end of lines.keys()) {
      writeFileSync(
        path,
        lines
          .slice(0, end + 1)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const { w } = await phones({}, { stateFolder });
      await using _ = w;
      const ids = w.client().send('SEARCH SMSS')[0]?.match(/\d+/g) ?? [];
      const paid = ids.filter((id) =>
        /DELIVERED|SENT_TO_SERVER/.test(w.client().send(`GET SMS ${id} STATUS`)[0] ?? ''),
      );
      expect(w.client().send('GET PROFILE PSTN_BALANCE')).toEqual([
        `PROFILE PSTN_BALANCE ${5000 - 8 * paid.length}`,
      ]);
    }
  });

  it('is sent, paid for, and delivered number by number', async () => {
    const { w, gateway } = await phones();
    await using _ = w;
    const [alice, other, bob] = [w.client('alice'), w.client('alice'), w.client('bob')];
    const id = write(alice, '+3725551, +3725552', 'x'.repeat(161));
    other.fresh();
    expect(await sent(w, alice, id)).toEqual([
      `ALTER SMS ${id} SEND`,
      `SMS ${id} STATUS SENDING_TO_SERVER`,
      `SMS ${id} TIMESTAMP ${EPOCH_MS / 1000 + 1}`,
      `SMS ${id} TARGET_STATUSES +3725551=TARGET_ACCEPTABLE, +3725552=TARGET_ACCEPTABLE`,
      `SMS ${id} TARGET_STATUSES +3725551=TARGET_DELIVERY_PENDING, +3725552=TARGET_DELIVERY_PENDING`,
      `SMS ${id} STATUS SENT_TO_SERVER`,
      // Two chunks to two numbers at 7.8 cents.
      'PROFILE PSTN_BALANCE 4968',
      `SMS ${id} TARGET_STATUSES +3725551=TARGET_DELIVERY_SUCCESSFUL, +3725552=TARGET_DELIVERY_PENDING`,
      `SMS ${id} TARGET_STATUSES +3725551=TARGET_DELIVERY_SUCCESSFUL, +3725552=TARGET_DELIVERY_SUCCESSFUL`,
      `SMS ${id} STATUS DELIVERED`,
    ]);
    expect(gateway.texts.map(({ to, from }) => [to, from])).toEqual([
      ['+3725551', 'alice'],
      ['+3725552', 'alice'],
    ]);
    expect(other.fresh()).toContain(`SMS ${id} STATUS DELIVERED`);
    expect(bob.fresh()).toEqual([]);
    expect(bob.send(`GET SMS ${id} BODY`)[0]).toMatch(/^ERROR 7 /);
  });

  it('may be sent before its numbers have been looked at', async () => {
    const { w } = await phones();
    await using _ = w;
    const alice = w.client('alice');
    const id = write(alice, '+3725551');
    alice.send(`ALTER SMS ${id} SEND`);
    await w.clock.advance(10_000);
    expect(alice.told(`SMS ${id} STATUS`)).toEqual([
      'COMPOSING',
      'COMPOSING',
      'SENDING_TO_SERVER',
      'SENT_TO_SERVER',
      'DELIVERED',
    ]);
    expect(alice.told('PROFILE PSTN_BALANCE')).toEqual(['4992']);
  });

  it('has a price by its chunks and by the numbers that can be reached', async () => {
    const { w } = await phones({ numbers: [{ number: '+800*', outcome: 'not-routable' }] });
    await using _ = w;
    const alice = w.client('alice');
    const id = create(alice, '+3725551');
    await w.clock.advance(1000);
    expect(alice.told(`SMS ${id} PRICE`)).toEqual(['0', '-1', '78']);
    alice.send(`SET SMS ${id} BODY "${'ш'.repeat(71)}"`);
    expect(alice.told(`SMS ${id} PRICE`).at(-1)).toBe('156');
    alice.send(`SET SMS ${id} TARGET_NUMBERS +3725551, +8001`);
    await w.clock.advance(1000);
    expect(alice.told(`SMS ${id} PRICE`).slice(-2)).toEqual(['-1', '156']);
    expect(alice.send(`GET SMS ${id} TARGET_STATUSES`)).toEqual([
      `SMS ${id} TARGET_STATUSES +3725551=TARGET_ACCEPTABLE, +8001=TARGET_NOT_ROUTABLE`,
    ]);
    expect((await sent(w, alice, id)).slice(-4)).toEqual(
      [
        `SMS ${id} TARGET_STATUSES +3725551=TARGET_DELIVERY_SUCCESSFUL, +8001=TARGET_DELIVERY_FAILED`,
        `SMS ${id} STATUS SOME_TARGETS_FAILED`,
        `SMS ${id} IS_FAILED_UNSEEN TRUE`,
      ].toSpliced(0, 0, 'PROFILE PSTN_BALANCE 4984'),
    );
    expect(alice.send(`SET SMS ${id} SEEN`)).toEqual([
      `SET SMS ${id} SEEN`,
      `SMS ${id} IS_FAILED_UNSEEN FALSE`,
    ]);
  });

  it('without a result for a day fails, also after a restart', async () => {
    const stateFolder = folder();
    const options = { numbers: [{ number: '+*', outcome: 'pending' }] } as const;
    const first = await phones(options, { stateFolder });
    const alice = first.w.client('alice');
    const id = write(alice, '+3725551');
    await sent(first.w, alice, id, 3_600_000);
    expect(alice.send(`GET SMS ${id} STATUS`)).toEqual([`SMS ${id} STATUS SENT_TO_SERVER`]);
    await first.w[Symbol.asyncDispose]();
    const { w } = await phones(options, { stateFolder });
    await using _ = w;
    const again = w.client('alice');
    await w.clock.advance(25 * 3_600_000);
    expect(again.told(`SMS ${id} STATUS`)).toEqual(['FAILED']);
    expect(again.send(`GET SMS ${id} FAILUREREASON`)).toEqual([`SMS ${id} FAILUREREASON MISC_ERROR`]);
  });

  it('survives a kill; one that was being sent to the server has failed', async () => {
    const [whole, stateFolder] = [folder(), folder()];
    const first = await phones({}, { stateFolder: whole });
    const alice = first.w.client('alice');
    const [kept, cut] = [write(alice, '+3725551', 'to be kept'), write(alice, '+3725552')];
    const gone = create(alice, '+3725553');
    alice.send(`DELETE SMS ${gone}`);
    await sent(first.w, alice, cut, 100);
    const missed = first.w.exchange.receiveSms({ to: 'alice', from: '+3729', body: 'call me' });
    cpSync(whole, stateFolder, { recursive: true });
    await first.w[Symbol.asyncDispose]();
    const { w } = await phones({}, { stateFolder });
    await using _ = w;
    const again = w.client('alice');
    expect(again.send('SEARCH SMSS')).toEqual([`SMSS ${kept}, ${cut}, ${missed}`]);
    expect(again.send('SEARCH MISSEDSMSS')).toEqual([`SMSS ${missed}`]);
    expect(again.send(`GET SMS ${kept} BODY`)).toEqual([`SMS ${kept} BODY "to be kept"`]);
    expect(again.send(`GET SMS ${cut} FAILUREREASON`)).toEqual([
      `SMS ${cut} FAILUREREASON SERVER_CONNECT_FAILED`,
    ]);
    expect((await sent(w, again, kept)).at(-1)).toBe(`SMS ${kept} STATUS DELIVERED`);
    expect(create(again, '+3725554')).toBeGreaterThan(missed);
  });

  it('that arrives counts as missed until it is seen', async () => {
    const { w } = await phones({}, { users: [{ handle: 'alice', skypeIn: '+3726000' }, { handle: 'bob' }] });
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    const id = w.exchange.receiveSms({ to: 'alice', from: '+3729', body: 'say "hi"' });
    expect(alice.fresh()).toEqual([
      `SMS ${id} TYPE INCOMING`,
      `SMS ${id} TIMESTAMP ${EPOCH_MS / 1000}`,
      `SMS ${id} REPLY_TO_NUMBER +3729`,
      `SMS ${id} TARGET_NUMBERS +3726000`,
      `SMS ${id} BODY "say "hi""`,
      `SMS ${id} STATUS RECEIVED`,
    ]);
    expect(bob.fresh()).toEqual([]);
    expect(alice.send(`SET SMS ${id} SEEN`)).toEqual([`SET SMS ${id} SEEN`, `SMS ${id} STATUS READ`]);
    expect(alice.send('SEARCH MISSEDSMSS')).toEqual(['SMSS ']);
    expect(alice.send(`ALTER SMS ${id} SEND`)[0]).toMatch(/^ERROR 526 /);
    for (const wrong of [
      { to: 'nobody', from: '+3729', body: 'x' },
      { to: 'alice', from: 'bob', body: 'x' },
      { to: 'alice', from: '+3729', body: '' },
      { to: 'alice', from: '+3729', body: 'a\nb' },
    ]) {
      expect(() => w.exchange.receiveSms(wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
      );
    }
  });

  it('that is deleted while being sent sends no more notifications', async () => {
    const { w } = await phones();
    await using _ = w;
    const alice = w.client('alice');
    const id = write(alice, '+3725551');
    await sent(w, alice, id, 600);
    expect(alice.send(`DELETE SMS ${id}`)).toEqual([`DELETE SMS ${id}`]);
    await w.clock.advance(100_000);
    expect(alice.fresh()).toEqual([`DELETE SMS ${id}`]);
  });
});

describe('FAILUREREASON', () => {
  const failed = async (
    options: SimulatedSmsOptions,
    act: (w: World, alice: Client) => Promise<number> | number,
  ) => {
    const { w } = await phones(options);
    await using _ = w;
    const alice = w.client('alice');
    const id = await act(w, alice);
    await sent(w, alice, id);
    expect(alice.told(`SMS ${id} STATUS`).at(-1)).toBe('FAILED');
    expect(alice.told(`SMS ${id} IS_FAILED_UNSEEN`)).toEqual(['TRUE']);
    return alice.told(`SMS ${id} FAILUREREASON`).at(-1);
  };

  it.each(SMS_REFUSALS)('%s, when the server reports it', async (refusal) => {
    expect(await failed({ refusal }, (_w, alice) => write(alice, '+3725551'))).toBe(refusal);
  });

  it('SERVER_CONNECT_FAILED, for an offline user', async () => {
    const offline = (_w: World, alice: Client) => {
      alice.send('SET USERSTATUS OFFLINE');
      return write(alice, '+3725551');
    };
    expect(await failed({}, offline)).toBe('SERVER_CONNECT_FAILED');
  });

  it.each(['not-routable', 'undefined'] as const)(
    'NO_SMS_CAPABILITY, where no number is reached: %s',
    async (outcome) => {
      expect(
        await failed({ numbers: [{ number: '+*', outcome }] }, (_w, alice) => write(alice, '+3725551')),
      ).toBe('NO_SMS_CAPABILITY');
    },
  );

  it('MISC_ERROR, when it was delivered to no number', async () => {
    const numbers = [{ number: '+3725551', outcome: 'failed' }] as const;
    expect(await failed({ numbers }, (_w, alice) => write(alice, '+3725551'))).toBe('MISC_ERROR');
  });

  it('INSUFFICIENT_FUNDS, for a text that costs more than the balance', async () => {
    expect(await failed({ price: 60_000 }, (_w, alice) => write(alice, '+3725551'))).toBe(
      'INSUFFICIENT_FUNDS',
    );
  });

  it.each(['+12025550100', '+886212345678', '+861012345678'])(
    'NO_SENDERID_CAPABILITY, for a code to %s',
    async (number) => {
      expect(await failed({}, (_w, alice) => create(alice, number, 'CONFIRMATION_CODE_REQUEST'))).toBe(
        'NO_SENDERID_CAPABILITY',
      );
    },
  );

  it('INVALID_CONFIRMATION_CODE', async () => {
    expect(
      await failed({}, (_w, alice) => write(alice, '+3725551', '000000', 'CONFIRMATION_CODE_SUBMIT')),
    ).toBe('INVALID_CONFIRMATION_CODE');
  });

  it('is UNKNOWN below protocol 8 for a newer reason', async () => {
    const { w } = await phones();
    await using _ = w;
    const old = w.client('alice', { protocol: 7 });
    const id = create(old, '+12025550100', 'CONFIRMATION_CODE_REQUEST');
    await sent(w, old, id);
    expect(old.told(`SMS ${id} FAILUREREASON`)).toEqual(['UNKNOWN']);
  });

  it('is MISC_ERROR when the gateway throws, which is reported', async () => {
    const broken: SmsGateway = {
      analyse: (_number, found) => found({ kind: 'acceptable', price: 1 }),
      send: () => {
        throw new Error('no line');
      },
    };
    await using w = await world({ smsGateway: broken, users: [{ handle: 'alice', profile: RICH }] });
    const alice = w.client('alice');
    const id = write(alice, '+3725551');
    await sent(w, alice, id);
    expect(alice.told(`SMS ${id} FAILUREREASON`)).toEqual(['MISC_ERROR']);
    expect(w.failures).toMatchObject([{ message: 'no line' }]);
  });
});

describe('a number to reply to', () => {
  it('is validated by the code that was sent there, and kept', async () => {
    const stateFolder = folder();
    const first = await phones({}, { stateFolder });
    const { w, gateway } = first;
    const alice = w.client('alice');
    const request = create(alice, '+3725551', 'CONFIRMATION_CODE_REQUEST');
    expect((await sent(w, alice, request)).at(-1)).toBe(`SMS ${request} STATUS DELIVERED`);
    const code = /\d{6}/.exec(gateway.texts[0]?.body ?? '')?.[0] ?? '';
    const wrong = write(alice, '+3725552', code, 'CONFIRMATION_CODE_SUBMIT');
    await sent(w, alice, wrong);
    expect(alice.told(`SMS ${wrong} STATUS`).at(-1)).toBe('FAILED');
    const right = write(alice, '+3725551', code, 'CONFIRMATION_CODE_SUBMIT');
    expect(await sent(w, alice, right)).toContain('PROFILE SMS_VALIDATED_NUMBERS +3725551');
    expect(alice.told(`SMS ${right} STATUS`).at(-1)).toBe('DELIVERED');
    expect(alice.told('PROFILE PSTN_BALANCE')).toEqual([]);
    // A code is good once.
    const twice = write(alice, '+3725551', code, 'CONFIRMATION_CODE_SUBMIT');
    await sent(w, alice, twice);
    expect(alice.told(`SMS ${twice} STATUS`).at(-1)).toBe('FAILED');
    await w[Symbol.asyncDispose]();
    const second = await phones({}, { stateFolder });
    await using _ = second.w;
    const again = second.w.client('alice');
    const id = write(again, '+3729');
    expect(again.send(`SET SMS ${id} REPLY_TO_NUMBER +372 5551`)[0]).toBe(
      `SMS ${id} REPLY_TO_NUMBER +3725551`,
    );
    await sent(second.w, again, id);
    expect(second.gateway.texts).toMatchObject([{ replyTo: '+3725551' }]);
  });

  it('cannot be guessed: after five wrong codes a new code is needed', async () => {
    const { w, gateway } = await phones();
    await using _ = w;
    const alice = w.client('alice');
    await sent(w, alice, create(alice, '+3725551', 'CONFIRMATION_CODE_REQUEST'));
    const code = /\d{6}/.exec(gateway.texts[0]?.body ?? '')?.[0] ?? '';
    for (const body of ['', 'x', '1', '12345678', code === '999999' ? '000000' : '999999']) {
      const id = write(alice, '+3725551', body === '' ? ' ' : body, 'CONFIRMATION_CODE_SUBMIT');
      await sent(w, alice, id);
    }
    const late = write(alice, '+3725551', code, 'CONFIRMATION_CODE_SUBMIT');
    await sent(w, alice, late);
    expect(alice.told(`SMS ${late} FAILUREREASON`)).toEqual(['INVALID_CONFIRMATION_CODE']);
  });
});

describe('an invalid command or result', () => {
  it('is refused with its error number', async () => {
    const { w } = await phones();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    const [id, foreign] = [write(alice, '+3725551'), write(bob, '+3725551')];
    const refused: readonly (readonly [string, number])[] = [
      ['CREATE SMS', 536],
      ['CREATE SMS OUTGOING', 536],
      ['CREATE SMS OUTGOING bob', 536],
      ['CREATE SMS OUTGOING +12', 536],
      [`CREATE SMS OUTGOING +${'1'.repeat(500)}`, 536],
      [
        `CREATE SMS OUTGOING ${Array.from({ length: 101 }, (_each, index) => `+372${1000 + index}`).join(', ')}`,
        536,
      ],
      ['CREATE SMS CONFIRMATION_CODE_REQUEST +3725551, +3725552', 536],
      ['CREATE SMS INCOMING +3725551', 537],
      ['CREATE SMS __proto__ +3725551', 537],
      ['GET SMS x BODY', 7],
      [`GET SMS ${foreign} BODY`, 7],
      [`GET SMS ${id} SHOESIZE`, 10],
      [`GET SMS ${id} CHUNK 2`, 10],
      [`GET SMS ${id} CHUNK x`, 10],
      [`SET SMS ${foreign} BODY x`, 18],
      [`SET SMS ${foreign} SEEN`, 18],
      [`SET SMS ${id} PRICE 0`, 18],
      [`SET SMS ${id} BODY ${'x'.repeat(1_000_000)}`, 18],
      [`SET SMS ${id} BODY ${'ш'.repeat(67 * 255 + 1)}`, 18],
      [`SET SMS ${id} TARGET_NUMBERS bob`, 18],
      [`SET SMS ${id} TARGET_NUMBERS`, 18],
      [`SET SMS ${id} REPLY_TO_NUMBER +3725559`, 18],
      [`SET SMS ${id} REPLY_TO_NUMBER x`, 18],
      [`ALTER SMS ${foreign} SEND`, 526],
      [`ALTER SMS ${id} BURN`, 526],
      [`ALTER SMS ${create(alice, '+3725551')} SEND`, 526],
      [`DELETE SMS ${foreign}`, 538],
      ['DELETE SMS x', 538],
    ];
    const numbers = refused.map(([command]) => /^ERROR (\d+) /.exec(alice.send(command)[0] ?? '')?.[1]);
    expect(numbers).toEqual(refused.map(([, number]) => String(number)));
    await sent(w, alice, id);
    expect(alice.send(`SET SMS ${id} BODY other`)[0]).toMatch(/^ERROR 18 /);
    expect(alice.send(`ALTER SMS ${id} SEND`)[0]).toMatch(/^ERROR 526 /);
    expect(w.failures).toEqual([]);
  });

  it('from a gateway is ignored: late, repeated, or for numbers that it was not given', async () => {
    const dispatches: SmsDispatch[] = [];
    const gateway: SmsGateway = {
      analyse(_number, found) {
        found({ kind: 'acceptable', price: 1 });
        found({ kind: 'not-routable' });
      },
      send: (dispatch) => void dispatches.push(dispatch),
    };
    await using w = await world({ smsGateway: gateway, users: [{ handle: 'alice', profile: RICH }] });
    const alice = w.client('alice');
    const id = write(alice, '+3725551');
    await sent(w, alice, id);
    const [dispatch] = dispatches;
    dispatch?.delivered('+3725551');
    dispatch?.taken();
    dispatch?.taken();
    dispatch?.refused('MISC_ERROR');
    dispatch?.delivered('+3725559');
    dispatch?.failed('+3725551');
    dispatch?.delivered('+3725551');
    expect(alice.told(`SMS ${id} STATUS`).slice(-2)).toEqual(['SENT_TO_SERVER', 'FAILED']);
    expect(alice.told('PROFILE PSTN_BALANCE')).toEqual(['4999']);
  });

  it.each([
    [{ kind: 'acceptable', price: Number.NaN }],
    [{ kind: 'acceptable', price: -5 }],
    [{ kind: 'acceptable' }],
    [{ kind: 'constructor' }],
  ])('from a gateway makes the result of a number unknown: %j', async (route) => {
    const gateway: SmsGateway = {
      analyse: (_number, found) => found(route as unknown as Parameters<typeof found>[0]),
      send: (dispatch) => dispatch.refused('LOST' as 'UNKNOWN'),
    };
    await using w = await world({ smsGateway: gateway, users: [{ handle: 'alice', profile: RICH }] });
    const alice = w.client('alice');
    const id = write(alice, '+3725551');
    await sent(w, alice, id);
    expect(alice.told(`SMS ${id} TARGET_STATUSES`)).toContain('+3725551=TARGET_UNDEFINED');
    expect(alice.told(`SMS ${id} FAILUREREASON`)).toEqual(['NO_SMS_CAPABILITY']);
  });

  it.each([
    [{ price: -1 }, 'price'],
    [{ analyseMs: Number.NaN }, 'analyseMs'],
    [{ numbers: [{ number: 'bob', outcome: 'failed' }] }, 'numbers'],
    [{ numbers: [{ number: '+1', outcome: 'lost' }] }, 'numbers'],
    [{ refusal: 'NO' }, 'refusal'],
  ])('in the options of a simulated gateway is refused: %j', (options, name) => {
    expect(() => new SimulatedSms(new VirtualClock(), options as SimulatedSmsOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) as string }),
    );
  });
});
