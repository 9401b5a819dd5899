import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net';

/** A PCM server for one connection, on the client program's side of the wire. */
export class PcmPort implements AsyncDisposable {
  readonly #server: Server;
  readonly connected: Promise<Socket>;
  /** Resolves to all that came when the endpoint has closed. */
  readonly received: Promise<Int16Array>;

  private constructor(server: Server) {
    this.#server = server;
    this.connected = once(server, 'connection').then(([socket]) => socket as Socket);
    this.received = this.connected.then(collect);
    // A test that breaks its connection does not look at what came.
    this.received.catch(() => undefined);
  }

  /** @param options of the server; `highWaterMark` is what its process takes without being asked for it. */
  static async open(options: ServerOpts = {}): Promise<PcmPort> {
    const server = createServer({ noDelay: true, ...options });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PcmPort(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends samples as fast as the endpoint takes them, made piece by piece; then ends. */
  async send(total: number, sampleAt: (position: number) => number, piece = 16_000): Promise<void> {
    const socket = await this.connected;
    for (let at = 0; at < total; at += piece) {
      const samples = new Int16Array(Math.min(piece, total - at));
      for (let i = 0; i < samples.length; i++) samples[i] = sampleAt(at + i);
      if (!socket.write(new Uint8Array(samples.buffer))) await once(socket, 'drain');
    }
    socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
  }
}

async function collect(socket: Socket): Promise<Int16Array> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  socket.end();
  const bytes = Buffer.concat(chunks);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
