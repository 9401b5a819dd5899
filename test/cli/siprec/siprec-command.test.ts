import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RecordingSidecar } from '../../../src/recording/sidecar.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { frequencyOf, VOICES } from '../../recording/siprec/recording-client.js';
import { CommandHost } from '../command-host.js';
import { dialled, ended, started } from './siprec-process.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-siprec-command-'));
});
afterEach(ended);
afterAll(() => rm(folder, { recursive: true }));

it('records a call with a channel for each side, and exits with 130 on Ctrl-C', async () => {
  const out = join(folder, 'out');
  const options = ['--out', out, '--template', '{partner}-{segment}', '--analyse'];
  const { child, exited, next, event } = started(...options);
  const { port } = await next(({ event, transport }) => event === 'listening' && transport === 'UDP');
  await event('ready');
  const { client, call } = await dialled(port);
  expect(await event('begun')).toMatchObject({ partner: '+4930123' });
  for (let n = 0; n < 50; n++) for (const [side, voice] of VOICES.entries()) client.send(side, voice);
  const heard = (leg: unknown) => ((leg ?? {}) as { readonly rmsDbfs?: number }).rmsDbfs;
  await next(
    ({ event, local, remote }) =>
      event === 'progress' && [local, remote].every((leg) => Number(heard(leg)) > -60),
  );
  await call.end();
  const told = ['ended', 'analysed'];
  while (told.length > 0) {
    const { event } = await next(({ event }) => told.includes(event));
    told.splice(told.indexOf(event), 1);
  }
  const file = join(out, '+4930123-1.wav');
  expect(await event('published')).toMatchObject({ partner: '+4930123', file, end: 'call-ended' });
  const { samples, format } = decodeWav(await readFile(file));
  expect(format.channels).toBe(2);
  const [left, right] = [0, 1].map((channel) =>
    samples.filter((_, i) => i % 2 === channel).subarray(0, 16_000),
  );
  expect([left, right].map((side) => frequencyOf(side as Int16Array))).toEqual([
    expect.closeTo(300, -1),
    expect.closeTo(700, -1),
  ]);
  const sidecar = JSON.parse(await readFile(join(out, '+4930123-1.json'), 'utf8')) as RecordingSidecar;
  expect(sidecar.tags).toMatchObject({ 'siprec.local': 'Agent <sip:agent@example.com>' });
  child.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
});

it('a call in progress is published before the command ends', async () => {
  const out = join(folder, 'stopped');
  const { keyFile = '', certFile = '' } = hasOpenssl ? certificate(folder, 'siprec', ['IP:127.0.0.1']) : {};
  const tls = hasOpenssl ? ['--tls-port', '0', '--tls-key', keyFile, '--tls-cert', certFile] : [];
  const { child, exited, next, event } = started('--out', out, ...tls);
  const { port } = await next(({ event, transport }) => event === 'listening' && transport === 'UDP');
  if (hasOpenssl) await next(({ event, transport }) => event === 'listening' && transport === 'TLS');
  const { client } = await dialled(port);
  await event('begun');
  for (let n = 0; n < 50; n++) for (const [side, voice] of VOICES.entries()) client.send(side, voice);
  await event('progress');
  child.kill('SIGTERM');
  await event('published');
  expect(await exited).toEqual([0, null]);
  expect(await readdir(join(out, '.recording'))).toEqual([]);
});

it('a call whose recorder is killed is finished by the next one', async () => {
  const out = join(folder, 'killed');
  const { child, exited, next, event } = started('--out', out, '--template', '{partner}-{segment}');
  const { port } = await next(({ event, transport }) => event === 'listening' && transport === 'UDP');
  const { client } = await dialled(port);
  await event('begun');
  for (let n = 0; n < 100; n++) for (const [side, voice] of VOICES.entries()) client.send(side, voice);
  await event('progress');
  child.kill('SIGKILL');
  await exited;
  const again = started('--out', out, '--template', '{partner}-{segment}');
  expect(await again.event('published')).toMatchObject({ end: 'killed', complete: false });
  expect(await readdir(join(out, '.recording'))).toEqual([]);
  again.child.kill('SIGTERM');
  expect(await again.exited).toEqual([0, null]);
});

it('refuses options that would let anyone call, and reports errors of other options', async () => {
  using host = new CommandHost();
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ consent: {} }));
  const out = ['--out', join(folder, 'none'), '--port', '0'];
  const wrong: readonly (readonly [options: readonly string[], said: RegExp])[] = [
    [['--host', '192.0.2.1'], /--allow\..*ERR_INVALID_ARG/],
    [['--host', '0.0.0.0', '--allow', '192.0.2.1'], /clients can reach/],
    [['--host', 'localhost'], /Give an address/],
    [['--allow', 'sbc.example.com'], /192\.0\.2\.20, not sbc/],
    [['--rtp-ports', '30000-20000'], /Give a range/],
    [['--config', config], /consent/],
    [['--tls-cert', config], /needs both/],
    [['--tls-port', '5061'], /needs both/],
    [['--advertise', '0.0.0.0'], /clients can reach/],
  ];
  for (const [options, said] of wrong) {
    expect(await host.run(['siprec', ...out, ...options])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(said) as string,
    });
  }
  expect(await readdir(folder)).not.toContain('none');
  const keys = ['--tls-port', '0', '--tls-cert', config, '--tls-key', config];
  expect(await host.run(['siprec', '--out', join(folder, 'keys'), '--port', '0', ...keys])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/key and its certificate as PEM.*ERR_INVALID_ARG/) as string,
  });
});
