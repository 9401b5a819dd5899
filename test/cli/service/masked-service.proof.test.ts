import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readSidecar } from '../../../src/recording/read-details.js';
import { beside } from '../../../src/recording/sidecar.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { freePort } from '../../free-port.js';

const MAIN = 'dist/cli/main.js';
const GRAMMAR = 'test/fixtures/speech/card.gram';
const SAID = {
  before: 'My card number is.',
  half: 'four one one one. one one one one.',
  rest: 'one one one. one one one one.',
  after: 'Please read it to me.',
};
/** What nothing that is kept may contain: keys of the number in a row, or its words. */
const SECRET = /4111|1111|"digit":"\d"|(?:\b(?:one|four)\b\W+){4}|read it to me/i;
/** Names, hashes, numbers and times of events, in which such digits may be by chance. A number that is said is a text. */
const BY_CHANCE =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b\d{17}-\d{6}\b|[:[,]\s*-?\d+(?:\.\d+)?(?=\s*[,}\]])/g;

function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const canRun = ['pocketsphinx_continuous', 'espeak-ng', 'sox', 'ffmpeg'].every(has);

interface Line {
  readonly type?: string;
  readonly event?: string;
  readonly what?: string;
  readonly [field: string]: unknown;
}

const ends: (() => unknown)[] = [];
/** Voice of the callers, and how much energy may be left of each call. */
let voices: string;
let allowed = 0;
beforeAll(async () => {
  if (!canRun) return;
  voices = await mkdtemp(join(tmpdir(), 'jackfield-voices-'));
  for (const [name, text] of Object.entries(SAID)) {
    const wav = execFileSync('espeak-ng', ['-v', 'en-us', '-s', '130', '-g', '4', '--stdout', text]);
    const file = join(voices, `${name}.wav`);
    execFileSync('sox', ['-t', 'wav', '-', '-r', '16000', '-b', '16', '-c', '1', file, 'pad', '0', '0.4'], {
      input: wav,
    });
    if (name === 'before') allowed = energyOf(decodeWav(await readFile(file)).samples);
  }
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => canRun && rm(voices, { recursive: true }));

/** Starts the command; gives its JSON lines. */
function started(args: readonly string[], { cwd = '.', path = '' } = {}) {
  const env = { ...process.env, PATH: `${path}${delimiter}${process.env['PATH']}` };
  const child = spawn(process.execPath, [join(process.cwd(), MAIN), ...args], {
    ...{ cwd, env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const exited = once(child, 'exit');
  ends.push(async () => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await exited;
  });
  const seen: Line[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  let isOver = false;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => {
    if (text.startsWith('{')) seen.push(JSON.parse(text) as Line);
    look();
  });
  lines.on('close', () => {
    isOver = true;
    look();
  });
  /** Resolves when so many lines have passed. */
  const saw = (passes: (line: Line) => boolean, count = 1) =>
    new Promise<readonly Line[]>((resolve, reject) => {
      const again = () => {
        const found = seen.filter(passes);
        if (found.length < count && !isOver) return;
        waiting.delete(again);
        if (found.length >= count) resolve(found);
        else reject(new Error(`It ended: ${JSON.stringify(seen.slice(-5))}`));
      };
      waiting.add(again);
      again();
    });
  return { child, exited, saw };
}

/** Robots that say a card number, each with steps of its own. */
const ROBOTS: Readonly<Record<string, { readonly does: readonly object[]; readonly line?: object }>> = {
  speaker: { does: ['before', 'half', 'rest', 'after'].map((name) => ({ say: `${name}.wav` })) },
  presser: { does: [{ say: 'before.wav' }, { digits: '4111111111111111' }, { wait: 500 }] },
  mixed: {
    does: [
      ...[{ say: 'before.wav' }, { say: 'half.wav' }, { digits: '1' }],
      ...[{ say: 'rest.wav' }, { say: 'after.wav' }],
    ],
  },
  cutter: { does: [{ say: 'before.wav' }, { say: 'half.wav' }, { digits: '11111' }] },
  lossy: {
    does: ['before', 'half', 'rest'].map((name) => ({ say: `${name}.wav` })),
    line: { lossPercent: 6, meanLossMs: 60, seed: 5 },
  },
};

/** Callers that call at the same time: JACKFIELD_CALLS=all for all of them. */
const CALLERS =
  process.env['JACKFIELD_CALLS'] === 'all' ? Object.keys(ROBOTS) : ['presser', 'cutter', 'lossy'];

interface Stage {
  readonly folder: string;
  readonly exchange: ReturnType<typeof started>;
  serve(): ReturnType<typeof started>;
  ctl(...args: string[]): void;
  configure(masks: boolean): Promise<void>;
  listen(): Promise<{ readonly ended: Promise<unknown> }>;
}

/** An exchange with callers, and a service for it that masks. Voice and words of the callers are in another folder. */
async function staged(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-masked-service-'));
  const [path, kept] = [join(folder, 'bin'), join(folder, 'kept')];
  await Promise.all([mkdir(path), mkdir(kept)]);
  ends.push(() => rm(folder, { recursive: true }));
  await copyFile(GRAMMAR, join(voices, 'card.gram'));
  const robots = Object.entries(ROBOTS).map(([handle, robot]) => ({ handle, ...robot }));
  const scenario = join(voices, 'scenario.json');
  await writeFile(scenario, JSON.stringify({ users: [{ handle: 'desk' }], robots }));
  await writeFile(join(voices, 'phrases.txt'), 'read it to me\n');
  // The engine of the machine, until it is to die.
  const engine = `#!/bin/sh\n[ -e ${folder}/dead ] && kill -9 $$\nexec ${whereIs('pocketsphinx_continuous')} "$@"\n`;
  await writeFile(join(path, 'pocketsphinx_continuous'), engine);
  await chmod(join(path, 'pocketsphinx_continuous'), 0o755);
  const flow =
    'name: Ask\nsteps:\n  ask: { do: gather, ask: { tone: 440, ms: 200 }, min: 16, max: 16, timeoutMs: 60000, interDigitMs: 60000, save: card }\n';
  await writeFile(join(folder, 'flow.yaml'), flow);
  await writeFile(join(folder, 'key'), `${'k'.repeat(32)}\n`);
  const port = await freePort();
  const exchange = started(['exchange', '--json', '--scenario', scenario, '--tcp', '0']);
  const [listening] = await exchange.saw(({ event }) => event === 'listening');
  const configure = (masks: boolean) =>
    writeFile(
      join(folder, 'serve.json'),
      JSON.stringify({
        endpoints: { desk: { attach: `tcp:${listening?.['port']}` } },
        record: {
          ...{ out: join(kept, 'recordings'), analyse: true, format: ['flac', 'legs'] },
          ...(masks && {
            transcribe: { grammar: join(voices, 'card.gram') },
            mask: { phrasesFile: join(voices, 'phrases.txt'), delayMs: 20_000 },
          }),
          hook: { command: 'sh', args: ['-c', `cat >> ${join(kept, 'told')}`] },
        },
        bots: { ask: { flow: 'flow.yaml', speech: 'none' } },
        rules: [{ name: 'all', answer: 'ask' }],
        control: { socket: join(folder, 'run', 'serve.sock') },
        http: { port },
        api: { tokens: { viewer: { file: 'key', may: 'read' } } },
        // Nobody answers there: all that is told waits on the disk.
        webhooks: { gone: { url: 'http://127.0.0.1:9/', secretFile: 'key', events: [...TOLD] } },
        outbox: join(kept, 'outbox'),
        log: { level: 'debug' },
      }),
    );
  await configure(true);
  const serve = () => started(['serve', join(folder, 'serve.json')], { cwd: folder, path });
  const ctl = (...args: string[]) =>
    void execFileSync(process.execPath, [
      MAIN,
      'ctl',
      ...args,
      '--socket',
      join(folder, 'run', 'serve.sock'),
    ]);
  /** Keeps all that a reader of the events gets over a WebSocket. */
  const listen = async () => {
    const headers = { authorization: `Bearer ${'k'.repeat(32)}` };
    const reader = new WebSocket(`ws://127.0.0.1:${port}/v1/events`, { headers });
    await once(reader, 'open');
    const heard = createWriteStream(join(kept, 'heard'));
    reader.on('message', (message: Buffer) => heard.write(`${message.toString()}\n`));
    reader.once('close', () => heard.end());
    return { ended: once(heard, 'finish') };
  };
  return { folder, exchange, serve, ctl, configure, listen };
}

const TOLD = ['call', 'state', 'recording', 'analysis', 'bot', 'step', 'digit', 'transcript', 'failure'];
const isRecording =
  (...whats: string[]) =>
  ({ type, what = '' }: Line) =>
    type === 'recording' && whats.includes(what);
/**
 * Resolves when the recording of the next call that ends is masked. One that an earlier service has left may be masked
 * before it.
 */
async function masked({ saw }: ReturnType<typeof started>): Promise<void> {
  const [published] = await saw(isRecording('published'));
  // `published` has the whole path, and `masked` the path below the folder of recordings.
  await saw(
    (line) => isRecording('masked')(line) && String(published?.['file']).endsWith(String(line['file'])),
  );
}
const isDigit = ({ type }: Line) => type === 'digit';
const whereIs = (command: string) => execFileSync('which', [command], { encoding: 'utf8' }).trim();

/** Looks for the secret in all that is kept: files, and what is left to be heard. Returns the number of recordings. */
async function looked({ folder }: Stage, live = true): Promise<number> {
  const kept = join(folder, 'kept');
  let recordings = 0;
  for (const name of await readdir(kept, { recursive: true })) {
    const file = join(kept, name);
    if ((await stat(file)).isDirectory()) continue;
    if (!name.endsWith('.wav')) {
      expect((await readFile(file, 'latin1')).replaceAll(BY_CHANCE, ''), name).not.toMatch(SECRET);
      continue;
    }
    if (/\.(local|remote)\.wav$/.test(name) || name.includes('.recording')) continue;
    recordings++;
    const { samples } = decodeWav(await readFile(file));
    const caller = samples.filter((_, at) => at % 2 === 1);
    expect(energyOf(caller), name).toBeLessThan(1.3 * allowed);
    const { maskings = [] } = await readSidecar(beside(file, '.json'));
    expect(maskings[0], name).toMatchObject({ transcriber: 'PocketSphinx', ...(live && { live: true }) });
  }
  return recordings;
}

function energyOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}

describe.skipIf(!canRun)(
  'a service masks card numbers (needs pocketsphinx, espeak-ng, sox and ffmpeg)',
  () => {
    it('of simultaneous calls: said, pressed, both, cut off, and on a line with losses', async () => {
      const stage = await staged();
      const { saw, child, exited } = stage.serve();
      await saw(({ what }) => what === 'ready');
      const { ended } = await stage.listen();
      const callers = CALLERS;
      for (const caller of callers) stage.ctl('call', caller, '--bot', 'ask');
      await saw(isRecording('masked', 'after-call-failed'), callers.length);
      child.kill('SIGTERM');
      await Promise.all([exited, ended]);
      expect(await readFile(join(stage.folder, 'kept', 'heard'), 'utf8')).toContain('"type":"digit"');
      expect(await looked(stage)).toBe(callers.length);
    }, 300_000);

    it('when the rules are taken away and the engine dies in the middle of a number', async () => {
      const stage = await staged();
      const { saw, child, exited } = stage.serve();
      await saw(({ what }) => what === 'ready');
      stage.ctl('call', 'mixed', '--bot', 'ask');
      await saw(isDigit);
      await stage.configure(false);
      await writeFile(join(stage.folder, 'dead'), '');
      stage.ctl('reload');
      await saw(isRecording('published'));
      // It waits for the engine, and nobody is told of it.
      await saw(isRecording('after-call-failed'));
      expect((await saw(isRecording('mask-failed'))).length).toBeGreaterThan(0);
      await rm(join(stage.folder, 'dead'));
      await expect(stat(join(stage.folder, 'kept', 'told'))).rejects.toThrow('ENOENT');
      await stage.configure(true);
      stage.ctl('reload');
      await saw(isRecording('masked'));
      child.kill('SIGTERM');
      await exited;
      expect(await looked(stage)).toBe(1);
      expect(await readFile(join(stage.folder, 'kept', 'told'), 'utf8')).toContain('recording.finished');
    }, 300_000);

    it('when it is ended in the middle of a number: the next start reports the recording', async () => {
      const stage = await staged();
      const { saw, child, exited } = stage.serve();
      await saw(({ what }) => what === 'ready');
      stage.ctl('call', 'mixed', '--bot', 'ask');
      await saw(isDigit);
      child.kill('SIGTERM');
      await exited;
      expect(await looked(stage)).toBeLessThan(2);
      const next = stage.serve();
      await next.saw(({ what }) => what === 'ready');
      stage.ctl('call', 'presser', '--bot', 'ask');
      await masked(next);
      next.child.kill('SIGTERM');
      await next.exited;
      expect(await looked(stage)).toBeGreaterThan(0);
      expect(await readFile(join(stage.folder, 'kept', 'told'), 'utf8')).toContain('recording.finished');
    }, 300_000);

    it('when it is killed, and when the line stalls in the middle of a number', async () => {
      const stage = await staged();
      const killed = stage.serve();
      await killed.saw(({ what }) => what === 'ready');
      stage.ctl('call', 'mixed', '--bot', 'ask');
      await killed.saw(isDigit);
      killed.child.kill('SIGKILL');
      await killed.exited;
      for (const name of await readdir(join(stage.folder, 'kept', 'recordings', '.recording'))) {
        const left = await readFile(join(stage.folder, 'kept', 'recordings', '.recording', name));
        // Nothing is written before its words are known.
        if (name.endsWith('.wav')) expect(left.length).toBeLessThan(1000);
      }
      const service = stage.serve();
      const { saw, child, exited } = service;
      await saw(({ what }) => what === 'ready');
      stage.ctl('call', 'mixed', '--bot', 'ask');
      await saw(isDigit);
      stage.exchange.child.kill('SIGSTOP');
      await once(spawn('sleep', ['2']), 'exit');
      stage.exchange.child.kill('SIGCONT');
      await masked(service);
      child.kill('SIGTERM');
      await exited;
      expect(await looked(stage)).toBeGreaterThan(0);
    }, 300_000);
  },
);
