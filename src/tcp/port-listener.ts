import { type AddressInfo, createServer, type Server } from 'node:net';
import { JackfieldError, messageOf } from '../base/errors.js';
import { descriptorLimit } from './descriptor-limit.js';
import { type AcceptEvents, type Accepted, acceptFrom } from './read/accepted.js';

/** Ports to listen on: the first free one of a range. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PortListenerOptions extends AcceptEvents {
  /** Addresses to listen on, all with the same port. */
  readonly hosts: readonly string[];
  /** Default: the system's choice. */
  readonly ports: PortRange | undefined;
  /** True to accept connections without a `net.Socket` where the system allows it. */
  readonly direct: boolean;
  /** The port was lost, or a connection could not be accepted. */
  readonly onError: (error: Error) => void;
}

/**
 * Connections that the kernel queues until they are accepted. With a shorter queue, many peers that connect at once
 * would wait for TCP timeouts instead of being refused at once.
 */
const BACKLOG = 4096;
/** Attempts at a port of the system's choice: a port that is free on one address may be taken on another. */
const SYSTEM_CHOICES = 16;

interface ListeningServer {
  readonly server: Server;
  readonly family: string;
}

/** A listening port, on one address or several. */
export class PortListener {
  #servers: readonly ListeningServer[];
  readonly port: number;

  private constructor(servers: readonly ListeningServer[], port: number) {
    this.#servers = servers;
    this.port = port;
  }

  /** @throws ERR_PORT when no port of the range can be listened on, ERR_LIMIT when descriptors have run out. */
  static async open(options: PortListenerOptions): Promise<PortListener> {
    const { hosts, ports, onError } = options;
    let cause: unknown;
    for (const wanted of candidates(ports)) {
      try {
        const { servers, port } = await listenOnAll(options, wanted);
        for (const { server } of servers) server.on('error', onError);
        return new PortListener(servers, port);
      } catch (error) {
        cause = error;
        if (codeOf(error) === 'EMFILE' || codeOf(error) === 'ENFILE') throw outOfDescriptors(error);
        if (codeOf(error) !== 'EADDRINUSE' && codeOf(error) !== 'EACCES') break;
      }
    }
    const text = `Cannot listen on ${hosts.join(' and ')}, ${portsText(ports)}: ${messageOf(cause)}. Free a port, or give other ports.`;
    throw new JackfieldError('ERR_PORT', text, { cause });
  }

  /** Closes the port on addresses of another family than that of `accepted`, which is the awaited connection. */
  keepFamilyOf({ local }: Accepted): void {
    const kept = this.#servers.filter(({ family }) => family === local.family);
    if (kept.length === 0) return;
    for (const listening of this.#servers) if (!kept.includes(listening)) listening.server.close();
    this.#servers = kept;
  }

  close(): void {
    for (const { server } of this.#servers) server.close();
  }
}

/** Ports to try, in order; 0 is the system's choice. */
function* candidates(ports: PortRange | undefined): Generator<number> {
  if (!ports) yield* new Array<number>(SYSTEM_CHOICES).fill(0);
  else for (let port = ports.from; port <= ports.to; port++) yield port;
}

async function listenOnAll(
  options: PortListenerOptions,
  wanted: number,
): Promise<{ servers: ListeningServer[]; port: number }> {
  const { hosts, direct } = options;
  const servers: ListeningServer[] = [];
  let port = wanted;
  try {
    for (const host of hosts) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      acceptFrom(server, direct, options);
      const address = await listen(server, { host, port, ipv6Only: hosts.length > 1 });
      servers.push({ server, family: address.family });
      port = address.port;
    }
    return { servers, port };
  } catch (error) {
    for (const { server } of servers) server.close();
    throw error;
  }
}

function listen(
  server: Server,
  where: { host: string; port: number; ipv6Only: boolean },
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
      else reject(new Error('The port was closed while it was being opened.'));
    });
  });
}

function portsText(ports: PortRange | undefined): string {
  if (!ports) return 'any port';
  return ports.to === ports.from ? `port ${ports.from}` : `any port from ${ports.from} to ${ports.to}`;
}

function outOfDescriptors(cause: unknown): JackfieldError {
  const limit = descriptorLimit();
  const text = `No file descriptor is left for another port${limit ? ` (of ${limit})` : ''}; raise "ulimit -n".`;
  return new JackfieldError('ERR_LIMIT', text, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
