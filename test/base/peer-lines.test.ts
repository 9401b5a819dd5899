import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { peerLines } from '../../src/base/peer-lines.js';

it('a socket that breaks tells that itself, and the lines throw nothing besides', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note);
  const socket = new Socket();
  peerLines(socket);
  const told = new Promise((resolve) => void socket.once('error', resolve));
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.destroy(new Error('EPIPE'));
  await Promise.all([told, closed]);
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
});
