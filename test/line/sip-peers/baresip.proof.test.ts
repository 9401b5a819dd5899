import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { collectSamples } from '../../../src/voice/stage.js';
import { WavReader } from '../../../src/voice/wav/wav-reader.js';
import { Client } from '../../exchange/world.js';
import { until } from '../../turns.js';
import { shareOf } from '../sip/tones.js';
import { BARESIP_TONE, Baresip, HAS_BARESIP } from './baresip.js';

const LISTEN = { udp: { host: '127.0.0.1', port: 0 } };
/** Tones of the two ends, in Hz. */
const OURS = 1000;
const THEIRS = BARESIP_TONE;
const TONE = Int16Array.from(
  { length: 24_000 },
  (_, at) => 8000 * Math.sin((2 * Math.PI * OURS * at) / 16_000),
);

describe.skipIf(!HAS_BARESIP)('baresip (needs baresip-core)', () => {
  it.each(['', ';mediaenc=srtp-mand'])(
    'registers, calls and is called, and each end hears the tone of the other (%s)',
    async (encryption) => {
      const heard: Int16Array[] = [];
      const identity = { handle: 'tone', fullName: 'Tone', network: 'P2P' } as const;
      const steps = [
        { wait: 200 },
        { say: TONE },
        { record: 1000, into: { write: (frame: Int16Array) => void heard.push(frame.slice()) } },
      ];
      const behaviour = { ringMs: 0, outcome: 'answer', steps, stay: false } as const;
      const exchange = await Exchange.start({
        users: [{ handle: 'alice' }],
        robots: [new RobotDestination(identity, behaviour, systemClock)],
      });
      const line = sipLine({
        listen: LISTEN,
        phones: [{ user: 'phone', password: 'secret', number: '+15550300' }],
        media: { srtp: encryption === '' ? 'accepted' : 'required' },
      });
      await exchange.addLine(line);
      const [{ port = 0 } = {}] = line.addresses;
      const account = `<sip:phone@127.0.0.1:${port}>;auth_user=phone;auth_pass=secret;answermode=auto;regint=600`;
      const phone = await Baresip.start({ account: `${account}${encryption}` });
      try {
        const alice = new Client(exchange, 'alice');
        await until(() => line.registered.includes('phone'));
        phone.command('dial', `sip:tone@127.0.0.1:${port}`);
        await until(() => line.calls > 0);
        await until(() => line.calls === 0);
        const id = alice.send('CALL +15550300')[0]?.split(' ')[1];
        await until(() => alice.told(`CALL ${id} STATUS`).at(-1) === 'INPROGRESS');
        alice.send(`ALTER CALL ${id} HANGUP`);
        await until(() => line.calls === 0);
        await phone.stop();
        const ours = Int16Array.from(heard.flatMap((frame) => [...frame])).subarray(4000, 12_000);
        expect(shareOf(THEIRS, ours, 16_000)).toBeGreaterThan(0.5);
        expect(await shareHeard(phone, OURS)).toBeGreaterThan(0.5);
      } finally {
        await phone[Symbol.asyncDispose]();
        await exchange.close();
      }
    },
  );

  it('holds, presses keys, and passes the call on to another phone', async () => {
    await using exchange = await Exchange.start({ users: [{ handle: 'alice' }] });
    const line = sipLine({
      listen: LISTEN,
      phones: ['door', 'desk'].map((user, at) => ({ user, password: 'secret', number: `+1555030${at}` })),
    });
    await exchange.addLine(line);
    const [{ port = 0 } = {}] = line.addresses;
    const account = (user: string) =>
      `<sip:${user}@127.0.0.1:${port}>;auth_user=${user};auth_pass=secret;answermode=auto;regint=600`;
    await using door = await Baresip.start({ account: account('door') });
    await using desk = await Baresip.start({ account: account('desk') });
    await until(() => line.registered.length === 2);
    const alice = new Client(exchange, 'alice');
    door.command('dial', `sip:alice@127.0.0.1:${port}`);
    await until(() => alice.told('CALL').length > 0);
    const id = alice.newest('CALL');
    const reaches = (status: string) => until(() => alice.told(`CALL ${id} STATUS`).at(-1) === status);
    alice.send(`ALTER CALL ${id} ANSWER`);
    await reaches('INPROGRESS');
    await door.told('CALL_ESTABLISHED');
    door.command('hold');
    await reaches('REMOTEHOLD');
    door.command('resume');
    await reaches('INPROGRESS');
    door.command('sndcode', '5');
    await until(() => alice.told(`CALL ${id} DTMF`).includes('5'));
    door.command('transfer', `sip:+15550301@127.0.0.1:${port}`);
    await desk.told('CALL_ESTABLISHED');
    await door.told('CALL_CLOSED');
    expect(alice.told(`CALL ${id} STATUS`).at(-1)).toBe('INPROGRESS');
    alice.send(`ALTER CALL ${id} HANGUP`);
    await desk.told('CALL_CLOSED');
    await until(() => line.calls === 0);
  });

  it('calls another phone by its number, and each hears the other', async () => {
    await using exchange = await Exchange.start({ users: [{ handle: 'alice' }] });
    const phones = ['door', 'desk'].map((user, at) => ({
      user,
      password: 'secret',
      number: `+1555030${at}`,
    }));
    const line = sipLine({ listen: LISTEN, phones });
    await exchange.addLine(line);
    const [{ port = 0 } = {}] = line.addresses;
    const account = (user: string) =>
      `<sip:${user}@127.0.0.1:${port}>;auth_user=${user};auth_pass=secret;answermode=auto;regint=600`;
    await using door = await Baresip.start({ account: account('door') });
    await using desk = await Baresip.start({ account: account('desk'), tone: 500 });
    await until(() => line.registered.length === 2);
    door.command('dial', `sip:+15550301@127.0.0.1:${port}`);
    await desk.told('CALL_ESTABLISHED');
    await door.told('CALL_ESTABLISHED');
    expect(line.calls).toBe(2);
    await heardFor(door, 1.5);
    await heardFor(desk, 1.5);
    door.command('hangup');
    await desk.told('CALL_CLOSED');
    await until(() => line.calls === 0);
    await Promise.all([door.stop(), desk.stop()]);
    expect(await shareHeard(door, 500)).toBeGreaterThan(0.5);
    expect(await shareHeard(desk, BARESIP_TONE)).toBeGreaterThan(0.5);
  });
});

/** The file in which a phone keeps what it hears. */
async function dumpOf(phone: Baresip): Promise<string | undefined> {
  const [dump] = (await readdir(phone.folder)).filter((name) => name.endsWith('dec.wav')).sort();
  return dump === undefined ? undefined : join(phone.folder, dump);
}

/** Resolves when a phone has heard so many seconds, at 8000 samples a second. */
async function heardFor(phone: Baresip, seconds: number): Promise<void> {
  await until(async () => {
    const dump = await dumpOf(phone);
    return dump !== undefined && (await stat(dump)).size > seconds * 16_000;
  });
}

/** Share of a tone in what a phone has heard from its first second on. */
async function shareHeard(phone: Baresip, tone: number): Promise<number> {
  await using reader = await WavReader.open((await dumpOf(phone)) ?? '');
  const { sampleRate } = reader.format;
  const heard = (await collectSamples(reader)).subarray(sampleRate, sampleRate * 1.4);
  return shareOf(tone, heard, sampleRate);
}
