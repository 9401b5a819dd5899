import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectToOwner, listenForOwner, OwnerSocket } from '../../src/files/owner-socket.js';
import { VirtualClock } from '../../src/index.js';
import { leaveSocket } from '../left-socket.js';
import { testFolder } from '../voice/fixtures.js';

const folder = testFolder();

/** Listens, and stops again. Resolves to the rights of the socket. */
async function listened(path: string): Promise<number> {
  const server = createServer();
  await listenForOwner(server, path, 'serve at');
  const { mode } = statSync(path);
  await new Promise((resolve) => server.close(resolve));
  return mode & 0o777;
}

describe.skipIf(process.platform === 'win32')('a socket for its owner alone', () => {
  it('replaces a socket that a killed process has left', async () => {
    const path = join(folder, 'left.sock');
    leaveSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    expect(await listened(path)).toBe(0o600);
  });

  it('does not touch another file of its name, or a socket in use', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'kept');
    await expect(listened(file)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringContaining('the path is a file'),
    });
    expect(readFileSync(file, 'utf8')).toBe('kept');
    const path = join(folder, 'live.sock');
    const server = createServer();
    await listenForOwner(server, path, 'serve at');
    await expect(listened(path)).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(statSync(path).isSocket()).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('does not touch a socket whose process is too busy to accept', async () => {
    const path = join(folder, 'busy.sock');
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen({ path, backlog: 1 }, resolve));
    // All in one turn: the server takes none of them before it is asked.
    const waiting = Array.from({ length: 5 }, () => connect(path).on('error', () => undefined));
    await expect(listened(path)).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(statSync(path).isSocket()).toBe(true);
    for (const each of waiting) each.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is made again where somebody has removed it with its folder, and says so once', async () => {
    const inside = await mkdtemp(join(folder, 'gone-'));
    const path = join(inside, 'run', 'serve.sock');
    const clock = new VirtualClock();
    const told: string[] = [];
    let isRefused = true;
    const prepare = async () => {
      if (isRefused) throw new Error('no room');
      mkdirSync(dirname(path));
    };
    const options = { doing: 'serve', maxLineBytes: 100, lines: 'many', keepsAlive: true } as const;
    await using socket = new OwnerSocket(options, (peer) => (line) => void peer.write(`${line}\n`));
    mkdirSync(dirname(path));
    await socket.listen(path, { clock, prepare, lost: ({ message }) => told.push(message) });
    const echo = async (peer: Socket) => {
      peer.write('hello\n');
      const [bytes] = await once(peer, 'data');
      return String(bytes);
    };
    const early = connect(path);
    expect(await echo(early)).toBe('hello\n');
    await clock.advance(20_000);
    expect(told).toEqual([]);

    rmSync(dirname(path), { recursive: true });
    await clock.advance(20_000);
    expect(told).toEqual([
      expect.stringMatching(/removed the socket .*serve\.sock: it is made again/),
      'no room',
    ]);
    isRefused = false;
    await clock.advance(5000);
    const late = connect(path);
    expect([await echo(late), await echo(early)]).toEqual(['hello\n', 'hello\n']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    rmSync(path);
    writeFileSync(path, 'of somebody');
    await clock.advance(20_000);
    expect(told.slice(-1)).toEqual([expect.stringContaining('another file')]);
    expect(readFileSync(path, 'utf8')).toBe('of somebody');
    early.destroy();
    late.destroy();
  });

  it("has a path no longer than the system's limit in bytes", async () => {
    const inside = join(folder, 'long');
    mkdirSync(inside, { recursive: true });
    const path = (bytes: number) => `${inside}/ü${'x'.repeat(bytes - Buffer.byteLength(inside) - 3)}`;
    const refused = {
      code: 'ERR_INVALID_ARG',
      message: expect.stringMatching(/may have 10[37] bytes.*\(108\)/),
    };
    await expect(listened(path(108))).rejects.toMatchObject(refused);
    expect(() => connectToOwner(path(108))).toThrow(expect.objectContaining(refused));
    expect(readdirSync(inside)).toEqual([]);
    expect(await listened(path(103))).toBe(0o600);
  });
});
