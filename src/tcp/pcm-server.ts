import { JackfieldError } from '../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../base/listener/fenced-emitter.js';
import type { Lease, LeaseOptions, RefusedPeer } from './lease.js';
import { type LeaseContext, leaseContext, threadHealth } from './lease-context.js';
import { type ResolvedLeaseOptions, resolveLeaseOptions } from './lease-options.js';
import { LeaseReservation } from './lease-reservation.js';
import type { CloseReason } from './lease-state.js';
import { type PcmServerOptions, type ResolvedServerOptions, resolveServerOptions } from './server-options.js';
import { type ServerSnapshot, ServerStatistics } from './server-stats.js';
import { StreamLease } from './stream-lease.js';
import { WorkerPool } from './worker/worker-pool.js';

/** Events of a server, about any of its leases. */
export interface PcmServerEvents extends FencedEvents {
  lease: [lease: Lease];
  refused: [lease: Lease, refused: RefusedPeer];
  closed: [lease: Lease, reason: CloseReason];
  /** A limit was reached. `maxBufferedBytes` does not stop streams: each sink's policy applies. */
  limit: [what: 'maxLeases' | 'maxBufferedBytes'];
}

/**
 * Leases TCP ports to voice streams. The endpoint dials each port once and exchanges raw PCM over it
 * (reference, "Voice Streams").
 */
export class PcmServer extends FencedEmitter<PcmServerEvents> implements AsyncDisposable {
  readonly #options: ResolvedServerOptions;
  readonly #home: { kind: 'here'; context: LeaseContext } | { kind: 'workers'; pool: WorkerPool };
  readonly #leases = new Set<Lease>();
  readonly #statistics = new ServerStatistics();
  #opening = 0;
  #reserved = 0;
  #closing: Promise<void> | undefined;

  /**
   * @throws ERR_INVALID_ARG with the name of the option, ERR_LIMIT when this process may not open as many files as
   * `maxLeases` need.
   */
  constructor(options: PcmServerOptions = {}) {
    super();
    // Each recording looks out for leases of its call.
    this.setMaxListeners(0);
    this.#options = resolveServerOptions(options);
    const onLimit = () => void this.emit('limit', 'maxBufferedBytes');
    this.#home =
      this.#options.workers > 0
        ? { kind: 'workers', pool: new WorkerPool(this.#options, onLimit) }
        : { kind: 'here', context: leaseContext(this.#options, onLimit) };
  }

  /** Leases that are not closed. */
  get leases(): ReadonlySet<Lease> {
    return this.#leases;
  }

  /** Leases that may be open at once. */
  get maxLeases(): number {
    return this.#options.maxLeases;
  }

  /** The server's option `readIntervalMs`: time between two reads of a `batched` connection, in ms. */
  get readIntervalMs(): number | undefined {
    return this.#options.readIntervalMs;
  }

  /** Advice for a process whose file descriptors allow fewer than the usual 10,000 leases. Linux only. */
  get advice(): string | undefined {
    return this.#options.advice;
  }

  /**
   * Opens a port for one stream.
   * @throws ERR_INVALID_ARG, ERR_PORT when no port can be listened on, ERR_LIMIT, ERR_CLOSED.
   */
  async lease(options: LeaseOptions): Promise<Lease> {
    const resolved = resolveLeaseOptions(options);
    if (this.#closing)
      throw new JackfieldError('ERR_CLOSED', 'The PCM server is closed and opens no more leases.');
    this.#checkLimit();
    this.#opening++;
    try {
      const lease = await this.#open(options, resolved);
      if (this.#closing) await lease.close();
      this.#checkOpen();
      this.#keep(lease);
      return lease;
    } finally {
      this.#opening--;
    }
  }

  /**
   * Reserves leases, which the caller then opens from the returned reservation. A caller that needs several leases gets
   * all of them, or is refused now.
   * @throws ERR_LIMIT.
   * @internal
   */
  reserve(count: number): LeaseReservation {
    this.#checkLimit(count);
    this.#reserved += count;
    return new LeaseReservation(this, count, (free) => {
      this.#reserved -= free;
    });
  }

  /**
   * Counters of each live stream, and totals over all streams since the start. Counters of worker threads may be 250 ms
   * old.
   */
  async snapshot(): Promise<ServerSnapshot> {
    const home = this.#home;
    const threads = home.kind === 'workers' ? await home.pool.health() : [threadHealth(home.context)];
    return this.#statistics.snapshot(this.#leases, threads);
  }

  /** Closes all leases gracefully. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => lease.close()));
    if (this.#home.kind === 'workers') await this.#home.pool.close();
    else this.#home.context.gate.close();
  }

  #open(options: LeaseOptions, resolved: ResolvedLeaseOptions): Promise<Lease> {
    if (this.#home.kind === 'workers') return this.#home.pool.open(options, resolved, this.#leases);
    return StreamLease.open(resolved, this.#home.context);
  }

  #checkOpen(): void {
    if (this.#closing)
      throw new JackfieldError('ERR_CLOSED', 'The PCM server is closed and opens no more leases.');
  }

  #checkLimit(count = 1): void {
    const { maxLeases } = this.#options;
    if (this.#leases.size + this.#opening + this.#reserved + count <= maxLeases) return;
    this.emit('limit', 'maxLeases');
    const remedy = this.advice ?? 'Close some, or raise maxLeases.';
    const text = `At most ${maxLeases} leases may be open; ${count} more were requested. ${remedy}`;
    throw new JackfieldError('ERR_LIMIT', text);
  }

  #keep(lease: Lease): void {
    this.#leases.add(lease);
    lease.on('refused', (refused) => this.emit('refused', lease, refused));
    lease.on('closed', (reason) => {
      this.#leases.delete(lease);
      this.#statistics.closed(lease);
      this.emit('closed', lease, reason);
    });
    this.emit('lease', lease);
  }
}
