import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange/exchange.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import { hasOpenssl } from '../../certificate.js';
import { Client } from '../../exchange/world.js';
import { until } from '../../turns.js';
import { KAMAILIO, type Kamailio, startKamailio } from './kamailio.js';

describe.skipIf(!KAMAILIO || !hasOpenssl)(
  'kamailio as registrar and proxy (needs kamailio, kamailio-tls-modules, openssl)',
  () => {
    let kamailio: Kamailio;
    beforeAll(async () => {
      kamailio = await startKamailio();
    });
    afterAll(() => kamailio?.[Symbol.asyncDispose]());

    it.each(['udp', 'tcp', 'tls'] as const)(
      'registers two accounts over %s, and calls between them are held and hung up by either end',
      async (transport) => {
        const failures: unknown[] = [];
        const users = [{ handle: 'alice' }, { handle: 'bob' }];
        await using exchange = await Exchange.start({ users });
        exchange.on('failure', (error) => failures.push(error));
        const lineOf = (number: string, to: string) => {
          const { keyFile, certFile } = kamailio.pem;
          const tls = transport === 'tls' ? { keyFile, certFile, caFile: certFile } : {};
          const uri = `127.0.0.1:${kamailio.ports[transport]};transport=${transport}`;
          return sipLine({
            listen: { [transport]: { host: '127.0.0.1', port: 0, ...tls } },
            account: { address: `sip:${number}@${uri}`, password: 'secret' },
            to,
          });
        };
        const ours = lineOf('+15550100', 'alice');
        const theirs = lineOf('+15550200', 'bob');
        const told: string[] = [];
        const wire: string[] = [];
        for (const line of [ours, theirs]) line.on('registration', ({ kind }) => told.push(kind));
        theirs.on('wire', ({ direction, text }) => direction === 'in' && wire.push(text));
        await exchange.addLine(theirs, { prefixes: ['+1999'] });
        await exchange.addLine(ours, { prefixes: ['+1555'] });
        expect(told).toEqual(['registering', 'registered', 'registering', 'registered']);
        const alice = new Client(exchange, 'alice');
        const bob = new Client(exchange, 'bob');
        const status = (client: Client, id: string | undefined) => client.told(`CALL ${id} STATUS`).at(-1);
        for (const hangsUp of ['alice', 'bob']) {
          const out = alice.send('CALL +15550200')[0]?.split(' ')[1];
          await until(() => status(alice, out) === 'RINGING');
          const in_ = String(bob.newest('CALL'));
          const both = (a: string, b: string) =>
            until(() => status(alice, out) === a && status(bob, in_) === b);
          bob.send(`ALTER CALL ${in_} ANSWER`);
          await both('INPROGRESS', 'INPROGRESS');
          alice.send(`ALTER CALL ${out} HOLD`);
          await both('LOCALHOLD', 'REMOTEHOLD');
          alice.send(`ALTER CALL ${out} RESUME`);
          await both('INPROGRESS', 'INPROGRESS');
          bob.send(`ALTER CALL ${in_} HOLD`);
          await both('REMOTEHOLD', 'LOCALHOLD');
          if (hangsUp === 'alice') alice.send(`ALTER CALL ${out} HANGUP`);
          else bob.send(`ALTER CALL ${in_} HANGUP`);
          await both('FINISHED', 'FINISHED');
          await until(() => ours.calls + theirs.calls === 0);
        }
        const invites = wire.filter((text) => text.startsWith('INVITE') && !/^To:.*tag=/im.test(text));
        expect(invites).toHaveLength(2);
        for (const text of invites) expect(text).toMatch(/^Record-Route: <sip:127\.0\.0\.1/im);
        expect(failures).toEqual([]);
      },
    );
  },
);
