import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attach } from '../../src/control/attach.js';
import type { Client } from '../../src/control/client/client.js';
import type { Call } from '../../src/control/state/call.js';
import { TcpTransport } from '../../src/control/transport/tcp-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';

/** Both halves over real sockets: what one side does, the other hears. */
describe('on the exchange', () => {
  let exchange: Exchange;
  let jack: Client;
  let jill: Client;

  beforeEach(async () => {
    exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'jill', fullName: 'Jill' }] });
    const [a, b] = await Promise.all(
      ['jack', 'jill'].map(async (handle) => attach(await transportTo(handle))),
    );
    if (a && b) [jack, jill] = [a, b];
  });
  afterEach(async () => {
    await Promise.all([jack.close(), jill.close()]);
    await exchange.close();
  });

  async function transportTo(handle: string): Promise<TcpTransport> {
    return new TcpTransport({ port: await exchange.listen({ handle }) });
  }

  /** Jack calls Jill; the call as each of them sees it. */
  async function ringing(): Promise<[Call, Call]> {
    const incoming = new Promise<Call>((resolve) => jill.once('call', resolve));
    const outgoing = await jack.call('jill');
    const theirs = await incoming;
    await theirs.reached('RINGING');
    return [outgoing, theirs];
  }

  test('a call is placed, answered, held, resumed and hung up', async () => {
    const [outgoing, incoming] = await ringing();
    expect(await incoming.get('TYPE')).toBe('INCOMING_P2P');
    expect(await incoming.get('PARTNER_HANDLE')).toBe('jack');
    await incoming.answer();
    await Promise.all([outgoing.reached('INPROGRESS'), incoming.reached('INPROGRESS')]);
    await outgoing.hold();
    expect(await outgoing.reached('LOCALHOLD')).toMatchObject({ by: 'local' });
    expect(await incoming.reached('REMOTEHOLD')).toMatchObject({ by: 'remote' });
    await outgoing.resume();
    await incoming.reached('INPROGRESS');
    await incoming.hangUp();
    expect(await Promise.all([outgoing.ended(), incoming.ended()])).toEqual(['FINISHED', 'FINISHED']);
    expect(jack.calls).toEqual([]);
  });

  test('a call is refused', async () => {
    const [outgoing, incoming] = await ringing();
    const waiting = expect(outgoing.reached('INPROGRESS')).rejects.toMatchObject({ code: 'ERR_CALL_ENDED' });
    await incoming.refuse();
    await waiting;
    expect(await incoming.ended()).toBe('REFUSED');
  });

  test('a digit that one sends is told to the other', async () => {
    const [outgoing, incoming] = await ringing();
    await incoming.answer();
    await outgoing.reached('INPROGRESS');
    const digits = new Promise<string>((resolve) => {
      let heard = '';
      incoming.on('dtmf', (digit) => {
        heard += digit;
        if (heard.length === 3) resolve(heard);
      });
    });
    await outgoing.sendDtmf('1*#');
    expect(await digits).toBe('1*#');
  });

  test('forwarding rules, status and mute are kept', async () => {
    const rules = [{ startSec: 0, endSec: 30, target: 'jill' }];
    await jack.profile.setForwarding({ enabled: true, rules });
    expect(await jack.profile.forwarding()).toMatchObject({ enabled: true, rules });
    await jack.parameters.set('USERSTATUS', 'DND');
    expect(await jack.parameters.get('USERSTATUS', { fresh: true })).toBe('DND');
    expect(await jack.user('jill').get('FULLNAME')).toBe('Jill');
  });

  test('an exchange that goes ends its calls, and is come back to', async () => {
    const port = await exchange.listen({ handle: 'jack' });
    const client = await attach(new TcpTransport({ port }), {
      reattach: { firstDelayMs: 10, maxDelayMs: 50 },
    });
    const states: string[] = [];
    client.on('state', ({ status }) => states.push(status));
    const call = await client.call('jill');
    await exchange.close();
    expect(await call.ended()).toBe('CANCELLED');
    exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'jill' }] });
    await exchange.listen({ handle: 'jack', port });
    while (states.at(-1) !== 'attached') await once(client, 'state');
    expect(states[0]).toBe('unavailable');
    expect(await client.search('ACTIVECALLS')).toEqual([]);
    await client.close();
  });
});
