import type { Writable } from 'node:stream';
import * as ws from 'ws';

/** Reads frames; the types of `ws` do not have it. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
};

/** Reader of frames as another implementation has it. It notes messages, control frames and faults. */
export function wsReceiver(isServer: boolean, maxPayload: number, told: unknown[]): Writable {
  return new Receiver({ isServer, maxPayload })
    .on('message', (data: Buffer, isBinary: boolean) =>
      told.push(isBinary ? Buffer.from(data) : data.toString('utf8')),
    )
    .on('ping', (data: Buffer) => told.push(`ping ${data}`))
    .on('pong', (data: Buffer) => told.push(`pong ${data}`))
    .on('conclude', (code: number) => told.push(code))
    .on('error', (error) => told.push(error));
}
