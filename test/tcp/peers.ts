import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { PcmSink } from '../../src/base/pcm.js';
import { turn } from '../turns.js';

/** A connected peer of a lease. */
export async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Connects to a lease that turns its peer away; resolves when it is gone. */
export function dialRefused(port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

/** `count` samples that tell their own position: sample n is n modulo 65,536, as a signed number. */
export function ramp(count: number, from = 0): Int16Array {
  return Int16Array.from({ length: count }, (_, index) => from + index);
}

export function bytes(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

export function samplesOf(buffer: Buffer): Int16Array {
  return new Int16Array(Uint8Array.from(buffer).buffer);
}

/** Keeps all that it is given, in order, and how it ended. */
export class CollectingSink implements PcmSink {
  readonly runs: { samples: Int16Array; position: number }[] = [];
  ended = 0;
  error: Error | undefined;

  write(samples: Int16Array, position: number): void {
    this.runs.push({ samples: samples.slice(), position });
  }

  end(error?: Error): void {
    this.ended++;
    this.error = error;
  }

  get samples(): Int16Array {
    const all = new Int16Array(this.runs.reduce((length, run) => length + run.samples.length, 0));
    let offset = 0;
    for (const run of this.runs) {
      all.set(run.samples, offset);
      offset += run.samples.length;
    }
    return all;
  }
}

/** Everything that `socket` sends until it ends. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads exactly `length` bytes. */
export async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = socket.read(length);
    if (chunk?.length === length) return chunk;
    if (chunk || socket.readableEnded || socket.destroyed)
      throw new Error(`ended before ${length} bytes came`);
    await turn();
  }
}
