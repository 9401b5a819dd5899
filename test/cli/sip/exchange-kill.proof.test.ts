import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attach,
  type Call,
  PcmServer,
  recordCall,
  TcpTransport,
  verifyRecording,
} from '../../../src/index.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { BARESIP_TONE, Baresip, HAS_BARESIP } from '../../line/sip-peers/baresip.js';
import { frequencyOf } from '../../recording/siprec/recording-client.js';
import { until } from '../../turns.js';

const MAIN = 'dist/cli/main.js';
const SECOND = 16_000;

let folder: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-sip-kill-'));
  await writeFile(
    join(folder, 'line.yaml'),
    'listen: { udp: { host: 127.0.0.1, port: 0 } }\ntrunk: { uri: "sip:127.0.0.1" }\nto: jack\n',
  );
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Starts an exchange with a line; gives its process, and the ports of the endpoint and of the line. */
async function started() {
  const args = ['exchange', '--json', '--tcp', '0', '--user', 'jack', '--sip', join(folder, 'line.yaml')];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ports = { api: 0, sip: 0 };
  for await (const text of createInterface({ input: child.stdout })) {
    const { event, handle, transport, port } = JSON.parse(text) as Record<string, string & number>;
    if (event === 'listening' && handle === 'jack') ports.api = port ?? 0;
    if (event === 'listening' && transport === 'UDP') ports.sip = port ?? 0;
    if (event === 'ready') break;
  }
  child.stdout.resume();
  return { child, exited: once(child, 'exit'), ...ports };
}

describe.skipIf(!HAS_BARESIP)('an exchange that ends in a call with a phone (needs baresip-core)', () => {
  it.each([
    ['is told to, and hangs up', 'SIGTERM', 'call-ended', []],
    ['is killed, and the phone hears nothing any more', 'SIGKILL', 'connection-lost', ['rtp_timeout 5']],
  ] as const)('%s: the recording is complete', async (_, signal, end, config) => {
    const { child, exited, api, sip } = await started();
    const account = '<sip:phone@127.0.0.1>;regint=0;answermode=auto';
    await using phone = await Baresip.start({ account, config });
    await using client = await attach(new TcpTransport({ port: api }));
    await using server = new PcmServer();
    const calls: Call[] = [];
    client.on('call', (call) => calls.push(call));
    phone.command('dial', `sip:jack@127.0.0.1:${sip}`);
    await until(() => calls.length > 0);
    const [call] = calls;
    if (!call) throw new Error('There is no call.');
    const file = join(folder, `${signal}.wav`);
    await call.answer();
    const recording = await recordCall(call, server, { file, input: false });
    let heard = 0;
    recording.voice.remote.addSink({
      write: (samples) => {
        heard += samples.length;
      },
      end: () => undefined,
    });
    await until(() => heard >= SECOND);
    child.kill(signal);
    await exited;
    await phone.told('CALL_CLOSED');
    const { sidecar } = await recording.finished;
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    const { samples, format } = decodeWav(await readFile(file));
    expect(format).toMatchObject({ channels: 2, sampleRate: SECOND });
    const half = SECOND / 2;
    const remote = Int16Array.from({ length: half }, (_, at) => samples[2 * (at + half / 2) + 1] ?? 0);
    expect(Math.abs(frequencyOf(remote) - BARESIP_TONE)).toBeLessThan(5);
    expect(samples.length / 2).toBeGreaterThanOrEqual(heard);
    expect(sidecar.end).toBe(end);
  });
});
