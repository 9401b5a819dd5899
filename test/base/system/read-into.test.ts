import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { readInto } from '../../../src/base/system/read-into.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Two ends of a connection. The far end is that of a server. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  const far = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  closing.push(
    () => near.destroy(),
    () => server.close(),
  );
  return { near, far: await far };
}

/** Resolves with all that was read at the end of the stream. */
function collected(socket: Socket | PassThrough, seen: ArrayBufferLike[] = []): Promise<string> {
  const pieces: string[] = [];
  readInto(socket, (bytes) => {
    pieces.push(bytes.toString());
    seen.push(bytes.buffer);
    // The receiver may write to the bytes.
    bytes.fill(0);
  });
  socket.resume();
  return new Promise((resolve) => socket.once('end', () => resolve(pieces.join(''))));
}

describe('a socket of a server', () => {
  it('is read completely, into the memory that all sockets share', async () => {
    const [one, other] = [await pair(), await pair()];
    const seen: ArrayBufferLike[] = [];
    const told = [collected(one.far, seen), collected(other.far, seen)];
    const text = 'voice'.repeat(50_000);
    one.near.end(text);
    other.near.end('a word');
    expect(await Promise.all(told)).toEqual([text, 'a word']);
    expect(new Set(seen).size).toBe(1);
  });

  it('delivers data that was read earlier, and continues after a pause', async () => {
    const { near, far } = await pair();
    near.write('first ');
    await new Promise<void>((resolve) => far.once('readable', resolve));
    far.pause();
    const told = collected(far);
    far.pause();
    near.write('second ');
    await new Promise((resolve) => setImmediate(resolve));
    far.resume();
    near.end('third');
    expect(await told).toBe('first second third');
  });
});

it('reads a stream that is not a socket', async () => {
  const stream = new PassThrough();
  const told = collected(stream);
  stream.end('a word');
  expect(await told).toBe('a word');
});
