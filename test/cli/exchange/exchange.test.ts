import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PcmPort } from '../../exchange/ports.js';
import { CommandHost } from '../command-host.js';

const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'jackfield-exchange-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
const newFolder = () => mkdtemp(join(root, 'test-'));

/** What serves nothing shares a process. What has opened something by then has one of its own, which must end. */
const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

const run = (...args: string[]) => host.run(['exchange', ...args]);

const runAlone = (...args: string[]) =>
  promisify(execFile)(process.execPath, [MAIN, 'exchange', ...args], { timeout: 60_000 }).then(
    () => ({ code: 0, stderr: '' }),
    ({ code, stderr }: { readonly code: number | null; readonly stderr: string }) => ({ code, stderr }),
  );

/** A command that serves, in a process of its own, and what it prints. */
class Serving implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waits: { readonly pattern: RegExp; readonly resolve: (match: RegExpExecArray) => void }[] = [];
  printed = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.printed += text;
      for (const { pattern, resolve } of this.#waits) {
        const match = pattern.exec(this.printed);
        if (match) resolve(match);
      }
    });
  }

  async saw(pattern: RegExp): Promise<RegExpExecArray> {
    const match = pattern.exec(this.printed);
    return match ?? new Promise((resolve) => this.#waits.push({ pattern, resolve }));
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    // timer: a process that does not stop is killed.
    const giveUp = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    const [code] = await exited;
    clearTimeout(giveUp);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A program that talks to the exchange in lines. */
async function client(port: number) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the exchange closed before ${pattern}`);
      if (pattern.test(value)) return value;
    }
  };
  return {
    ask: async (line: string, answer: RegExp) => {
      socket.write(`${line}\n`);
      return until(answer);
    },
    until,
    end: () => socket.destroy(),
  };
}

/** Calls echo123, has its greeting in a port for a while, hangs up. */
async function callEcho(port: number, whileTalking: () => Promise<unknown>): Promise<void> {
  await using out = await PcmPort.open();
  const jack = await client(port);
  await jack.ask('NAME test', /^OK/);
  await jack.ask('PROTOCOL 8', /^USERSTATUS/);
  const id = (await jack.ask('CALL echo123', /^CALL \d+ STATUS/)).split(' ')[1];
  await jack.until(/STATUS INPROGRESS/);
  await jack.ask(`ALTER CALL ${id} SET_OUTPUT PORT="${out.port}"`, /^ALTER CALL/);
  await jack.until(/DURATION 2/);
  await whileTalking();
  await jack.ask(`ALTER CALL ${id} HANGUP`, /STATUS FINISHED/);
  await out.received;
  jack.end();
}

const listensOn = async (serving: Serving) => Number((await serving.saw(/listens on 127\.0\.0\.1:(\d+)/))[1]);

// Calls take seconds, in which a test waits: others go on meanwhile.
describe.concurrent('jackfield exchange', () => {
  it('prints each new status, and replays its recording', async () => {
    const tapes = join(await newFolder(), 'tapes');
    {
      await using serving = new Serving(process.execPath, [
        MAIN,
        'exchange',
        '--tcp',
        '0',
        '--record',
        tapes,
      ]);
      await callEcho(await listensOn(serving), () => serving.saw(/jack: CALL 1 STATUS INPROGRESS/));
      await serving.saw(/jack: CALL 1 STATUS FINISHED/);
      expect(await serving.stop()).toBe(0);
    }
    const again = await run('--replay', tapes);
    expect(again.stdout).toMatch(/^\d\d lines and 1 streams: 0 differences\.\n$/);
    expect(again.code).toBe(0);
    const path = join(tapes, 'lines.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('STATUS RINGING', 'STATUS BUSY'));
    const other = await run('--replay', tapes);
    expect(other.stdout).toMatch(
      /client 1, line \d+: CALL 1 STATUS RINGING instead of CALL 1 STATUS BUSY\n\d\d lines and 1 streams: 1 differences\./,
    );
    expect(other.code).toBe(2);
  });

  it('--token-file: admits clients with the token; a file without a token is refused', async () => {
    const file = join(await newFolder(), 'token');
    writeFileSync(file, 'too short\n');
    const refused = await run('--tcp', '0', '--token-file', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('token must be 16 to 512 printable ASCII characters');
    writeFileSync(file, 'a-token-of-many-characters\n');
    await using serving = new Serving(process.execPath, [
      MAIN,
      'exchange',
      '--tcp',
      '0',
      '--token-file',
      file,
    ]);
    const port = Number((await serving.saw(/127\.0\.0\.1:(\d+)/))[1]);
    const traced = (...args: string[]) => host.run(['trace', '-a', `tcp:${port}`, ...args, 'PING']);
    expect((await traced('--token-file', file)).stdout).toContain('PONG');
    const stranger = connect(port, '127.0.0.1');
    stranger.write('PING\n');
    expect(await stranger.toArray()).toEqual([]);
  });

  it('has an endpoint for each user, on which they call each other', async () => {
    const args = [MAIN, 'exchange', '--tcp', '0', '--user', 'jack', 'jill'];
    await using serving = new Serving(process.execPath, args);
    const ports = ['jack', 'jill'].map(async (handle) => {
      const [, port] = await serving.saw(new RegExp(`127\\.0\\.0\\.1:(\\d+) for ${handle}`));
      return await client(Number(port));
    });
    const [jack, jill] = await Promise.all(ports);
    await jill?.ask('PROTOCOL 8', /^USERSTATUS/);
    await jack?.ask('CALL jill', /^CALL \d+ STATUS/);
    expect(await jill?.until(/^CALL \d+ STATUS/)).toMatch(/RINGING/);
    jack?.end();
    jill?.end();
  });

  it.each([
    [[], /jack: CALL 1 OUTPUT closed: [1-9]\.\d\d s dropped(, \d\.\d\d s moved)?\n/],
    [
      ['--json'],
      /"event":"stream-closed","handle":"jack","object":"CALL","id":1,"stream":"OUTPUT","stats":\{.*"dropped":\d+\}\}\n/,
    ],
  ])('reports the lost samples of a stream when it is closed, with %j', async (args, told) => {
    await using serving = new Serving(process.execPath, [MAIN, 'exchange', '--tcp', '0', ...args]);
    await using out = await PcmPort.open();
    const jack = await client(Number((await serving.saw(/(?:127\.0\.0\.1:|"port":)(\d+)/))[1]));
    await jack.ask('PROTOCOL 8', /^USERSTATUS/);
    const id = (await jack.ask('CALL echo123', /^CALL \d+ STATUS/)).split(' ')[1];
    await jack.until(/STATUS INPROGRESS/);
    await jack.ask(`ALTER CALL ${id} SET_OUTPUT PORT="${out.port}"`, /^ALTER CALL/);
    (await out.connected).resetAndDestroy();
    await jack.until(/DURATION 3/);
    jack.end();
    // What goes on when the exchange is stopped is told as well.
    expect(await serving.stop()).toBe(0);
    expect(serving.printed).toMatch(told);
    if (args.length > 0) for (const line of serving.printed.trim().split('\n')) JSON.parse(line);
  });

  const hasTerminal = spawnSync('script', ['--version']).status === 0;
  it.skipIf(!hasTerminal)(
    'shows the calls in progress as a table on a terminal (skipped without script)',
    async () => {
      const command = `${process.execPath} ${MAIN} exchange --tcp 0`;
      await using serving = new Serving('script', ['-qefc', command, '/dev/null']);
      await serving.saw(/no calls/);
      await callEcho(await listensOn(serving), () => serving.saw(/ 1 +jack +echo123 +INPROGRESS +\d+ s/));
      // The row is drawn over when the call has ended.
      await serving.saw(/INPROGRESS[\s\S]*no calls/);
      serving.type('\x03');
      await serving.saw(/\^C/);
    },
  );

  it.each([
    ['deny', /^$/],
    ['ask', /test\\u001b\[31m may not attach: there is no terminal to ask on/],
  ])('--access %s keeps clients out when nobody can answer', async (policy, told) => {
    const args = [MAIN, 'exchange', '--tcp', '0', '--access', policy, '--state', await newFolder()];
    await using serving = new Serving(process.execPath, args);
    const jack = await client(await listensOn(serving));
    expect(await jack.ask('NAME test\x1b[31m', /./)).toBe('ERROR 68');
    expect(await jack.ask('PROTOCOL 8', /./)).toBe('ERROR 68');
    if (policy === 'ask') await serving.saw(told);
    jack.end();
  });

  it.skipIf(!hasTerminal)(
    '--access ask asks at the terminal once, and keeps the answer in the state folder (skipped without script)',
    async () => {
      const folder = await newFolder();
      const command = `${process.execPath} ${MAIN} exchange --tcp 0 --access ask --state ${folder}`;
      {
        await using serving = new Serving('script', ['-qefc', command, '/dev/null']);
        const jack = await client(await listensOn(serving));
        const named = jack.ask('NAME good', /./);
        await serving.saw(/May good attach to jack\? \[y\/n\]/);
        serving.type('y\n');
        expect(await named).toBe('OK');
        const refused = jack.ask('NAME bad', /./);
        await serving.saw(/May bad attach to jack\?/);
        serving.type('n\n');
        expect(await refused).toBe('ERROR 68');
        serving.type('\x03');
        await serving.saw(/\^C/);
        jack.end();
      }
      await using again = new Serving(process.execPath, [
        MAIN,
        ...['exchange', '--tcp', '0', '--access', 'ask', '--state', folder],
      ]);
      const jack = await client(await listensOn(again));
      expect(await jack.ask('NAME good', /./)).toBe('OK');
      expect(await jack.ask('NAME bad', /./)).toBe('ERROR 68');
      jack.end();
    },
  );

  it.each([
    [['--tcp', '70000'], /--tcp/],
    [['--patience', 'long'], /--patience <ms>.* whole number from 0 to 60000/],
    [['--replay', '/nowhere'], /\/nowhere\/lines\.jsonl cannot be replayed: ENOENT/],
    [['--scenario', '/nowhere.json'], /\/nowhere\.json cannot be read: ENOENT/],
    [['--clock', 'sundial'], /--clock/],
    [['--access', 'perhaps'], /allow, ask, deny/],
  ])('refuses %j with what is wrong', async (args, text) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(text);
    expect(code).toBe(1);
  });

  it.each([
    [['--dbus', 'unix:path=/nowhere/bus'], /\/nowhere\/bus/],
    [['--x11', ':987'], /X11.*6987/],
    [['--windows'], /window messages.*koffi/],
  ])('refuses %j with what is wrong, and ends', async (args, text) => {
    const { code, stderr } = await runAlone(...args);
    expect(stderr).toMatch(text);
    expect(code).toBe(1);
  });

  it.each([
    ['{"users": [', /is not JSON/],
    ['{"users": []}', />=1 items\s+→ at users/],
    ['{"robots": [{"handle": "bob", "outcome": "sulk"}]}', /robots\[0\]\.outcome/],
    ['{"numbers": [{"number": "555"}]}', /numbers\[0\]\.number/],
    [
      '{"users": [{"handle": "jack", "voicemailFaults": [{"at": "lunch", "reason": "UNKNOWN"}]}]}',
      /voicemailFaults\[0\]\.at/,
    ],
    ['{"users": [{"handle": "jack"}, {"handle": "Jack"}]}', /a unique handle/],
  ])('refuses the scenario %s, and names the place', async (text, message) => {
    const path = join(await newFolder(), 'scenario.json');
    writeFileSync(path, text);
    const { code, stderr } = await run('--scenario', path);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});
