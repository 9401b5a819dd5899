import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { attach, MemoryTransport, openCallVoice, PcmServer } from '../../../src/index.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { Client } from '../../exchange/world.js';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';
import { shareOf } from '../sip/tones.js';

/** Tone of whom a call is put through to, in Hz. */
const TONE = 1000;
const HAS_LINPHONE = !spawnSync('linphonec', ['-v']).error;

/** Starts linphone without a sound card; gives what it has said, and a way to tell it something. */
async function startLinphone() {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-linphone-'));
  // Without the folder of its database it opens no port.
  await mkdir(join(folder, '.local/share/linphone'), { recursive: true });
  const config = `[sip]\nsip_port=${await freePort()}\nsip_tcp_port=-1\nsip_tls_port=-1\nguess_hostname=0\n`;
  await writeFile(join(folder, 'rc'), `${config}contact="lin" <sip:lin@127.0.0.1>\n`);
  const child = spawn('linphonec', ['-a', '-c', join(folder, 'rc')], {
    env: { ...process.env, HOME: folder },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  await until(() => said.includes('linphonec>'));
  return {
    command: (text: string) => child.stdin.write(`${text}\n`),
    /** Resolves when it has said something so many times. */
    said: (text: string, times = 1) => until(() => said.split(text).length > times),
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}

describe.skipIf(!HAS_LINPHONE)('linphone (needs linphone-cli)', () => {
  it('registers, calls, is called, held and hung up', async () => {
    const identity = { handle: 'parrot', fullName: 'Parrot', network: 'P2P' } as const;
    const behaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;
    await using exchange = await Exchange.start({
      users: [{ handle: 'alice' }],
      robots: [new RobotDestination(identity, behaviour, systemClock)],
    });
    const failures: unknown[] = [];
    exchange.on('failure', (error) => failures.push(error));
    const line = sipLine({
      listen: { udp: { host: '127.0.0.1', port: 0 } },
      phones: [{ user: 'lin', password: 'secret', number: '+15550300' }],
    });
    await exchange.addLine(line);
    const [{ port = 0 } = {}] = line.addresses;
    await using phone = await startLinphone();
    phone.command('soundcard use files');
    phone.command(`register sip:lin@127.0.0.1:${port} sip:127.0.0.1:${port} secret`);
    await until(() => line.registered.includes('lin'));
    phone.command(`call sip:parrot@127.0.0.1:${port}`);
    await phone.said('Media streams established');
    phone.command('terminate');
    await until(() => line.calls === 0);
    const alice = new Client(exchange, 'alice');
    const id = alice.send('CALL +15550300')[0]?.split(' ')[1];
    const reaches = (status: string) => until(() => alice.told(`CALL ${id} STATUS`).at(-1) === status);
    await reaches('INPROGRESS');
    await phone.said('Media streams established', 2);
    alice.send(`ALTER CALL ${id} HOLD`);
    await reaches('LOCALHOLD');
    alice.send(`ALTER CALL ${id} RESUME`);
    await reaches('INPROGRESS');
    phone.command('terminate');
    await reaches('FINISHED');
    expect([line.calls, failures]).toEqual([0, []]);
  });

  it('consults another party in a second call, then transfers the first call to that party', async () => {
    const identity = { handle: 'tone', fullName: 'Tone', network: 'P2P' } as const;
    const say = toneSamples({ frequency: TONE, durationMs: 50_000 });
    const behaviour = { ringMs: 0, outcome: 'answer', steps: [{ say }], stay: true } as const;
    await using exchange = await Exchange.start({
      users: [{ handle: 'alice' }],
      robots: [new RobotDestination(identity, behaviour, systemClock)],
    });
    const line = sipLine({
      listen: { udp: { host: '127.0.0.1', port: 0 } },
      phones: [{ user: 'lin', password: 'secret', number: '+15550300' }],
    });
    await exchange.addLine(line);
    const wire: string[] = [];
    line.on('wire', ({ direction, text }) => direction === 'in' && wire.push(text));
    const [{ port = 0 } = {}] = line.addresses;
    await using phone = await startLinphone();
    phone.command('soundcard use files');
    phone.command(`register sip:lin@127.0.0.1:${port} sip:127.0.0.1:${port} secret`);
    await until(() => line.registered.length === 1);
    await using alice = await attach(new MemoryTransport(exchange.endpoint('alice')));
    await using server = new PcmServer();
    const call = await alice.call('+15550300');
    await using voice = await openCallVoice(call, server, { input: false, microphone: false });
    let share = 0;
    voice.remote.addSink({
      write: (samples) => {
        share = shareOf(TONE, samples, 16_000);
      },
      end: () => undefined,
    });
    await call.reached('INPROGRESS');
    await phone.said('Media streams established');
    phone.command('pause');
    await call.reached('REMOTEHOLD');
    phone.command(`call sip:tone@127.0.0.1:${port}`);
    await phone.said('Media streams established', 2);
    expect(share).toBeLessThan(0.5);
    phone.command('transfer 1 --to-call 2');
    await call.reached('INPROGRESS');
    await until(() => share > 0.9);
    expect(wire.filter((text) => text.startsWith('REFER')).join()).toContain('Replaces=');
    await call.hangUp();
    await until(() => line.calls === 0);
  });
});
