import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../clock.js';
import { invalidArgument, JackfieldError } from '../errors.js';
import type { Lease, LeaseOptions, RefusedPeer } from './lease.js';
import { resolveLeaseOptions, within } from './lease-options.js';
import type { CloseReason } from './lease-state.js';
import type { PortRange } from './port-listener.js';
import { StreamLease } from './stream-lease.js';

export interface PcmServerOptions {
  /** Paces senders and expires leases. Default {@link systemClock}. */
  clock?: Clock;
  /** Address that leases listen on. Default `127.0.0.1`. */
  host?: string;
  /** Ports that leases are given, first free one first. Default: the system's choice. */
  ports?: PortRange;
  /** Leases that may be open at once: 1 to 30,000. Default 10,000. */
  maxLeases?: number;
}

/** Notices of a server, about any of its leases. */
export interface PcmServerEvents {
  lease: [lease: Lease];
  refused: [lease: Lease, refused: RefusedPeer];
  closed: [lease: Lease, reason: CloseReason];
}

/**
 * Leases TCP ports to voice streams. The endpoint dials each port once and exchanges raw PCM over it
 * (reference, "Voice Streams").
 */
export class PcmServer extends EventEmitter<PcmServerEvents> implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #host: string;
  readonly #ports: PortRange | undefined;
  readonly #maxLeases: number;
  readonly #leases = new Set<Lease>();
  #opening = 0;
  #closed = false;

  /** @throws ERR_INVALID_ARG with the name of the option. */
  constructor(options: PcmServerOptions = {}) {
    super();
    const { clock = systemClock, host = '127.0.0.1', ports, maxLeases = 10_000 } = options;
    this.#clock = clock;
    this.#host = host;
    this.#ports = ports && checkPorts(ports);
    this.#maxLeases = within('maxLeases', maxLeases, 1, 30_000);
  }

  /** Leases that are not closed. */
  get leases(): ReadonlySet<Lease> {
    return this.#leases;
  }

  /**
   * Opens a port for one stream.
   * @throws ERR_INVALID_ARG, ERR_PORT when no port can be listened on, ERR_LIMIT, ERR_CLOSED.
   */
  async lease(options: LeaseOptions): Promise<Lease> {
    const resolved = resolveLeaseOptions(options);
    if (this.#closed)
      throw new JackfieldError('ERR_CLOSED', 'The PCM server is closed; it gives no more leases.');
    if (this.#leases.size + this.#opening >= this.#maxLeases) {
      throw new JackfieldError(
        'ERR_LIMIT',
        `${this.#maxLeases} leases are open, which is maxLeases; close some or allow more.`,
      );
    }
    this.#opening++;
    try {
      const lease = await StreamLease.open(resolved, {
        clock: this.#clock,
        host: this.#host,
        ports: this.#ports,
        admit: (socket) => Promise.resolve({ peer: peerOf(socket) }),
      });
      this.#keep(lease);
      return lease;
    } finally {
      this.#opening--;
    }
  }

  /** Closes all leases gracefully. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#leases].map((lease) => lease.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #keep(lease: Lease): void {
    this.#leases.add(lease);
    lease.on('refused', (refused) => this.emit('refused', lease, refused));
    lease.on('closed', (reason) => {
      this.#leases.delete(lease);
      this.emit('closed', lease, reason);
    });
    this.emit('lease', lease);
  }
}

function peerOf(socket: Socket): { address: string; port: number } {
  return { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
}

function checkPorts(ports: PortRange): PortRange {
  const from = within('ports.from', ports.from, 1, 65_535);
  const to = within('ports.to', ports.to, 1, 65_535);
  if (to < from) throw invalidArgument('ports.to', `${from} or more`, to);
  return { from, to };
}
