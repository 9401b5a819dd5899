import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { fork } from '../../../src/line/fork/fork.js';
import { webSocketLine } from '../../../src/line/websocket/web-socket-line.js';
import { FedStream } from '../../../src/stream/fed-stream.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { turn, until } from '../../turns.js';
import { testFolder } from '../../voice/fixtures.js';
import { closed, passing, stage } from '../media/line-stage.js';
import { PYTHON, PythonPeer } from './python-peer.js';

const peers: PythonPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.end();
});
const started = (...args: string[]) => {
  const peer = new PythonPeer(...args);
  peers.push(peer);
  return peer;
};

describe.skipIf(!PYTHON || !hasOpenssl)(
  'WebSockets of another language (needs python3-websockets and openssl)',
  () => {
    it('as a client over TLS brings a call in fragments, pings, and closes with a code of its own', async () => {
      const { certFile, key, cert } = certificate(testFolder(), 'line', ['DNS:localhost'], 'localhost');
      const token = 'a-long-token';
      const line = webSocketLine({
        ...{ dialect: 'asterisk', target: 'listener', startTimeoutMs: 3_600_000 },
        ...{ listen: { tls: { key, cert } }, access: { bearer: [token] } },
      });
      const { clock, exchange, listener, failures } = await stage(line);
      const peer = started(
        ...['connect', `wss://localhost:${line.port}/`, '--ca', certFile],
        ...[
          '--subprotocol',
          'other',
          '--subprotocol',
          'media',
          '--header',
          'Authorization',
          `Bearer ${token}`,
        ],
      );
      expect(await peer.tells('open')).toMatchObject({ subprotocol: 'media' });
      const start = JSON.stringify({
        event: 'MEDIA_START',
        ...{ connection_id: 'c1', channel_id: '1.1', format: 'slin16', channel_variables: { NAME: 'Jöß' } },
      });
      peer.send(start.slice(0, 20), start.slice(20, 21), '', start.slice(21));
      await passing(clock, () => listener.calls[0]?.conversation !== undefined);
      // 20 ms in frames whose lengths are odd.
      const audio = Buffer.alloc(640);
      for (let at = 0; at < 640; at += 2) audio.writeInt16LE(3000, at);
      for (let at = 0; at < 10; at++)
        peer.send(audio.subarray(0, 101), audio.subarray(101, 102), audio.subarray(102));
      peer.do({ do: 'ping' });
      peer.send('DTMF_END digit:7');
      const [leg] = listener.calls;
      await passing(clock, () => (leg?.heard.includes(3000) ?? false) && (leg?.digits.length ?? 0) > 0);
      await passing(clock, () => peer.told.some(({ pong }) => pong === true) && peer.bytes.length >= 640);
      expect(leg?.digits).toEqual(['7']);
      expect(leg?.heard.every((sample) => sample === 0 || sample === 3000)).toBe(true);
      peer.do({ do: 'close', code: 4001, reason: 'done' });
      await passing(clock, () => leg?.cause !== undefined);
      expect(leg?.cause).toBe('hung-up');
      expect(failures).toEqual([]);
      await closed(exchange, clock);
    });

    it.each(['audio.drachtio.org', ''])(
      'as a server over TLS takes a fork with the subprotocol "%s", drops it with a code, and gets the rest',
      async (subprotocol) => {
        const {
          certFile,
          keyFile,
          cert: ca,
        } = certificate(testFolder(), 'far', ['DNS:localhost'], 'localhost');
        const peer = started(
          'serve',
          certFile,
          keyFile,
          ...(subprotocol ? ['--subprotocol', subprotocol] : []),
        );
        const { port } = await peer.tells('port');
        const clock = new VirtualClock();
        const stream = new FedStream(clock, { sampleRate: 8000, channels: 1 });
        const credentials = { basic: 'user:password' };
        const url = `wss://localhost:${port}/in`;
        const forked = fork(stream, url, { clock, dialect: 'audio-fork', ca, credentials, from: 'ann' });
        let position = 0;
        const feed = async (frames: number) => {
          for (let at = 0; at < frames; at++, position += 160) {
            stream.write(
              Int16Array.from({ length: 160 }, (_, i) => position + i + 1),
              position,
            );
            await turn();
          }
        };
        await new Promise<void>((resolve) => forked.once('connected', () => resolve()));
        await feed(10);
        await until(() => peer.bytes.length === 3200);
        const [opened] = peer.told.filter(({ open }) => open !== undefined);
        expect(opened).toMatchObject({
          ...{ path: '/in', subprotocol: subprotocol || null },
          authorization: `Basic ${Buffer.from('user:password').toString('base64')}`,
        });
        const lost = new Promise<void>((resolve) => forked.once('lost', () => resolve()));
        peer.do({ do: 'close', code: 1011 });
        await lost;
        const again = new Promise<void>((resolve) => forked.once('connected', () => resolve()));
        await feed(20);
        while (forked.stats.connections < 2) {
          await clock.advance(50);
          await turn();
        }
        await again;
        await feed(5);
        await until(() => peer.bytes.length === 35 * 320);
        expect(peer.texts.map((text) => JSON.parse(text))).toMatchObject([
          { from: 'ann', sampleRate: 8000 },
          { from: 'ann', customerData: { position: '1600' } },
        ]);
        for (let at = 0; at < position; at += 100) expect(peer.bytes.readInt16LE(2 * at)).toBe(at + 1);
        await forked.close();
        const last = peer.told.findLast(({ open }) => open !== undefined)?.open;
        await until(() => peer.told.some(({ closed }) => closed === last));
        expect(peer.told.find(({ closed }) => closed === last)).toMatchObject({ code: 1000 });
        expect(forked.stats).toMatchObject({ sent: position, dropped: 0, connections: 2 });
      },
    );
  },
);
