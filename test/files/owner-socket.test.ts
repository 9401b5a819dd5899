import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectToOwner, listenForOwner } from '../../src/files/owner-socket.js';
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
  it('takes the place of one that a killed process has left', async () => {
    const path = join(folder, 'left.sock');
    leaveSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    expect(await listened(path)).toBe(0o600);
  });

  it('leaves a file of that name, and one at which somebody listens, as they are', async () => {
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

  it('leaves one whose process takes no more connections for a while', async () => {
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

  it('has no longer a path than the system keeps of it, in bytes', async () => {
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
