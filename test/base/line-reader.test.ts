import { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { LineReader, linesOf } from '../../src/base/line-reader.js';

const TEXT = 'a\u2028b\u0085\u2029c\r\n\n{"name":"Grüße \u{1f600}"}\rlast\r\n\r\nrest \u00fc';
const LINES = ['a\u2028b\u0085\u2029c', '', '{"name":"Grüße \u{1f600}"}', 'last', '', 'rest \u00fc'];

it('ends lines at LF, CR LF and CR alone, at any split, and not at U+2028, as newer versions of Node do', async () => {
  const bytes = Buffer.from(TEXT);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    const read: string[] = [];
    for await (const line of linesOf(Readable.from(chunks))) read.push(line);
    expect(read, String(size)).toEqual(LINES);
    const told: string[] = [];
    const input = Readable.from(chunks);
    const ended = new Promise((resolve) => void input.once('close', resolve));
    new LineReader(input).on('line', (line) => told.push(line));
    await ended;
    expect(told, String(size)).toEqual(LINES);
  }
});

it('a signal ends the lines, also while no input arrives', async () => {
  const stop = new AbortController();
  const input = new PassThrough();
  input.write('one\ntwo\n');
  const read: string[] = [];
  for await (const line of linesOf(input, stop.signal)) {
    read.push(line);
    // The rest of what was read comes first.
    if (line === 'two') setImmediate(() => stop.abort());
  }
  expect(read).toEqual(['one', 'two']);
  expect(input.destroyed).toBe(true);
});

it('a socket that breaks emits its own error, and the lines only end', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note);
  const socket = new Socket();
  new LineReader(socket);
  const told = new Promise((resolve) => void socket.once('error', resolve));
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.destroy(new Error('EPIPE'));
  await Promise.all([told, closed]);
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
});
