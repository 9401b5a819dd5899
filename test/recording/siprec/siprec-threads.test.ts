import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRtp } from '../../../src/line/rtp/rtp-packet.js';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import type { SipSession } from '../../../src/line/sip-call/sip-session.js';
import type { SiprecServer } from '../../../src/line/siprec/siprec-server.js';
import type { SiprecSession } from '../../../src/line/siprec/siprec-session.js';
import type { Recorder } from '../../../src/recording/recorder/recorder.js';
import type { RecordingSidecar } from '../../../src/recording/sidecar.js';
import { until } from '../../turns.js';
import { Client, VOICES } from './recording-client.js';

/* A thread runs compiled code only: these tests are of build/. */
const built = (name: string) => new URL(`../../../build/${name}.js`, import.meta.url);
const KEY = { suite: 'AES_CM_128_HMAC_SHA1_80', key: Buffer.alloc(30, 7).toString('base64') } as const;
/** Samples of a packet in a recording. */
const SAMPLES = 320;

let folder: string;
let recorder: Recorder;
let server: SiprecServer;
let endpoint: SipEndpoint;
let published: RecordingSidecar[];
let sessions: SiprecSession[];
let lost: (readonly SiprecSession[])[];
const clients: Client[] = [];
const workers: Worker[] = [];
let serve: (threads: number) => Promise<void>;
const started = (worker: Worker) => void workers.push(worker);

describe.skipIf(!existsSync(built('line/siprec/siprec-server')))(
  'recorded calls, received in threads or without (needs a build)',
  () => {
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'jackfield-siprec-threads-'));
      const { Recorder }: typeof import('../../../src/recording.js') = await import(built('recording').href);
      const { recordSiprec }: typeof import('../../../src/recording.js') = await import(
        built('recording').href
      );
      recorder = await Recorder.open({ folder, policy: 'on-demand' });
      [published, sessions, lost] = [[], [], []];
      recorder.on('published', ({ sidecar }) => published.push(sidecar));
      process.on('worker', started);
      serve = async (threads) => {
        const { SiprecServer }: typeof import('../../../src/line.js') = await import(built('line').href);
        server = await SiprecServer.open({
          ports: { udp: { host: '127.0.0.1', port: 0 } },
          threads,
          onSession: async (session) => {
            sessions.push(session);
            await recordSiprec(session, recorder);
          },
        });
        server.on('lost', (_, calls) => lost.push(calls));
      };
      endpoint = await SipEndpoint.open({ ports: { udp: { host: '127.0.0.1', port: 0 } } });
    });

    afterEach(async () => {
      process.off('worker', started);
      workers.length = 0;
      for (const client of clients.splice(0)) client.close();
      await server.close();
      await Promise.all([endpoint.close(), recorder.close()]);
      await rm(folder, { recursive: true });
    });

    it.each([2, 0])(
      'have everything that arrived before their BYE, whatever strangers send: %d threads',
      async (threads) => {
        await serve(threads);
        const calls = [await dial(), await dial(true)];
        expect(workers).toHaveLength(threads);
        for (const { client } of calls) speak(client, 1);
        await until(() => sessions.every((session) => packetsOf(session) === 2));
        const stranger = createSocket('udp4').bind(0, '127.0.0.2');
        await once(stranger, 'listening');
        for (let n = 1; n < 100; n++) {
          const header = { payloadType: 8, marker: false, sequence: n, timestamp: n * 160, ssrc: 1 };
          const forged = writeRtp({ ...header, payload: Buffer.alloc(160, 0x2a) });
          for (const { client } of calls) {
            speak(client, 1);
            for (const port of client.ports) {
              stranger.send(forged, port, '127.0.0.1');
              stranger.send(forged.subarray(0, n % 12), port, '127.0.0.1');
            }
          }
          // Their sockets are read in between. The last packets wait there, more of them than one turn of a loop reads.
          if (n < 60) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(calls.map(({ call }) => call.end()));
        stranger.close();
        await until(() => published.length === 2);
        for (const { legs, complete } of published) {
          expect(complete).toBe(true);
          for (const { ledger } of [legs.local, legs.remote])
            expect(ledger).toMatchObject({ received: 100 * SAMPLES });
          for (const { ledger } of [legs.local, legs.remote])
            expect(ledger.spans.filter(({ reason }) => reason === 'lost')).toEqual([]);
        }
        for (const session of sessions)
          for (const side of ['local', 'remote'] as const)
            expect(session.stats(side)).toMatchObject({
              received: { packets: 100, lost: 0 },
              rejected: { strangers: 2 * 99, unauthentic: 0, payload: 0 },
            });
        expect(lost).toEqual([]);
      },
    );

    it('end with a thread that dies, complete up to then; recordings of another thread continue', async () => {
      await serve(2);
      const [dying, other] = [await dial(), await dial()];
      for (const { client } of [dying, other]) speak(client, 10);
      await until(() => sessions.every((session) => packetsOf(session) === 20));
      await workers[0]?.terminate();
      const reason = 'SIP ;cause=503 ;text="Reception failed"';
      expect(await dying.ended).toEqual({ by: 'remote', reason });
      await until(() => published.length === 1);
      expect(lost).toEqual([[sessions[0]]]);
      const [first] = published;
      expect(first?.marks).toMatchObject([
        {
          text: expect.stringMatching(
            /^The call was cut off here\. A thread that receives RTP has ended/,
          ) as string,
        },
      ]);
      expect(first?.legs.local.ledger).toMatchObject({ received: 10 * SAMPLES });
      speak(other.client, 10);
      const next = await dial();
      expect(workers).toHaveLength(3);
      speak(next.client, 10);
      await Promise.all([other.call.end(), next.call.end()]);
      await until(() => published.length === 3);
      expect(published.map(({ legs }) => legs.remote.ledger.received / SAMPLES).sort()).toEqual([10, 10, 20]);
    });
  },
);

/** A call of a recording client. */
async function dial(isEncrypted = false) {
  const client = await new Client().open();
  clients.push(client);
  if (isEncrypted) client.encrypt(KEY);
  const uri = `sip:record@127.0.0.1:${server.addresses[0]?.port}`;
  let ended: (end: unknown) => void = () => undefined;
  const over = new Promise<unknown>((resolve) => {
    ended = resolve;
  });
  const headers = { Require: 'siprec' };
  const call = await new Promise<SipSession>((answered, failed) => {
    endpoint.invite(
      { uri, from: 'sip:sbc@127.0.0.1', media: client, headers },
      { answered, failed: (failure) => failed(new Error(failure.kind)), ended },
    );
  });
  return { client, call, ended: over };
}

/** Both sides say some packets. */
function speak(client: Client, packets: number): void {
  for (let n = 0; n < packets; n++) for (const [side, voice] of VOICES.entries()) client.send(side, voice);
}

function packetsOf(session: SiprecSession): number {
  return session.stats('local').received.packets + session.stats('remote').received.packets;
}
