import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import timers from 'node:timers/promises';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { attach, type Client } from '../../src/index.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const RUN_COMMANDS = join(process.cwd(), 'test/cli/run-commands.mjs');
const SPEECH = join(process.cwd(), 'test/fixtures/speech/goforward.wav');

const FLOW = `
name: Message box
steps:
  take: { do: record, ask: { text: Speak }, folder: "messages/{caller}", silenceMs: 500, maxMs: 1000 }
`;
const SCENARIO = { users: [{ handle: 'the.bot' }], robots: [{ handle: 'anna', rings: 100 }] };
/** Nobody answers there: the news waits in the outbox. */
const RECORDER = { webhook: { url: 'http://127.0.0.1:9/', secretFile: 'secret.txt' } };
const serviceOf = (port: number) => `
endpoints: { desk: { attach: "tcp:${port}" } }
record: { out: served/calls }
bots: { box: { flow: flow.yaml, speech: melody } }
answeringMachine: { archive: served/voicemails, maxMs: 1000 }
rules: [{ name: jack, callers: [jack], answer: box }, { name: others, answer: answering-machine, afterMs: 0 }]
control: { socket: served/control/serve.sock }
log: { file: served/serve.log }
`;

/** Commands that write files by themselves. */
const WRITING = [
  ...[
    'demo',
    'exchange',
    'record',
    'siprec',
    'serve',
    'trace',
    'campaign run',
    'ivr draw',
    'ivr try',
    'ivr run',
    'chat export',
    'analyse',
  ],
  ...['wav convert', 'wav trim', 'wav mix', 'wav draw', 'wav repair'],
  ...['export', 'hold', 'index', 'purge', 'outbox', 'list', 'show', 'annotate', 'transcribe', 'mask'].map(
    (name) => `recordings ${name}`,
  ),
  ...['leave', 'play', 'greeting', 'answer', 'archive'].map((name) => `voicemail ${name}`),
  ...['export', 'tag', 'hold', 'purge', 'index', 'transcribe'].map((name) => `voicemail ${name}`),
];
/** Commands that print; so do those of `ctl`, which has a service write. */
const PRINTING = [
  ...[
    'explain',
    'doctor',
    'completion',
    'verify',
    'ivr check',
    'wav info',
    'config check',
    'config schema',
    'config try',
    'sip call',
    'sip options',
    'sip register',
  ],
  ...[
    'recordings verify',
    'recordings play',
    'recordings vcon',
    'recordings transcript',
    'campaign list',
    'campaign results',
    'campaign report',
    'recordings search',
  ],
  ...['voicemail list', 'voicemail find', 'voicemail verify'],
  ...['list', 'read', 'send', 'follow'].map((name) => `chat ${name}`),
  ...['list', 'add', 'authorise', 'dismiss', 'block', 'unblock', 'remove', 'rename', 'speed-dial'].map(
    (name) => `contacts ${name}`,
  ),
  ...['conversations', 'profile', 'services', 'settings', 'status'].map((name) => `account ${name}`),
  ...['sms list', 'sms send', 'sms follow', 'files list', 'files watch', 'open', 'desk'],
];

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process, with all that it printed. */
class Process {
  readonly child: ChildProcess;
  readonly #exited: Promise<unknown>;
  printed = '';

  constructor(cwd: string, words: readonly string[]) {
    const [program = '', ...args] = words;
    this.child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.child, 'exit');
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
        this.child.emit('printed');
      });
    }
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.printed);
      if (match) return match;
      if (this.child.exitCode !== null) throw new Error(`it ended without ${pattern}: ${this.printed}`);
      await Promise.race([once(this.child, 'printed'), this.#exited]);
    }
  }

  /** Resolves to what it printed. @throws when it ends with another code. */
  async ended(...codes: readonly number[]): Promise<string> {
    const [code] = this.child.exitCode === null ? await once(this.child, 'close') : [this.child.exitCode];
    running.delete(this.child);
    if (!(codes.length > 0 ? codes : [0]).includes(code)) throw new Error(`code ${code}: ${this.printed}`);
    return this.printed;
  }

  stop(): Promise<string> {
    this.child.kill('SIGTERM');
    return this.ended();
  }
}

/** Takes no right from any file: what another umask leaves open, this one does too. */
const UMASK = '000';

/** A folder that commands work in. */
class Workshop implements AsyncDisposable {
  readonly folder: string;
  readonly #given: Readonly<Record<string, string>>;

  private constructor(folder: string, given: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#given = given;
  }

  static async open(given: Readonly<Record<string, string>>): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-modes-'));
    await chmod(folder, 0o755);
    for (const [name, text] of Object.entries(given)) await writeFile(join(folder, name), text);
    return new Workshop(folder, given);
  }

  /** A command that goes on until it is stopped. */
  start(...args: string[]): Process {
    const shell = ['sh', '-c', 'umask "$0"; exec "$@"', UMASK];
    return new Process(this.folder, [...shell, process.execPath, MAIN, ...args]);
  }

  /** Runs commands, one after the other. Resolves to what they print. */
  run(...commands: readonly (readonly string[])[]): Promise<string> {
    const words = [process.execPath, RUN_COMMANDS, UMASK, JSON.stringify(commands)];
    return new Process(this.folder, words).ended();
  }

  /** What others may do with what is in the folder, for all that somebody may do something with. */
  async open(): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      // What is under way may go meanwhile.
      const mode = await stat(path).then(
        (is) => is.mode,
        () => 0,
      );
      const name = relative(this.folder, path);
      if (!Object.hasOwn(this.#given, name) && (mode & 0o077) !== 0) {
        found.push(`${(mode & 0o777).toString(8)} ${name}`);
      }
    }
    return found.sort();
  }

  /** Paths of everything in it that is no folder. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)))
      .filter((name) => !Object.hasOwn(this.#given, name));
  }

  async untilFileHas(name: string, text: string): Promise<void> {
    const read = () => readFile(join(this.folder, name), 'utf8').catch(() => '');
    // timer: a file does not say when it is written.
    while (!(await read()).includes(text)) await timers.setTimeout(50);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** Expects a file for each pattern: were it missing, its mode would not have been looked at. */
function expectAll(written: readonly string[], patterns: readonly RegExp[]): void {
  const missing = patterns.filter((pattern) => !written.some((name) => pattern.test(name)));
  expect(missing).toEqual([]);
}

it('each command is listed here as one that writes files, or not', async () => {
  const leaves = (command: Command, path: readonly string[]): string[] =>
    command.commands.length === 0
      ? [path.join(' ')]
      : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  const all = leaves(await jackfieldProgram(), []).filter((name) => !name.startsWith('ctl '));
  expect(all.sort()).toEqual([...WRITING, ...PRINTING].sort());
});

describe.skipIf(process.platform === 'win32').concurrent('under the umask 0', () => {
  it('commands on files write for their owner only', async () => {
    await using shop = await Workshop.open({
      'flow.yaml': FLOW,
      'scenario.json': JSON.stringify(SCENARIO),
      'list.csv': 'target\nanna\n',
    });
    const campaign = ['--flow', 'flow.yaml', '--attach', 'exchange:scenario.json', '--speech', 'melody'];
    await shop.run(
      ['demo', '--fast', '--out', 'demo'],
      ...['wav', 'flac', 'mp3', 'opus'].map((to) => ['wav', 'convert', SPEECH, `speech.${to}`]),
      ['wav', 'trim', SPEECH, 'part.wav', '--end', '0.2'],
      ['wav', 'mix', SPEECH, SPEECH, '--output', 'mixed.wav'],
      ['wav', 'repair', 'mixed.wav'],
      ['wav', 'draw', SPEECH, '--output', 'drawn.png'],
      ['wav', 'draw', SPEECH, '--output', 'drawn.svg'],
      ['ivr', 'draw', 'flow.yaml', '--out', 'flow.svg'],
      ['analyse', SPEECH, '--html', 'pages'],
      [
        'ivr',
        'try',
        'flow.yaml',
        '--keys',
        ',,,',
        '--speech',
        'melody',
        '--cache',
        'cache',
        '--messages',
        '.',
      ],
      [
        'campaign',
        'run',
        'list.csv',
        ...campaign,
        '--per-minute',
        '6000',
        '--attempts',
        '1',
        '--out',
        'called',
      ],
    );
    expect(await shop.open()).toEqual([]);
    const written = await shop.files();
    expectAll(written, [
      ...[/^demo\/.+\.wav$/, /^speech\.wav$/, /^speech\.flac$/, /^speech\.mp3$/, /^speech\.opus$/],
      ...[/^part\.wav$/, /^mixed\.wav$/, /^drawn\.png$/, /^drawn\.svg$/, /^flow\.svg$/],
      ...[/^messages\/.+\.wav$/, /^cache\/.+/, /^called\/campaigns\.sqlite$/],
    ]);
  }, 180_000);

  it('commands on an endpoint, and the endpoint itself, write for their owner only', async () => {
    const identity = await generateIdentity();
    const given = {
      'flow.yaml': FLOW,
      'age.key': identity,
      'secret.txt': 'thirty-two characters of a secret',
      'recorder.json': JSON.stringify(RECORDER),
      'serve.yaml': '',
    };
    await using shop = await Workshop.open(given);
    // One exchange serves all.
    const users = ['jack', 'anna', 'desk', 'box', 'mail'];
    const kept = ['--state', 'state', '--record', 'tape', '--files', '.'];
    const exchange = shop.start('exchange', '--tcp', '0', '--json', '--user', ...users, ...kept);
    await exchange.until(/"ready"/);
    const ports: Readonly<Record<string, number>> = Object.fromEntries(
      [...exchange.printed.matchAll(/"handle":"(\w+)","port":(\d+)/g)].map(([, handle, port]) => [
        handle ?? '',
        Number(port),
      ]),
    );
    const at = (handle: string) => ['--attach', `tcp:${ports[handle]}`];
    await writeFile(join(shop.folder, 'serve.yaml'), serviceOf(ports['desk'] ?? 0));

    const live = ['--config', 'recorder.json', '--encode', 'live', '--format', 'flac', 'legs'];
    const encrypt = ['--encrypt', await identityToRecipient(identity)];
    const recorders = [
      shop.start('record', ...at('jack'), '--json', '--out', 'calls', ...live),
      shop.start('record', ...at('anna'), '--json', '--out', 'sealed', ...encrypt),
    ];
    const others = [
      shop.start('serve', 'serve.yaml'),
      shop.start(
        'ivr',
        'run',
        'flow.yaml',
        '--json',
        '--speech',
        'melody',
        '--cache',
        'spoken',
        ...at('box'),
      ),
      shop.start('voicemail', 'answer', '--in', 'answered', '--json', '--after', '0', ...at('mail')),
    ];
    const [, bot, machine] = others;
    await Promise.all([
      ...recorders.map((recorder) => recorder.until(/"ready"/)),
      ...[bot?.until(/"ready"/), machine?.until(/"answering"/)],
      shop.untilFileHas('served/serve.log', '"what":"ready"'),
    ]);
    const clients: Client[] = [];
    for (const handle of ['jack', 'anna']) clients.push(await attach(`tcp:${ports[handle]}`));
    const calls = await Promise.all(clients.map((client) => client.call('echo123')));
    await Promise.all(recorders.map((recorder) => recorder.until(/"positionMs":[1-9]\d{3}/)));
    // What is written while calls go on.
    expect(await shop.open()).toEqual([]);
    expect(await shop.files()).toContain('served/control/serve.sock');
    await Promise.all(calls.map((call) => call.hangUp()));
    await Promise.all(recorders.map((recorder) => recorder.until(/"published"/)));
    const [byBot, byMachine] = clients;
    const answered = [
      byBot?.call('desk'),
      byMachine?.call('desk'),
      byBot?.call('box'),
      byMachine?.call('mail'),
    ];
    await Promise.all(answered.map(async (call) => (await call)?.ended()));
    await Promise.all([...clients.map((client) => client.close()), ...recorders.map((each) => each.stop())]);
    await Promise.all(others.map((each) => each.stop()));

    const list = (out: string) => ['recordings', 'list', '--out', out, '--json'];
    const idOf = async (out: string) => /"id":"([^"]+)"/.exec(await shop.run(list(out)))?.[1] ?? '';
    const [clear, sealed] = [await idOf('calls'), await idOf('sealed')];
    const left = await shop.run(
      ['recordings', 'export', clear, '--out', 'calls', '--to', 'exported-calls'],
      ['recordings', 'export', sealed, '--out', 'sealed', '--to', 'exported-sealed', '--identity', 'age.key'],
      ['recordings', 'mask', clear, '--out', 'calls', '--stretch', '0-0.1', '--no-cards'],
      ['recordings', 'hold', clear, '--out', 'calls', '--reason', 'case 7'],
      ['recordings', 'annotate', clear, '--out', 'calls', '--tag', 'case=7'],
      ['recordings', 'transcribe', '--out', 'calls', '--', 'sh', '-c', 'cat >/dev/null; echo said'],
      ['recordings', 'index', '--out', 'calls'],
      ['recordings', 'purge', '--out', 'calls', '--max-megabytes', '0', '--yes'],
      ['recordings', 'outbox', '--out', 'calls', '--retry'],
      ['voicemail', 'leave', 'anna', ...at('jack'), '--file', SPEECH, '--skip-greeting'],
      ['voicemail', 'greeting', '--record', SPEECH, ...at('anna')],
      ['voicemail', 'greeting', '--out', 'greeting.wav', ...at('anna')],
      ['voicemail', 'archive', ...at('anna'), '--out', 'archive'],
      ['voicemail', 'tag', '1', 'invoice', '--in', 'archive'],
      ['voicemail', 'hold', '1', '--reason', 'case 7', '--in', 'archive'],
      ['voicemail', 'transcribe', '--in', 'archive', '--', 'echo', '{file}'],
      ...['zip', 'csv', 'mbox'].map((to) => [
        ...['voicemail', 'export', `out.${to}`, '--in', 'archive', '--format', to],
      ]),
      ['voicemail', 'index', '--in', 'archive'],
      ['voicemail', 'purge', '--in', 'archive', '--max-bytes', '0', '--yes'],
      ['chat', 'send', 'anna', 'hello', ...at('jack')],
      ['chat', 'export', 'anna', 'chat.json', ...at('jack')],
      ['trace', ...at('jack'), '--record', 'trace.txt', 'GET CURRENTUSERHANDLE'],
    );
    const [, message = ''] = /^stored +(\d+)/m.exec(left) ?? [];
    await shop.run(['voicemail', 'play', message, '--out', 'played.wav', ...at('anna')]);
    await exchange.stop();
    // It may come out otherwise than on that day: what it writes counts.
    await shop.start('exchange', '--replay', 'tape', '--user', ...users).ended(0, 2);

    expect(await shop.open()).toEqual([]);
    const written = await shop.files();
    expectAll(written, [
      ...[
        /^calls\/.+\.flac$/,
        /^calls\/.+\.local\.wav$/,
        /^calls\/.+\.hold\.json$/,
        /^calls\/catalogue\.sqlite$/,
      ],
      ...[/^calls\/\.outbox\/.+\.json$/, /^calls\/\.lock$/, /^sealed\/.+\.wav\.age$/],
      ...[/^exported-calls\/.+\.wav$/, /^exported-sealed\/.+\.wav$/],
      ...[/^served\/serve\.log$/, /^served\/calls\/.+\.wav$/, /^served\/voicemails\/audio\/.+\.json$/],
      ...[/^answered\/audio\/.+\.wav$/, /^messages\/jack\/.+\.wav$/, /^spoken\/.+/],
      ...[
        /^archive\/audio\/.+\.json$/,
        /^archive\/catalogue\.db$/,
        /^out\.zip$/,
        /^out\.csv$/,
        /^out\.mbox$/,
      ],
      ...[/^greeting\.wav$/, /^played\.wav$/, /^trace\.txt$/, /^chat\.json$/],
      ...[
        /^tape\/lines\.jsonl$/,
        /^tape\/CALL-.+\.wav$/,
        /^state\/.+\.jsonl$/,
        /^state\/voicemails\/.+\.wav$/,
      ],
    ]);
  }, 180_000);
});
