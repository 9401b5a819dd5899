import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SoundCard } from '../../src/exchange.js';
import {
  deleteVoicemail,
  downloadVoicemail,
  leaveVoicemail,
  markVoicemailUnplayed,
  openVoicemailPort,
  playVoicemail,
  receiveVoicemail,
} from '../../src/voicemail.js';
import { indexOfSamples, Line, MemorySink, samplesOf, statusesOf, tone } from './line.js';

let line: Line;
const heard: Int16Array[] = [];
const card: SoundCard = {
  capture: (frame) => frame.fill(1000),
  play: (frame) => void heard.push(frame.slice()),
};

beforeEach(async () => {
  heard.length = 0;
  line = await Line.open({
    users: [
      { handle: 'jack', soundCard: card },
      { handle: 'anna', fullName: 'Anna Ash' },
      { handle: 'mute', voicemail: false },
    ],
  });
});
afterEach(() => line[Symbol.asyncDispose]());

describe('a received message', () => {
  it('is received through a port, sample for sample, and the sound card stays silent', async () => {
    const file = await line.wav('a.wav', 2500);
    const id = await line.deposit(file);
    const client = await line.client();
    const voicemail = client.voicemail(id);
    const sink = new MemorySink();
    const { samples, ledger } = await line.during(receiveVoicemail(client, voicemail, line.server, sink));
    expect(samples).toBe(40_000);
    expect(ledger).toMatchObject({ received: 40_000, missing: 0, idle: 0 });
    expect(sink.samples).toEqual(await samplesOf(file));
    expect(sink.ended).toEqual({ error: undefined });
    expect(heard).toEqual([]);
    expect(statusesOf(voicemail)).toEqual([
      'NOTDOWNLOADED',
      'DOWNLOADING',
      'UNPLAYED',
      'BUFFERING',
      'PLAYING',
      'PLAYED',
    ]);
  });

  it('can be received twice, and two can be received at once', async () => {
    const [a, b] = [await line.wav('a.wav', 700), await line.wav('b.wav', 900, 600)];
    const [one, two] = [await line.deposit(a), await line.deposit(b)];
    const client = await line.client();
    const take = async (id: number) => {
      const sink = new MemorySink();
      await receiveVoicemail(client, client.voicemail(id), line.server, sink);
      return sink.samples;
    };
    expect(await line.during(take(one))).toEqual(tone(700));
    expect(await line.during(Promise.all([take(one), take(two)]))).toEqual([tone(700), tone(900, 600)]);
  });

  it('is played to the sound card', async () => {
    const id = await line.deposit(await line.wav('a.wav', 600));
    const client = await line.client();
    await line.during(playVoicemail(client.voicemail(id), 'sound-card'));
    const all = new Int16Array(heard.flatMap((frame) => [...frame]));
    expect(indexOfSamples(all, tone(600))).toBeGreaterThanOrEqual(0);
  });

  it('is played into the call in progress, to both parties', async () => {
    const id = await line.deposit(await line.wav('a.wav', 1000, 700));
    const [jack, anna] = [await line.client(), await line.client('anna')];
    const called = new Promise<number>((resolve) => anna.once('call', ({ id: call }) => resolve(call)));
    const call = await jack.call('anna');
    const theirs = anna.callById(await line.during(called));
    await line.during(theirs?.reached('RINGING') ?? Promise.reject());
    await theirs?.answer();
    await line.during(call.reached('INPROGRESS'));
    const sink = new MemorySink();
    const lease = await line.server.lease({ object: 'CALL', stream: 'output', direction: 'receive' });
    lease.addSink(sink);
    await theirs?.output.set([{ kind: 'port', port: lease.port }]);
    await line.during(playVoicemail(jack.voicemail(id), 'call'));
    await call.hangUp();
    await line.during(lease.closed);
    // Anna hears it over jack's microphone, a constant 1000.
    const message = tone(1000, 700).map((sample) => sample + 1000);
    expect(indexOfSamples(sink.samples, message)).toBeGreaterThan(0);
    const all = new Int16Array(heard.flatMap((frame) => [...frame]));
    expect(indexOfSamples(all, tone(1000, 700))).toBeGreaterThan(0);
  });

  it('is stopped when the wait is aborted', async () => {
    const id = await line.deposit(await line.wav('a.wav', 5000));
    const client = await line.client();
    const voicemail = client.voicemail(id);
    const aborter = new AbortController();
    const playing = playVoicemail(voicemail, 'sound-card', { signal: aborter.signal });
    await line.during(voicemail.reached('PLAYING'));
    aborter.abort();
    await expect(line.during(playing)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await line.during(voicemail.reached('PLAYED'));
  });

  it('is received from its beginning, also while another client plays it', async () => {
    const id = await line.deposit(await line.wav('a.wav', 2000));
    const [theirs, client] = [await line.client(), await line.client()];
    const playing = playVoicemail(theirs.voicemail(id), 'sound-card');
    await line.during(theirs.voicemail(id).reached('PLAYING'));
    const sink = new MemorySink();
    await line.during(receiveVoicemail(client, client.voicemail(id), line.server, sink));
    await line.during(playing);
    expect(sink.samples).toEqual(tone(2000));
  });

  it('is given up at its time limit', async () => {
    const id = await line.deposit(await line.wav('a.wav', 500), { durationSec: 1 });
    const client = await line.client();
    const voicemail = client.voicemail(id);
    await line.during(downloadVoicemail(voicemail));
    // The exchange's clock stands still from now on: the playback never ends.
    const { VirtualClock } = await import('../../src/index.js');
    const mine = new VirtualClock();
    const playing = playVoicemail(voicemail, 'sound-card', { clock: mine });
    const failed = expect(playing).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await voicemail.reached('BUFFERING');
    await mine.advance(60_000);
    await failed;
  });

  it('is marked as not played, is fetched once only, is deleted', async () => {
    const id = await line.deposit(await line.wav('a.wav', 300));
    const client = await line.client();
    const voicemail = client.voicemail(id);
    await line.during(downloadVoicemail(voicemail));
    await line.during(downloadVoicemail(voicemail));
    await line.during(playVoicemail(voicemail, 'sound-card'));
    await line.during(markVoicemailUnplayed(voicemail));
    await line.during(markVoicemailUnplayed(voicemail));
    expect(await client.search('MISSEDVOICEMAILS')).toEqual([id]);
    await line.during(deleteVoicemail(voicemail));
    await line.during(deleteVoicemail(voicemail));
    expect(voicemail.over).toBe(true);
    expect(statusesOf(voicemail).filter((status) => status === 'DOWNLOADING')).toHaveLength(1);
    await expect(playVoicemail(voicemail, 'sound-card')).rejects.toMatchObject({ code: 'ERR_API' });
  });

  it('cannot be redirected below protocol 8: that is refused with the reason', async () => {
    const id = await line.deposit(await line.wav('a.wav', 200));
    const client = await line.client('jack', { protocol: 7 });
    const voicemail = client.voicemail(id);
    await expect(openVoicemailPort(client, voicemail, line.server, 'OUTPUT')).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/protocol 8 or newer .*uses protocol 7.*sound card/s),
    });
    await line.during(playVoicemail(voicemail, 'sound-card'));
  });

  it('can send its CAPTURE_MIC stream to a port, too', async () => {
    const id = await line.deposit(await line.wav('a.wav', 400));
    const client = await line.client();
    const voicemail = client.voicemail(id);
    await line.during(downloadVoicemail(voicemail));
    const sink = new MemorySink();
    const lease = await openVoicemailPort(client, voicemail, line.server, 'CAPTURE_MIC', {
      onLease: (opened) => opened.addSink(sink),
    });
    await line.during(playVoicemail(voicemail, 'sound-card'));
    await line.during(lease.closed);
    expect(sink.samples.length).toBeGreaterThanOrEqual(6400);
    expect(new Set(sink.samples)).toEqual(new Set([1000]));
  });

  it('releases its port when the endpoint cannot connect', async () => {
    const id = await line.deposit(await line.wav('a.wav', 200));
    const client = await line.client();
    const opening = openVoicemailPort(client, client.voicemail(id + 1000), line.server, 'OUTPUT');
    await expect(opening).rejects.toMatchObject({ code: 'ERR_API', number: 529 });
    expect([...line.server.leases]).toEqual([]);
  });
});

describe('a message that is left', () => {
  const received = async () => {
    const anna = await line.client('anna');
    const [id] = await anna.search('VOICEMAILS');
    const sink = new MemorySink();
    await line.during(receiveVoicemail(anna, anna.voicemail(id ?? 0), line.server, sink));
    return sink.samples;
  };

  it('from a file: the greeting is heard, and every sample is recorded after the tone', async () => {
    const file = await line.wav('message.wav', 3000, 500);
    const jack = await line.client();
    const phases: string[] = [];
    const work = leaveVoicemail(jack, 'anna', { from: { file }, server: line.server, clock: line.clock });
    const leaving = await line.during(work);
    leaving.on('progress', ({ phase }) => phases.at(-1) !== phase && phases.push(phase));
    const { ledger, durationSeconds, message } = await line.during(leaving.sent);
    expect(ledger).toMatchObject({ received: 48_000, missing: 0, masked: 0 });
    expect(ledger?.spans.map(({ kind, reason }) => reason ?? kind)).toEqual(['idle', 'received', 'ended']);
    expect(durationSeconds).toBeGreaterThanOrEqual(3);
    expect(statusesOf(message)).toEqual(['BLANK', 'RECORDING', 'UPLOADING', 'UPLOADED']);
    expect(phases).toEqual(['recording', 'uploading', 'sent']);
    const recorded = await received();
    const at = indexOfSamples(recorded, tone(3000, 500));
    expect(at).toBeGreaterThanOrEqual(0);
    // Nothing of the microphone is in it, and it begins with the tone.
    expect(recorded.subarray(0, at).every((sample) => sample === 0)).toBe(true);
    expect(at).toBeLessThan(16_000 * 0.3);
    expect(recorded.subarray(at + 48_000).every((sample) => sample === 0)).toBe(true);
  });

  it('from PCM of another rate, with the greeting skipped', async () => {
    const greeting = await line.wav('greeting.wav', 60_000);
    const long = await Line.open({ users: [{ handle: 'jack' }, { handle: 'anna', greeting }] });
    const short = line;
    line = long;
    await using _ = short;
    const pcm = tone(1000, 300);
    async function* source() {
      yield pcm.slice(0, 5000);
      yield pcm.slice(5000);
    }
    const jack = await line.client();
    const before = line.clock.now();
    const work = leaveVoicemail(jack, 'anna', {
      from: { source: source(), format: { sampleRate: 8000, channels: 1 } },
      server: line.server,
      greeting: 'skip',
      clock: line.clock,
    });
    const leaving = await line.during(work);
    const { ledger } = await line.during(leaving.sent);
    expect(ledger?.received).toBe(32_000);
    // The greeting alone lasts 60 s.
    expect(line.clock.now() - before).toBeLessThan(50_000);
    expect((await received()).length).toBeGreaterThanOrEqual(32_000);
  });

  it('from the microphone, until it is stopped', async () => {
    const jack = await line.client();
    const leaving = await line.during(leaveVoicemail(jack, 'anna', { greeting: 'skip', clock: line.clock }));
    await line.during(leaving.message.reached('RECORDING'));
    await line.clock.advance(2000);
    const { ledger } = await line.during(leaving.stop());
    expect(ledger).toBeUndefined();
    const recorded = await received();
    expect(recorded.length).toBeGreaterThanOrEqual(32_000);
    expect(new Set(recorded)).toEqual(new Set([1000]));
  });

  it('from a file that the endpoint reads itself, up to the limit', async () => {
    const file = await line.wav('message.wav', 8000, 350);
    const jack = await line.client();
    const work = leaveVoicemail(jack, 'anna', {
      from: { endpointFile: file },
      maxMs: 4000,
      clock: line.clock,
    });
    await line.during((await line.during(work)).sent);
    const recorded = await received();
    expect(recorded.length).toBeLessThan(16_000 * 5);
    expect(indexOfSamples(recorded, tone(8000, 350).subarray(0, 8000))).toBeGreaterThanOrEqual(0);
  });

  it('is cancelled before the tone and during the recording; nothing arrives', async () => {
    const jack = await line.client();
    const early = await line.during(leaveVoicemail(jack, 'anna', { clock: line.clock }));
    await line.during(early.cancel());
    await expect(early.sent).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const late = await line.during(leaveVoicemail(jack, 'anna', { greeting: 'skip', clock: line.clock }));
    await line.during(late.message.reached('RECORDING'));
    await line.during(late.cancel());
    await expect(late.sent).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await line.clock.advance(5000);
    expect(await (await line.client('anna')).search('VOICEMAILS')).toEqual([]);
  });

  it('can no longer be cancelled when it was sent', async () => {
    const jack = await line.client();
    const leaving = await line.during(leaveVoicemail(jack, 'anna', { greeting: 'skip', clock: line.clock }));
    await line.during(leaving.message.reached('RECORDING'));
    await line.during(leaving.stop());
    await expect(leaving.cancel()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });

  it('ends by itself at the recipient’s limit', async () => {
    await line[Symbol.asyncDispose]();
    line = await Line.open({
      users: [
        { handle: 'jack', soundCard: card },
        { handle: 'anna', voicemailSeconds: 2 },
      ],
    });
    const jack = await line.client();
    const leaving = await line.during(leaveVoicemail(jack, 'anna', { greeting: 'skip', clock: line.clock }));
    await line.during(leaving.sent);
    expect((await received()).length).toBe(32_000);
  });

  it('is refused for a user without voicemail, for an empty handle, without a server, below protocol 8', async () => {
    const jack = await line.client();
    await expect(leaveVoicemail(jack, 'mute')).rejects.toMatchObject({ code: 'ERR_API', number: 110 });
    await expect(leaveVoicemail(jack, 'no body')).rejects.toMatchObject({ code: 'ERR_API' });
    await expect(leaveVoicemail(jack, 'anna', { from: { file: 'x.wav' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
    await expect(leaveVoicemail(jack, 'anna', { maxMs: 1 })).rejects.toThrow(/maxMs/);
    const old = await line.client('jack', { protocol: 7 });
    const from = { file: await line.wav('m.wav', 200) };
    const leaving = leaveVoicemail(old, 'anna', { from, server: line.server, clock: line.clock });
    await expect(line.during(leaving)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('does not arrive when its source fails', async () => {
    const jack = await line.client();
    async function* source() {
      yield tone(200);
      throw new Error('the source broke');
    }
    const work = leaveVoicemail(jack, 'anna', {
      from: { source: source() },
      server: line.server,
      clock: line.clock,
    });
    const leaving = await line.during(work);
    await expect(line.during(leaving.sent)).rejects.toThrow('the source broke');
    await line.clock.advance(5000);
    expect(await (await line.client('anna')).search('VOICEMAILS')).toEqual([]);
  });

  it('says which file cannot be read', async () => {
    const jack = await line.client();
    const from = { file: join(line.folder, 'none.wav') };
    const work = leaveVoicemail(jack, 'anna', { from, server: line.server, clock: line.clock });
    await expect(line.during(work)).rejects.toMatchObject({ code: 'ERR_FILE' });
    // Nobody was called for it.
    expect(await jack.search('CALLS')).toEqual([]);
  });
});
