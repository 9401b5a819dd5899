import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange/exchange.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { folder } from '../world.js';

const HOSTS = ['api.skype.com', 'client-s.gateway.messenger.live.com', 'contacts.skype.com'];
const TOKEN = 'jack-0123456789abcdef';
const PROGRAM = join(import.meta.dirname, 'foreign-client.cjs');
/** The program is not kept up, and brings a hundred packages: a folder of its own has it. */
const modules = process.env['JACKFIELD_FOREIGN_MODULES'] ?? '';

/** A proxy that leads every host to one port of this machine. @returns its address. */
async function proxyTo(port: number) {
  const asked = new Set<string>();
  const server = createServer().on('connect', ({ url = '' }, socket) => {
    asked.add(url);
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, asked, close: () => server.close() };
}

/** A desktop client that answers nothing of itself. */
function desktop(exchange: Exchange, handle: string) {
  const lines: string[] = [];
  const session = exchange
    .endpoint(handle)
    .connect({ deliver: (line) => void lines.push(line), closed: () => undefined });
  session.receive('PROTOCOL 8');
  return { lines, say: (line: string) => session.receive(line) };
}

it.skipIf(!hasOpenssl || !modules)(
  'a client library that was written for the services works with them (needs openssl and JACKFIELD_FOREIGN_MODULES)',
  async () => {
    const hosts = HOSTS.map((host) => `DNS:${host}`);
    const { certFile: file, cert, key } = certificate(folder(), 'services', hosts);
    const exchange = await Exchange.start({
      users: [
        { handle: 'jack', fullName: 'Jack Daw', contacts: ['anna'] },
        {
          handle: 'anna',
          fullName: 'Anna Lind',
          contacts: ['jack'],
          profile: { CITY: 'Narva', MOOD_TEXT: 'at sea' },
        },
        { handle: 'bob' },
        { handle: 'carol' },
      ],
    });
    const failures: unknown[] = [];
    exchange.on('failure', (error) => failures.push(error));
    const port = await exchange.listenHttp({ tokens: { jack: TOKEN }, tls: { cert, key } });
    const proxy = await proxyTo(port);
    const [anna, bob, carol] = ['anna', 'bob', 'carol'].map((handle) => desktop(exchange, handle));
    // The program alone says how available Jack is.
    desktop(exchange, 'jack').say('SET USERSTATUS OFFLINE');
    bob?.say('SET USER jack BUDDYSTATUS 2 let me');
    carol?.say('SET USER jack BUDDYSTATUS 2 me, too');
    const env = {
      ...process.env,
      HTTPS_PROXY: proxy.address,
      NO_PROXY: '',
      NODE_EXTRA_CA_CERTS: file,
      NODE_PATH: modules,
    };
    const child = spawn(process.execPath, [PROGRAM, TOKEN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const told: [string, unknown][] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { what, value } = JSON.parse(line) as { what: string; value: unknown };
      told.push([what, value]);
      if (what === 'listening') {
        anna?.say('MESSAGE jack yes :) https://example.net/');
        anna?.say('MESSAGE jack at <four>');
        anna?.say('CALL jack');
      }
      if ((value as { state?: string } | undefined)?.state !== 'started') continue;
      const call = /^CALL (\d+) /m.exec(anna?.lines.join('\n') ?? '')?.[1];
      anna?.say(`ALTER CALL ${call} HANGUP`);
    }
    proxy.close();
    const of = (what: string) => told.filter(([each]) => each === what).map(([, value]) => value);
    expect(of('error')).toEqual([]);
    expect([...proxy.asked].sort()).toEqual(HOSTS.map((host) => `${host}:443`));
    expect(of('username')).toEqual(['jack']);
    expect(of('contacts')).toEqual([
      [
        [
          '8:anna',
          'Anna Lind',
          {
            mood: 'at sea',
            locations: [{ type: 'home', city: 'Narva' }],
            name: { first: 'Anna', surname: 'Lind', nickname: 'anna' },
          },
        ],
      ],
    ]);
    expect(of('contact')).toMatchObject([{ first: 'Anna', surname: 'Lind', displayName: 'Anna Lind' }]);
    expect(of('invites')).toEqual([
      [
        ['8:bob', 'let me'],
        ['8:carol', 'me, too'],
      ],
      [],
    ]);
    expect(bob?.lines).toContain('USER jack BUDDYSTATUS 3');
    expect(carol?.lines).not.toContain('USER jack BUDDYSTATUS 3');
    expect(anna?.lines).toContain('USER jack ONLINESTATUS DND');
    expect(of('conversation')).toEqual(['tea &amp; <b>cake</b>?']);
    expect(of('event')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'RichText',
          from: 'anna',
          content: 'yes <ss type="smile">:)</ss> <a href="https://example.net/">https://example.net/</a>',
        }),
        expect.objectContaining({ type: 'Text', from: 'anna', content: 'at <four>' }),
        expect.objectContaining({
          state: 'ended',
          participants: [
            { displayName: 'Jack Daw', username: 'jack', duration: 0 },
            { displayName: 'Anna Lind', username: 'anna', duration: 0 },
          ],
        }),
      ]),
    );
    expect(of('thread')).toEqual([['Lunch', ['8:anna', '8:bob', '8:jack']]]);
    expect(of('conversations')).toEqual([['19:x@thread.skype', '8:anna']]);
    expect(anna?.lines.some((line) => /^CHATMESSAGE \d+ STATUS RECEIVED$/.test(line))).toBe(true);
    await exchange.close();
    expect(failures).toEqual([]);
  },
);
