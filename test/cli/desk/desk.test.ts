import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach, transportAt } from '../../../src/control.js';
import { Exchange } from '../../../src/exchange.js';

const MAIN = 'dist/cli/main.js';
const run = promisify(execFile);

let exchange: Exchange;
let address: string;

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'anna' }] });
  address = `tcp:${await exchange.listen({ handle: 'jack' })}`;
});
afterAll(() => exchange.close());

describe('jackfield open', () => {
  it('follows a link through any endpoint', async () => {
    await run(process.execPath, [MAIN, 'open', 'skype:anna?userinfo', '--attach', address]);
    expect(exchange.desk('jack').state.front).toEqual({ what: 'USERINFO', argument: 'anna' });
    await run(process.execPath, [MAIN, 'open', 'skype:anna?chat&topic=lunch', '--attach', address]);
    expect(exchange.desk('jack').state.front.what).toBe('CHAT');
  });

  it.each([
    ['skype://anna?call', 'ERR_SYNTAX'],
    ['http://anna', 'ERR_SYNTAX'],
    ['skype:!?userinfo', 'ERR_API'],
  ])('refuses %s with %s', async (uri, code) => {
    const failed = await run(process.execPath, [MAIN, 'open', uri, '--attach', address]).catch(
      (error: { stderr: string }) => error.stderr,
    );
    expect(failed).toContain(`[${code}]`);
  });

  it('prints a .desktop file for the scheme', async () => {
    const { stdout } = await run(process.execPath, [MAIN, 'open', '--desktop-file']);
    expect(stdout).toMatch(/^\[Desktop Entry\]\n/);
    expect(stdout).toContain('\nExec=jackfield open %u\nMimeType=x-scheme-handler/skype;\n');
  });
});

describe('jackfield desk', () => {
  it('shows callers and the items of programs, and runs the commands that are typed', async () => {
    const child = spawn(process.execPath, [MAIN, 'desk', '--user', 'jack', 'anna', '--tcp', '0']);
    let [out, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const seen = async (pattern: RegExp) => {
      while (!pattern.test(out)) await once(child.stdout, 'data');
      return pattern.exec(out)?.[1] ?? '';
    };
    const [jackPort, annaPort] = [
      await seen(/of jack attach to tcp:(\d+)/),
      await seen(/of anna attach to tcp:(\d+)/),
    ];
    await seen(/jack is ONLINE; the window is NORMAL, CONTACTS in front\./);
    await using jack = await attach(transportAt(`tcp:${jackPort}`), { name: 'notes\u001b[2J' });
    await using anna = await attach(transportAt(`tcp:${annaPort}`));
    const item = await jack.menuItem({ id: 'note', context: 'CALL', caption: 'Take a note' });
    const clicks = item.clicks();
    const call = await anna.call('jack');
    const id = await seen(/Call (\d+): anna RINGING - answer, refuse, voicemail/);
    child.stdin.write('answer\n');
    await seen(/Call \d+: anna INPROGRESS/);
    child.stdin.write(`click note call=${id}\n`);
    expect((await clicks.next()).value).toEqual({ handle: 'anna', context: 'call', contextId: id });
    const silent = jack.invoke('SET SILENT_MODE ON');
    await seen(/Question 1: silent mode/);
    child.stdin.write('no\n');
    expect(await silent).toBe('SILENT_MODE OFF');
    child.stdin.write('fly\nanswer\nhold 1x\nhangup\n');
    await seen(/Call \d+ with anna is over\./);
    expect(call.id).toBeGreaterThan(0);
    child.stdin.write('state\nquit\n');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out).toContain('Menu CALL: Take a note (note, of notes\\u001b[2J)');
    expect(errors).toMatch(/There is no word "fly"/);
    expect(errors).toMatch(/jack has no call that can be answered/);
    expect(errors).toMatch(/"1x" is not a number/);
  });

  it('prints JSON, and ends with its input', async () => {
    const running = run(process.execPath, [MAIN, 'desk', '--tcp', '0', '--json']);
    running.child.stdin?.end('status dnd\nopen skype:echo123?call\n');
    const { stdout } = await running;
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(lines.slice(0, 2)).toMatchObject([
      { event: 'listening', handle: 'jack' },
      { event: 'state', handle: 'jack', status: 'ONLINE', calls: [] },
    ]);
  });
});
