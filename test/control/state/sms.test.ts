import { once } from 'node:events';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import { Sms, type SmsFailedError } from '../../../src/control/state/sms.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { SimulatedSms } from '../../../src/exchange/sms/simulated-sms.js';

const AT_ONCE = { analyseMs: 0, sendMs: 0, deliverMs: 0 };

interface Phones extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly gateway: SimulatedSms;
  readonly clients: readonly [Client, Client];
}

/** Two programs of one user, who has money. */
async function phones(): Promise<Phones> {
  const numbers = [{ number: '+8*', outcome: 'failed' }] as const;
  const gateway = new SimulatedSms(systemClock, { ...AT_ONCE, numbers });
  const users = [{ handle: 'alice', profile: { PSTN_BALANCE: '1000' } }];
  const exchange = await Exchange.start({ users, smsGateway: gateway });
  const client = () => attach(new MemoryTransport(exchange.endpoint()), { pingIntervalMs: 0 });
  const clients = [await client(), await client()] as const;
  return {
    exchange,
    gateway,
    clients,
    async [Symbol.asyncDispose]() {
      for (const each of clients) await each.close();
      await exchange.close();
    },
  };
}

it('a text is sent, and followed until it has arrived, by every program of the user', async () => {
  await using it = await phones();
  const [client, other] = it.clients;
  const found = once(other.sms, 'found') as Promise<[Sms]>;
  const sms = await client.sms.send(['+3725551', '+3725552'], 'a text "with quotes"');
  await sms.delivered();
  expect(it.gateway.texts.map(({ to, body }) => [to, body])).toEqual([
    ['+3725551', 'a text "with quotes"'],
    ['+3725552', 'a text "with quotes"'],
  ]);
  const [seen] = await found;
  await seen.delivered();
  expect(seen.id).toBe(sms.id);
  expect(await sms.price()).toEqual({ amount: 0.156, currency: 'EUR' });
  expect(await client.profile.get('PSTN_BALANCE')).toBe(984);
  await expect(sms.send()).rejects.toMatchObject({ code: 'ERR_API', number: 526 });
  await expect(sms.write('late')).rejects.toMatchObject({ code: 'ERR_API', number: 18 });
  await sms.delete();
  expect(await client.sms.search('SMSS')).toEqual([]);
  expect(client.sms.known(sms.id)).toBeUndefined();
});

it('a failure has its reason, and the result for each number', async () => {
  await using it = await phones();
  const [client] = it.clients;
  const sms = await client.sms.send('+3725551, +8005', 'hello');
  const error = await sms.delivered().catch((failure: unknown) => failure as SmsFailedError);
  expect(error).toMatchObject({
    code: 'ERR_SMS_FAILED',
    status: 'SOME_TARGETS_FAILED',
    failureReason: 'UNKNOWN',
  });
  expect(Object.fromEntries((error as SmsFailedError).targets)).toEqual({
    '+3725551': 'TARGET_DELIVERY_SUCCESSFUL',
    '+8005': 'TARGET_DELIVERY_FAILED',
  });
  expect(await sms.get('IS_FAILED_UNSEEN', { fresh: true })).toBe(true);
  await sms.markSeen();
  expect(await sms.get('IS_FAILED_UNSEEN', { fresh: true })).toBe(false);
  await expect(client.sms.send('bob', 'x')).rejects.toMatchObject({ code: 'ERR_API', number: 536 });
  await expect(client.sms.send([], 'x')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  await expect(sms.write('')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  await expect(sms.delivered({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
});

it('the chunks of a text are known before it is sent; delivery of an unsent text times out', async () => {
  await using it = await phones();
  const [client] = it.clients;
  const sms = await client.sms.create('+3725551');
  await sms.write('ш'.repeat(100));
  expect((await sms.chunks()).map(({ length }) => length)).toEqual([67, 33]);
  await sms.setNumbers(['+3725551', '+3725553']);
  expect(await sms.get('TARGET_NUMBERS')).toEqual(['+3725551', '+3725553']);
  await expect(sms.delivered({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
});

it('an incoming text is found, and counts as missed until it is seen', async () => {
  await using it = await phones();
  const [client] = it.clients;
  const found = once(client.sms, 'found') as Promise<[Sms]>;
  it.exchange.receiveSms({ to: 'alice', from: '+3729', body: 'where are you?' });
  const [sms] = await found;
  expect(sms).toBeInstanceOf(Sms);
  expect(await client.sms.missed()).toEqual([sms]);
  expect([await sms.get('BODY'), await sms.get('REPLY_TO_NUMBER')]).toEqual(['where are you?', '+3729']);
  await sms.markSeen();
  expect(await client.sms.missed()).toEqual([]);
});

it('a number to reply to is validated by its code', async () => {
  await using it = await phones();
  const [client] = it.clients;
  await (await client.sms.requestCode('+3725551')).delivered();
  const wrong = await client.sms.submitCode('+3725551', 'none');
  await expect(wrong.delivered()).rejects.toMatchObject({ failureReason: 'INVALID_CONFIRMATION_CODE' });
  const code = /\d{6}/.exec(it.gateway.texts[0]?.body ?? '')?.[0] ?? '';
  await (await client.sms.submitCode('+3725551', code)).delivered();
  expect(await client.profile.get('SMS_VALIDATED_NUMBERS')).toEqual(['+3725551']);
  const sms = await client.sms.create('+3729');
  await sms.setReplyTo('+3725551');
  await sms.write('call me back');
  await sms.send();
  await sms.delivered();
  expect(it.gateway.texts.at(-1)).toMatchObject({ replyTo: '+3725551' });
});
