import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import type { SipSession } from '../../../src/line/sip-call/sip-session.js';
import { sdpOf } from '../../../src/line/sip-message/body.js';
import { SiprecServer } from '../../../src/line/siprec/siprec-server.js';
import type { SiprecSession } from '../../../src/line/siprec/siprec-session.js';
import { Recorder } from '../../../src/recording/recorder/recorder.js';
import type { RecordingSidecar } from '../../../src/recording/sidecar.js';
import { recordSiprec } from '../../../src/recording/siprec/record-siprec.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { until } from '../../turns.js';
import { Client, frequencyOf, metadata, VOICES } from './recording-client.js';

let folder: string;
let clock: VirtualClock;
let recorder: Recorder;
let server: SiprecServer;
let endpoint: SipEndpoint;
let client: Client;
let session: SiprecSession | undefined;
let published: RecordingSidecar[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-siprec-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  recorder = await Recorder.open({ folder, clock, template: '{partner}-{segment}' });
  published = [];
  recorder.on('published', ({ sidecar }) => published.push(sidecar));
  server = await SiprecServer.open({
    clock,
    ports: { udp: { host: '127.0.0.1', port: 0 } },
    maxSessions: 1,
    onSession: async (given) => {
      session = given;
      await recordSiprec(given, recorder);
    },
  });
  endpoint = await SipEndpoint.open({ clock, ports: { udp: { host: '127.0.0.1', port: 0 } } });
  client = await new Client().open();
});

afterEach(async () => {
  client.close();
  const closing = [endpoint.close(), server.close()];
  await clock.advance(5000);
  await Promise.all(closing);
  await recorder.close();
  await rm(folder, { recursive: true, force: true });
});

/** Calls the server. Resolves to the session, or to the status of its refusal. */
function dial(
  headers: Readonly<Record<string, string>> = { Require: 'siprec' },
): Promise<SipSession | number> {
  const port = server.addresses[0]?.port ?? 0;
  return new Promise((resolve) => {
    endpoint.invite(
      { uri: `sip:record@127.0.0.1:${port}`, from: 'sip:sbc@127.0.0.1', media: client, headers },
      {
        answered: (answered, response) => {
          expect(response.headers.get('Contact')).toMatch(/\+sip\.srs/);
          expect(sdpOf(response)?.content.toString()).toMatch(/a=recvonly/);
          resolve(answered);
        },
        failed: (failure) => resolve(failure.kind === 'refused' ? failure.response.status : 0),
        ended: () => undefined,
      },
    );
  });
}

/** Lets the client speak for `count` packets of both sides. */
async function talk(
  count: number,
  fate: (side: number, n: number) => 'sent' | 'silent' | 'lost' = () => 'sent',
) {
  const came = () => (['local', 'remote'] as const).map((side) => session?.stats(side).received.packets ?? 0);
  const expected = came();
  for (let n = 0; n < count; n++) {
    await clock.advance(20);
    for (const [side, voice] of VOICES.entries()) {
      if (side >= client.labels.length) continue;
      const happens = fate(side, n);
      client.send(side, voice, happens);
      if (happens === 'sent') expected[side] = (expected[side] ?? 0) + 1;
    }
    await until(() => came().every((packets, side) => packets >= (expected[side] ?? 0)));
  }
}

/** Hangs up; resolves to the sidecar of the recording and its two channels. */
async function hangUp(call: SipSession | number) {
  if (typeof call !== 'number') void call.end();
  await until(() => server.sessions.length === 0);
  const over = until(() => published.length > 0);
  while (published.length === 0) {
    await clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await over;
  const [sidecar] = published as [RecordingSidecar];
  const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.wav'));
  const { samples } = decodeWav(await readFile(join(folder, name)));
  const side = (channel: number) => samples.filter((_, i) => i % 2 === channel);
  return { sidecar, name, left: side(0), right: side(1) };
}

describe('a call that a recording client sends is recorded', () => {
  it('with each side on its channel, and its metadata in the sidecar and the name', async () => {
    client.xml = metadata(['Agent', 'Caller']);
    const call = await dial();
    await talk(100);
    const { sidecar, name, left, right } = await hangUp(call);
    expect(sidecar).toMatchObject({
      complete: true,
      end: 'call-ended',
      call: { type: 'SIPREC', partner: '+4930123' },
    });
    expect(sidecar.tags).toMatchObject({
      'siprec.session': 's1',
      'siprec.local': 'Agent <sip:agent@example.com>',
      'siprec.remote': 'Caller <sip:+4930123@example.com>',
      'siprec.remote-media': expect.stringMatching(/^100 packets, 0 lost.*MOS 4/) as string,
    });
    expect(name).toBe('+4930123-1.wav');
    expect([frequencyOf(left), frequencyOf(right)]).toEqual([
      expect.closeTo(300, -1),
      expect.closeTo(700, -1),
    ]);
    for (const leg of [sidecar.legs.local, sidecar.legs.remote]) {
      expect(leg.ledger).toMatchObject({ received: 32_000, missing: 0 });
      expect(leg.quality).toMatchObject({ codec: 'PCMA', packets: 100, lost: 0, late: 0, r: 93.2 });
    }
  });

  it('with lost packets listed as missing and pauses as silence, both to the sample', async () => {
    client.xml = metadata(['Agent', 'Caller']);
    const call = await dial();
    await talk(200, (side, n) =>
      side === 0 && n >= 50 && n < 53 ? 'lost' : side === 1 && n >= 60 && n < 160 ? 'silent' : 'sent',
    );
    const { sidecar, left, right } = await hangUp(call);
    const { local, remote } = sidecar.legs;
    expect(sidecar.complete).toBe(false);
    expect(local.ledger.spans).toContainEqual({
      from: 50 * 320,
      samples: 960,
      kind: 'missing',
      reason: 'lost',
    });
    expect(remote.ledger.spans).toContainEqual({
      from: 60 * 320,
      samples: 32_000,
      kind: 'idle',
      reason: 'not-sent',
    });
    expect(remote.ledger.missing).toBe(0);
    expect(left.subarray(50 * 320 + 32, 53 * 320 - 32).every((sample) => sample === 0)).toBe(true);
    expect(right.subarray(60 * 320 + 32, 160 * 320 - 32).every((sample) => sample === 0)).toBe(true);
    expect([left.length, right.length]).toEqual([64_000, 64_000]);
  });

  it('with its newest metadata, after pauses and changes of participants', async () => {
    client.xml = metadata(['Agent', 'anonymous']);
    const call = await dial();
    if (typeof call === 'number') throw new Error(`refused: ${call}`);
    await talk(50);
    const change = metadata(['Agent', 'Carol'], 'partial');
    const content = Buffer.from(change);
    await call.request('UPDATE', {}, { type: 'application/rs-metadata', content });
    await until(() => session?.metadata.participants.some(({ name }) => name === 'Carol') === true);
    client.direction = 'inactive';
    client.xml = undefined;
    call.reoffer();
    await until(() => session?.paused === true);
    await clock.advance(3000);
    client.direction = 'sendonly';
    call.reoffer();
    await until(() => session?.paused === false);
    await talk(50);
    const { sidecar } = await hangUp(call);
    expect(sidecar.tags['siprec.remote']).toBe('Carol <sip:+4930123@example.com>');
    expect(sidecar.marks.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/Carol/),
        'The recording client stopped sending voice.',
        'The recording client resumed sending voice.',
      ]) as string[],
    );
    expect(sidecar.complete).toBe(true);
    for (const leg of [sidecar.legs.local, sidecar.legs.remote]) {
      expect(leg.ledger).toMatchObject({ received: 32_000, idle: 48_000, missing: 0 });
    }
  });

  it('as one mixed stream that only headers describe', async () => {
    client.labels = ['16777227'];
    const call = await dial({ 'X-Cisco-Recording-Participant': '<sip:2001@192.0.2.7>;media-index="0"' });
    await talk(50);
    const { sidecar, name } = await hangUp(call);
    expect(name).toBe('2001-1.wav');
    expect(sidecar.complete).toBe(true);
    expect(sidecar.legs.local.ledger.received).toBe(16_000);
    expect(sidecar.legs.remote.ledger).toMatchObject({ received: 0, idle: 16_000 });
  });

  it('unless it exceeds the limit or has no audio: then it is refused', async () => {
    client.xml = metadata(['Agent', 'Caller']);
    const call = await dial();
    expect(await dial()).toBe(503);
    await talk(10);
    await hangUp(call);
    client.labels = [];
    expect(await dial()).toBe(488);
    expect(await readFile(join(folder, '+4930123-1.json'), 'utf8')).toContain('siprec.session');
  });
});
