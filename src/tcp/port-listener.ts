import { createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../errors.js';
import { descriptorLimit } from './descriptor-limit.js';

/** Ports to listen on: the first free one of a range. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PortListenerOptions {
  readonly host: string;
  /** Default: the system's choice. */
  readonly ports: PortRange | undefined;
  /** A connection, not yet read from. */
  readonly onConnection: (socket: Socket) => void;
  /** The port was lost, or a connection could not be accepted. */
  readonly onError: (error: Error) => void;
}

/** Connections that the kernel keeps until they are accepted: those of a crowd are refused at once, not after its timeouts. */
const BACKLOG = 4096;

/** A listening port. */
export class PortListener {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @throws ERR_PORT when no port of the range can be listened on, ERR_LIMIT when descriptors have run out. */
  static async open(options: PortListenerOptions): Promise<PortListener> {
    const { host, ports = { from: 0, to: 0 }, onConnection, onError } = options;
    let cause: unknown;
    for (let port = ports.from; port <= ports.to; port++) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, onConnection);
      try {
        const taken = await listen(server, host, port);
        server.on('error', onError);
        return new PortListener(server, taken);
      } catch (error) {
        cause = error;
        if (codeOf(error) === 'EMFILE' || codeOf(error) === 'ENFILE') throw outOfDescriptors(error);
        if (codeOf(error) !== 'EADDRINUSE' && codeOf(error) !== 'EACCES') break;
      }
    }
    const where =
      ports.to === ports.from ? `port ${ports.from}` : `any port from ${ports.from} to ${ports.to}`;
    const text = `Cannot listen on ${host}, ${where}: ${messageOf(cause)}. Free a port, or name others.`;
    throw new JackfieldError('ERR_PORT', text, { cause });
  }

  close(): void {
    this.#server.close();
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function outOfDescriptors(cause: unknown): JackfieldError {
  const limit = descriptorLimit();
  const text = `No file descriptor is left for another port${limit ? ` (of ${limit})` : ''}; raise "ulimit -n".`;
  return new JackfieldError('ERR_LIMIT', text, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
