import { EventEmitter } from 'node:events';
import { systemClock } from '../clock.js';
import { JackfieldError } from '../errors.js';
import { ReadPlan } from './connection.js';
import { descriptorAdvice, descriptorLimit } from './descriptor-limit.js';
import { Gate } from './gate.js';
import type { Lease, LeaseOptions, RefusedPeer } from './lease.js';
import { resolveLeaseOptions } from './lease-options.js';
import type { CloseReason } from './lease-state.js';
import { BufferBudget } from './receive/buffer-budget.js';
import { type PcmServerOptions, type ResolvedServerOptions, resolveServerOptions } from './server-options.js';
import { type LeaseContext, StreamLease } from './stream-lease.js';
import { TimingWheel } from './timing-wheel.js';

/** Notices of a server, about any of its leases. */
export interface PcmServerEvents {
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
export class PcmServer extends EventEmitter<PcmServerEvents> implements AsyncDisposable {
  readonly #options: ResolvedServerOptions;
  readonly #context: LeaseContext;
  readonly #leases = new Set<Lease>();
  #opening = 0;
  #closing: Promise<void> | undefined;

  /** @throws ERR_INVALID_ARG with the name of the option. */
  constructor(options: PcmServerOptions = {}) {
    super();
    this.#options = resolveServerOptions(options);
    this.#context = leaseContext(this.#options, () => this.emit('limit', 'maxBufferedBytes'));
  }

  /** Leases that are not closed. */
  get leases(): ReadonlySet<Lease> {
    return this.#leases;
  }

  /** Connections that are open, those being checked or turned away included. */
  get connections(): number {
    return this.#context.gate.connections;
  }

  /** What to change where this process may not open as many files as `maxLeases` need; else nothing. Linux only. */
  get advice(): string | undefined {
    return descriptorAdvice(this.#options.maxLeases, descriptorLimit());
  }

  /**
   * Opens a port for one stream.
   * @throws ERR_INVALID_ARG, ERR_PORT when no port can be listened on, ERR_LIMIT, ERR_CLOSED.
   */
  async lease(options: LeaseOptions): Promise<Lease> {
    const resolved = resolveLeaseOptions(options);
    if (this.#closing)
      throw new JackfieldError('ERR_CLOSED', 'The PCM server is closed; it gives no more leases.');
    this.#checkLimit();
    this.#opening++;
    try {
      const lease = await StreamLease.open(resolved, this.#context);
      if (this.#closing) await lease.close();
      this.#checkOpen();
      this.#keep(lease);
      return lease;
    } finally {
      this.#opening--;
    }
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
    this.#context.gate.close();
  }

  #checkOpen(): void {
    if (this.#closing)
      throw new JackfieldError('ERR_CLOSED', 'The PCM server is closed; it gives no more leases.');
  }

  #checkLimit(): void {
    const { maxLeases } = this.#options;
    if (this.#leases.size + this.#opening < maxLeases) return;
    this.emit('limit', 'maxLeases');
    const text = `${maxLeases} leases are open, which is maxLeases; close some, or allow more.`;
    throw new JackfieldError('ERR_LIMIT', text);
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

/** The work of a read wheel's turn is spread over this many ticks. */
const READ_SLOTS = 20;
/** A sender is woken this often, in ms. */
const PACE_INTERVAL_MS = 20;
const PACE_SLOTS = 4;

/**
 * What leases in this thread share. The read wheel turns on the machine's clock whatever `clock` is: when bytes
 * are fetched from the kernel is a matter of cost, not of audio time.
 */
export function leaseContext(options: ResolvedServerOptions, onBudgetExhausted: () => void): LeaseContext {
  const { clock, host, ports, readIntervalMs, directReads } = options;
  const readWheel = new TimingWheel(systemClock, { intervalMs: readIntervalMs, slots: READ_SLOTS });
  return {
    clock,
    host,
    ports,
    gate: new Gate(options),
    readPlan: new ReadPlan(readWheel, directReads),
    paceWheel: new TimingWheel(clock, { intervalMs: PACE_INTERVAL_MS, slots: PACE_SLOTS }),
    budget: new BufferBudget(options.maxBufferedBytes, onBudgetExhausted),
  };
}
