import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRemoteSeat } from '../../../src/cli/desk/remote-seat.js';
import { SeatServer } from '../../../src/cli/desk/seat-server.js';
import { type DeskState, Exchange } from '../../../src/exchange.js';
import { leaveSocket } from '../../left-socket.js';

const MAIN = 'dist/cli/main.js';
const folder = () => mkdtempSync(join(tmpdir(), 'jackfield-desk-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

describe('the desks of a running exchange', () => {
  it('are used through a socket for its owner only', async () => {
    const path = join(folder(), 'desk.sock');
    await using exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'anna' }] });
    await using _ = await SeatServer.open(exchange, path, () => undefined);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expect(SeatServer.open(exchange, path, () => undefined)).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
    await expect(openRemoteSeat(path, 'nobody')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const jack = await openRemoteSeat(path);
    const rings = new Promise<DeskState>((resolve) => {
      jack.watch(({ calls = [] }) => calls.some((call) => call.rings) && resolve(jack.state));
    });
    const anna = await openRemoteSeat(path, 'anna');
    await anna.type('call jack');
    const [call] = (await rings).calls;
    expect(call).toMatchObject({ partner: 'anna', rings: true });
    await jack.type('answer');
    expect(exchange.desk('anna').state.calls).toMatchObject([{ status: 'INPROGRESS' }]);
    await expect(jack.type('fly')).rejects.toMatchObject({
      code: 'ERR_SYNTAX',
      message: /There is no word "fly"/,
    });
    await expect(jack.type('answer')).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await expect(jack.type('open NONSENSE')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    // Two at one desk see the same; one that leaves takes nothing with it.
    anna.leave();
    const second = await openRemoteSeat(path, 'JACK');
    await second.type('hangup');
    jack.leave();
    expect(exchange.desk('jack').state.calls).toEqual([]);
  });

  it('show a name with a line separator (U+2028), which readers of lines take for the end of a line', async () => {
    const path = join(folder(), 'desk.sock');
    const users = [{ handle: 'jack', fullName: 'Ja\u2028ck' }];
    await using exchange = await Exchange.start({ users });
    await using _ = await SeatServer.open(exchange, path, () => undefined);
    const seat = await openRemoteSeat(path);
    expect(seat.state).toEqual(exchange.desk('jack').state);
    expect(JSON.stringify(seat.state)).toContain('\u2028');
    seat.leave();
    const peer = connect(path);
    peer.write('{}\n');
    const [line] = (await once(peer, 'data')) as [Buffer];
    expect(line.toString()).toMatch(/^[^\u2028\u2029]*\\u2028[^\u2028\u2029]*$/);
    peer.destroy();
  });

  it('survive input of another protocol, and report when the exchange has ended', async () => {
    const path = join(folder(), 'desk.sock');
    const exchange = await Exchange.start({ users: [{ handle: 'jack' }] });
    leaveSocket(path);
    const server = await SeatServer.open(exchange, path, () => undefined);
    for (const text of [
      'no JSON\n',
      '{"as": 7}\n',
      '[]\nx\n',
      '{}\n{"id": {}, "type": 7}\n',
      'x'.repeat(100_000),
    ]) {
      const peer = connect(path);
      peer.on('error', () => undefined).resume();
      peer.end(text);
      await once(peer, 'close');
    }
    const seat = await openRemoteSeat(path);
    const gone = once(seat.gone, 'abort');
    await server[Symbol.asyncDispose]();
    await gone;
    await expect(seat.type('state')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await exchange.close();
    await expect(openRemoteSeat(path)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('are driven from a terminal: jackfield exchange --desk, jackfield desk --at', async () => {
    const where = folder();
    const path = join(where, 'desk.sock');
    await mkdir(join(where, 'files'));
    await writeFile(join(where, 'files', 'report.pdf'), 'a report');
    const transferFolder = join(where, 'files');
    const users = ['jack', 'anna'].map((handle) => ({ handle, transferFolder, contacts: ['jack', 'anna'] }));
    await writeFile(join(where, 'scenario.json'), JSON.stringify({ users }));
    const run = (...args: string[]) => {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
      children.push(child);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const seen = async (pattern: RegExp) => {
        while (!pattern.test(text)) await once(child.stdout, 'data');
      };
      return { child, seen, type: (line: string) => child.stdin.write(`${line}\n`) };
    };
    const exchange = run(
      'exchange',
      '--tcp',
      '0',
      '--scenario',
      join(where, 'scenario.json'),
      '--desk',
      path,
    );
    await exchange.seen(/Ctrl-C stops it/);
    const jack = run('desk', '--at', path, '--as', 'jack');
    const anna = run('desk', '--at', path, '--as', 'anna');
    await Promise.all([jack.seen(/jack is ONLINE/), anna.seen(/anna is ONLINE/)]);
    anna.type('call jack');
    await jack.seen(/anna RINGING - answer/);
    jack.type('answer');
    await anna.seen(/jack INPROGRESS/);
    anna.type('send jack report.pdf');
    await jack.seen(/File \d+: report\.pdf \(8 bytes\) from anna NEW - accept, cancel/);
    jack.type('accept');
    await jack.seen(/report\.pdf, is over/);
    jack.type('quit');
    expect(await once(jack.child, 'close')).toEqual([0, null]);
    exchange.child.kill();
    expect(await once(anna.child, 'close')).toEqual([1, null]);
  });
});
