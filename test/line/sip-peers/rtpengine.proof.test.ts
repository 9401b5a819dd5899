import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attach,
  type Call,
  collectSamples,
  Exchange,
  MemoryTransport,
  PcmServer,
  recordCall,
  verifyRecording,
  WavReader,
} from '../../../src/index.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import { splitChannels } from '../../../src/voice.js';
import { hasOpenssl } from '../../certificate.js';
import { until } from '../../turns.js';
import { jumpsOf, shareOf } from '../sip/tones.js';
import { BARESIP_TONE, Baresip, HAS_BARESIP } from './baresip.js';
import { KAMAILIO, type Kamailio, startKamailio } from './kamailio.js';
import { Networks, NO_NETWORKS } from './nat.js';
import { RTPENGINE, startRtpengine } from './rtpengine.js';

const SECOND = 16_000;
const PACKET = 320;
const OURS = 1000;
/** Two bursts of a tone, of 200 ms each, whose beginnings are 600 ms apart. */
const APART = 0.6 * SECOND;
const BURSTS = Int16Array.from({ length: 1.2 * SECOND }, (_, at) =>
  at % APART < 0.2 * SECOND ? 8000 * Math.sin((2 * Math.PI * OURS * at) / SECOND) : 0,
);

const missing = [
  ...(KAMAILIO ? [] : ['kamailio']),
  ...(RTPENGINE ? [] : ['rtpengine-daemon']),
  ...(HAS_BARESIP ? [] : ['baresip-core']),
  ...(hasOpenssl ? [] : ['openssl']),
  ...(NO_NETWORKS === undefined ? [] : [`networks of its own: ${NO_NETWORKS}`]),
];
const needs = missing.length > 0 ? `there is no ${missing.join(', no ')}` : 'in networks of their own';

describe.skipIf(missing.length > 0)(`a phone behind a NAT, with kamailio and rtpengine (${needs})`, () => {
  /** What is ended when the tests are over, the newest first, whatever has become of them. */
  const owned: (AsyncDisposable | Disposable)[] = [];
  const own = <T extends AsyncDisposable | Disposable>(each: T): T => {
    owned.push(each);
    return each;
  };
  let networks: Networks;
  let kamailio: Kamailio;
  beforeAll(async () => {
    networks = own(Networks.open());
    const { inMiddle, middle } = networks;
    const port = 2223;
    own(await startRtpengine({ within: inMiddle, host: middle, port }));
    kamailio = own(await startKamailio({ within: inMiddle, host: middle, rtpenginePort: port }));
  });
  afterAll(async () => {
    for (const each of owned.reverse()) {
      if (Symbol.asyncDispose in each) await each[Symbol.asyncDispose]();
      else each[Symbol.dispose]();
    }
  });

  it('is called and calls, each end hears the other, and the recordings are whole', async () => {
    const { here, middle, router } = networks;
    const at = `${middle}:${kamailio.ports.udp}`;
    const account = `<sip:+15550200@${at}>;auth_user=+15550200;auth_pass=secret;answermode=auto;regint=600`;
    const registrations = () => kamailio.log().split('+15550200 is registered').length;
    const known = registrations();
    // What comes at once after a stall of this machine is to be heard, too.
    const config = ['jitter_buffer_delay 5-100'];
    const phone = own(await Baresip.start({ account, config, place: networks.phone }));
    const exchange = own(await Exchange.start({ users: [{ handle: 'alice' }] }));
    const line = sipLine({
      listen: { udp: { host: here, port: 0 } },
      account: { address: `sip:+15550100@${at}`, password: 'secret' },
      to: 'alice',
    });
    const wire: string[] = [];
    line.on('wire', ({ text }) => wire.push(text));
    await exchange.addLine(line, { prefixes: ['+1555'] });
    await until(() => registrations() > known);
    const alice = own(await attach(new MemoryTransport(exchange.endpoint())));
    const server = own(new PcmServer());
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-nat-'));

    const called = await alice.call('+15550200');
    const told = await talk(called, server, join(folder, 'called.wav'));
    const arriving = once(alice, 'call') as Promise<[Call]>;
    phone.command('dial', `sip:+15550100@${at}`);
    const [caller] = await arriving;
    const answered = caller.answer();
    const heard = await talk(caller, server, join(folder, 'caller.wav'), answered);
    await until(() => line.calls === 0);
    await phone.stop();

    const dumps = (await readdir(phone.folder)).filter((name) => name.endsWith('dec.wav')).sort();
    expect(dumps).toHaveLength(2);
    for (const [at, { sidecar, verified, jumps, share }] of [told, heard].entries()) {
      const [first = Number.NaN, second, ...others] = await burstsIn(join(phone.folder, dumps[at] ?? ''));
      expect([second, others]).toEqual([first + APART, []]);
      expect(share).toBeGreaterThan(0.9);
      expect(verified.ok).toBe(true);
      const { spans } = sidecar.legs.remote.ledger;
      expect(spans.reduce((sum, { samples }) => sum + samples, 0)).toBe(sidecar.audio.samples);
      // A packet's time later there may be a join; everything else is as it was said, to the sample.
      const told = (place: number) =>
        spans.some(
          ({ from, samples, kind }) =>
            kind !== 'received' && place >= from - PACKET && place <= from + samples + PACKET,
        );
      expect(jumps.filter((place) => place > SECOND / 10 && !told(place))).toEqual([]);
    }
    // The voice went through the middle, both ways; what the phone calls its address, the line never has to send to.
    const described = wire.filter((text) => /^c=/m.test(text));
    const addresses = described.map((text) => /^c=IN IP4 (\S+)/m.exec(text)?.[1]);
    expect(new Set(addresses)).toEqual(new Set([here, middle]));
    expect(wire.join('\n')).toMatch(new RegExp(`^Contact: <sip:\\S+@${router.replaceAll('.', '\\.')}:`, 'm'));
    await rm(folder, { recursive: true });
  });

  /** Says bursts into a call, hangs up, and gives what was recorded. */
  async function talk(call: Call, server: PcmServer, file: string, answered?: Promise<unknown>) {
    const recording = await recordCall(call, server, { file, io: 'sync' });
    await answered;
    await call.reached('INPROGRESS');
    await recording.voice.player.play(BURSTS).finished;
    await call.hangUp();
    const { sidecar } = await recording.finished;
    await using reader = await WavReader.open(file);
    const [, heard = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
    return {
      sidecar,
      verified: await verifyRecording(file),
      jumps: jumpsOf(BARESIP_TONE, heard, SECOND),
      share: middleShare(heard),
    };
  }

  /** Share of the phone's tone in the middle one of all pieces of 100 ms, by that share. */
  function middleShare(samples: Int16Array): number {
    const length = SECOND / 10;
    const count = Math.floor(samples.length / length);
    const shares = Array.from({ length: count }, (_, at) =>
      shareOf(BARESIP_TONE, samples.subarray(at * length, (at + 1) * length), SECOND),
    ).sort((a, b) => a - b);
    return shares[Math.floor(count / 2)] ?? 0;
  }

  /** Places at which our tone begins in what the phone has heard, in samples at 16 kHz. */
  async function burstsIn(file: string) {
    await using reader = await WavReader.open(file);
    const { sampleRate } = reader.format;
    const samples = await collectSamples(reader);
    const places: number[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (const [at, sample] of samples.entries()) {
      if (Math.abs(sample) < 1000) continue;
      if (at - last > sampleRate / 10) places.push(at);
      last = at;
    }
    for (const from of places) {
      const burst = samples.subarray(from, from + sampleRate * 0.18);
      expect(shareOf(OURS, burst, sampleRate)).toBeGreaterThan(0.95);
    }
    return places.map((place) => (place * SECOND) / sampleRate);
  }
});
