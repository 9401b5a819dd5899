import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { attach, Exchange, TcpTransport } from '../../../src/index.js';
import { recordConfigSchema } from '../../../src/recording.js';
import { CommandHost } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
const host = new CommandHost();
const cli = (...args: string[]) => host.run(args);

let folder: string;
let exchange: Exchange;
let port: number;
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-record-'));
  exchange = await Exchange.start();
  port = await exchange.listen();
});
afterAll(async () => {
  host[Symbol.dispose]();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Starts `jackfield record` and gives its JSON lines one by one. */
function recording(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, 'record', '--json', '--attach', `tcp:${port}`, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: { readonly event: string; readonly [field: string]: unknown }[] = [];
  let rest = '';
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line)));
    wake();
  });
  const exited = once(child, 'exit');
  /** The next line of this event whose fields pass. */
  const until = async (event: string, passes: (line: Record<string, unknown>) => boolean = () => true) => {
    for (;;) {
      const found = lines.find((line) => line.event === event && passes(line));
      if (found) return found;
      if (child.exitCode !== null) throw new Error(`it ended without ${event}: ${JSON.stringify(lines)}`);
      await Promise.race([
        exited,
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      ]);
    }
  };
  return { child, until, exited };
}

describe('jackfield record', () => {
  it('records the endpoint’s calls as a daemon, and the other commands find and check them', async () => {
    const out = join(folder, 'kept');
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ out, template: '{partner}/{call}', tags: { desk: 'north' } }));
    const daemon = recording('--config', config);
    await daemon.until('ready');
    await using client = await attach(new TcpTransport({ port }));
    const call = await client.call('echo123');
    await daemon.until('progress', (line) => Number(line['positionMs']) > 1000);
    await writeFile(config, '{"policy": "never"}');
    daemon.child.kill('SIGHUP');
    expect((await daemon.until('not configured'))['reason']).toMatch(/policy.* \[ERR_SYNTAX\]$/s);
    await call.hangUp();
    const { file, complete } = await daemon.until('published');
    expect([file, complete]).toEqual([join(out, 'echo123', `${call.id}.wav`), true]);

    const second = await client.call('echo123');
    await daemon.until('progress', (line) => line['call'] === second.id && Number(line['positionMs']) > 500);
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toEqual([0, null]);
    await second.hangUp();

    const listed = await cli('recordings', 'list', '--out', out, '--json', '--text', 'north');
    const entries = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries).toMatchObject([
      { partner: 'echo123', end: 'call-ended', complete: true },
      { partner: 'echo123', end: 'stopped', complete: true },
    ]);
    const verified = await cli('recordings', 'verify', '--out', out);
    expect(verified.code).toBe(0);
    expect(verified.stdout.match(/^ok /gm)).toHaveLength(2);
    expect(await cli('verify', String(file))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 missing'),
    });
    expect(JSON.parse((await cli('recordings', 'show', entries[0].id, '--out', out)).stdout)).toMatchObject({
      id: entries[0].id,
      tags: { desk: 'north' },
    });

    const done = async (...args: string[]) => expect(await cli(...args)).toMatchObject({ code: 0 });
    await done('recordings', 'play', entries[1].id, '--out', out, '--device', 'none');
    const to = join(folder, 'exported');
    await done('recordings', 'export', entries[0].id, '--out', out, '--to', to);
    expect(await readFile(join(to, `${call.id}.wav`))).toEqual(await readFile(String(file)));
    await done('recordings', 'hold', entries[0].id, '--out', out, '--reason', 'case 7');
    const purge = ['recordings', 'purge', '--out', out, '--max-megabytes', '0'];
    expect((await cli(...purge)).stdout).toContain('give --yes');
    await done(...purge, '--yes');
    expect(existsSync(String(file))).toBe(true);
    const left = await cli('recordings', 'list', '--out', out);
    expect(left.stdout).toMatch(/^\S+ .*hold: case 7\n$/);

    await writeFile(String(file), Buffer.alloc(100), { flag: 'a' });
    const bytes = await readFile(String(file));
    bytes[bytes.length - 1000] = 77;
    await writeFile(String(file), bytes);
    const failed = await cli('verify', String(file));
    expect(failed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^CHANGED .*\n {2}audio: Block \d+ was/),
    });
  }, 180_000);

  it('takes commands on standard input', async () => {
    const out = join(folder, 'commanded');
    const daemon = recording(
      '--out',
      out,
      '--policy',
      'on-demand',
      '--control',
      '--encode',
      'live',
      '-f',
      'flac',
    );
    await daemon.until('ready');
    await using client = await attach(new TcpTransport({ port }));
    const call = await client.call('echo123');
    const say = (line: string) => daemon.child.stdin.write(`${line}\n`);
    say(`recrod ${call.id}`);
    expect((await daemon.until('refused'))['reason']).toMatch(/Expected record CALL/);
    say('record 999');
    await daemon.until('refused', ({ reason }) => reason === 'There is no call 999 now.');
    say(`pause ${call.id}`);
    await daemon.until('refused', ({ reason }) => reason === `Call ${call.id} is not being recorded.`);
    say(`record ${call.id}`);
    await daemon.until('progress', (line) => Number(line['positionMs']) > 300);
    say(`pause ${call.id} card number`);
    await daemon.until('done', ({ text }) => text === 'card number');
    say(`resume ${call.id}`);
    say(`mark ${call.id} complaint`);
    await daemon.until('done', ({ text }) => text === 'complaint');
    // A separator of lines of Unicode ends no line: the text is one.
    say(`mark ${call.id} one\u2028stop ${call.id}`);
    await daemon.until('done', ({ text }) => text === `one\u2028stop ${call.id}`);
    say(`stop ${call.id}`);
    const { file, end } = await daemon.until('published');
    expect(end).toBe('stopped');
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toEqual([0, null]);
    await call.hangUp();
    const sidecar = JSON.parse(await readFile(String(file).replace(/wav$/, 'json'), 'utf8'));
    expect(sidecar.marks).toContainEqual({ at: expect.any(Number), kind: 'paused', text: 'card number' });
    expect(sidecar.marks).toContainEqual({ at: expect.any(Number), kind: 'note', text: 'complaint' });
    expect(existsSync(String(file).replace(/wav$/, 'flac'))).toBe(true);
  }, 60_000);

  it.each([
    ['no JSON', '{', /is not JSON/],
    ['an unknown field', '{"outt": "x"}', /outt/],
    ['a policy that there is not', '{"policy": "never"}', /policy: Expected "all", .*"on-demand"/],
    ['a webhook that is none', '{"webhook": {"url": "ftp://a", "secretFile": "s"}}', /webhook\.url: .*http/],
    ['a value out of range', '{"segments": {"everyMs": 5}}', /segments\.everyMs: .*1000/],
  ])('refuses a configuration with %s, and names the place', async (_, text, message) => {
    const config = join(folder, 'bad.json');
    await writeFile(config, text);
    const failed = await cli('record', '--config', config);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(failed.stderr).not.toMatch(/^\s+at /m);
  });

  it('has its configuration schema in docs', async () => {
    const schema = JSON.parse(await readFile('docs/recorder-config.schema.json', 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(recordConfigSchema))));
  });
});
