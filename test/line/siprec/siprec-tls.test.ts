import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectSamples, WavReader } from '../../../src/index.js';
import { SiprecServer } from '../../../src/line/siprec/siprec-server.js';
import { Recorder, recordSiprec, type SegmentResult, verifyRecording } from '../../../src/recording.js';
import { encodeG711 } from '../../../src/voice/codec/g711.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { splitChannels } from '../../../src/voice.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';
import { jumpsOf, shareOf } from '../sip/tones.js';
import { KAMAILIO, startKamailio } from '../sip-peers/kamailio.js';
import { expects, HAS_SIPP, requests, sipp, waits } from '../sip-peers/sipp.js';

/** Tone of the client, in Hz, and its length, in seconds. */
const TONE = 400;
const SECONDS = 1;
const OFFER = [
  ...['v=0', 'o=sbc 1 1 IN IP4 [local_ip]', 's=-', 'c=IN IP4 [local_ip]', 't=0 0'],
  ...['m=audio [rtpstream_audio_port] RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=label:1', 'a=sendonly', ''],
].join('\n');

describe.skipIf(!HAS_SIPP || !KAMAILIO || !hasOpenssl)(
  'a recording client that comes by TLS (needs sip-tester, kamailio, kamailio-tls-modules, openssl)',
  () => {
    it('has its voice recorded, to the sample', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'jackfield-siprec-tls-'));
      const { keyFile, certFile } = certificate(folder, 'server', ['IP:127.0.0.1'], 'localhost');
      const [key, cert] = await Promise.all([keyFile, certFile].map((file) => readFile(file, 'utf8')));
      if (key === undefined || cert === undefined) throw new Error('there is no certificate');
      const voice = join(folder, 'tone.al');
      const tone = toneSamples({
        ...{ frequency: TONE, durationMs: SECONDS * 1000 },
        format: { sampleRate: 8000, channels: 1 },
      });
      await writeFile(voice, encodeG711(tone, 'alaw'));
      await using recorder = await Recorder.open({ folder: join(folder, 'recordings'), policy: 'on-demand' });
      const published: SegmentResult[] = [];
      recorder.on('published', (segment) => published.push(segment));
      await using server = await SiprecServer.open({
        ports: { tls: { host: '127.0.0.1', port: 0, key, cert } },
        onSession: async (session) => void (await recordSiprec(session, recorder)),
      });
      const { port = 0, kind } = server.addresses[0] ?? {};
      expect([server.addresses.length, kind]).toEqual([1, 'TLS']);
      // SIPp of Debian speaks no TLS: kamailio does, and the voice goes straight from SIPp.
      await using kamailio = await startKamailio({ onTo: `sip:127.0.0.1:${port};transport=tls` });
      const run = await sipp(
        [
          requests('INVITE', 1, ['Require: siprec'], OFFER),
          expects(100, undefined, true),
          expects(200, 'Record-Route:.*transport=tls'),
          requests('ACK', 1, ['[routes]']).replace('sip:[service]@[remote_ip]:[remote_port]', '[next_url]'),
          `<nop><action><exec rtp_stream="${voice},1,8,PCMA/8000"/></action></nop>`,
          waits(SECONDS * 1000 + 200),
          requests('BYE', 2, ['[routes]']).replace('sip:[service]@[remote_ip]:[remote_port]', '[next_url]'),
          expects(200),
        ],
        await freePort(),
        ['-s', 'record', `127.0.0.1:${kamailio.ports.udp}`],
      );
      expect(run).toEqual({ code: 0, errors: '' });
      await until(() => published.length > 0);
      const [{ file, sidecar } = { file: '', sidecar: undefined }] = published;
      expect(await verifyRecording(file)).toMatchObject({ ok: true });
      expect(sidecar?.legs.local.quality).toMatchObject({ codec: 'PCMA', lost: 0 });
      await using reader = await WavReader.open(file);
      const [local = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
      const from = local.findIndex((sample) => Math.abs(sample) > 1000);
      const heard = local.subarray(from + 320, from + 14_000);
      expect(shareOf(TONE, heard, 16_000)).toBeGreaterThan(0.98);
      expect(jumpsOf(TONE, heard, 16_000)).toEqual([]);
      await rm(folder, { recursive: true });
    });
  },
);
