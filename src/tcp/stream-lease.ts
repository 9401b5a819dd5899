import { checkArgument, checkOptions, type Rules, signal } from '../base/check.js';
import { deferred } from '../base/deferred.js';
import { JackfieldError, messageOf } from '../base/errors.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import type { PcmFormat, PcmSink } from '../base/pcm.js';
import type { CancelTimer } from '../base/time/clock.js';
import type { ReadClass } from '../stream/pcm-stream.js';
import type { Player } from '../stream/player.js';
import { framesOf } from '../stream/receive/frames-of.js';
import type { SinkFeed } from '../stream/receive/sink-feed.js';
import { checkFeeding } from '../stream/receive/sink-options.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions } from '../stream/sink.js';
import { waitForClaim } from './claim-wait.js';
import { StreamFlow } from './flow/stream-flow.js';
import type { Lease, LeaseEvents, LeaseFeed, LeaseStats } from './lease.js';
import type { LeaseContext } from './lease-context.js';
import { announce } from './lease-events.js';
import { checkFed, checkReceives, checkRunning, leaseName, sendingPart } from './lease-guards.js';
import { READ_CLASS, type ResolvedLeaseOptions } from './lease-options.js';
import { type CloseReason, checkMove, type LeaseState, type Peer } from './lease-state.js';
import { PortListener } from './port-listener.js';
import type { Accepted } from './read/accepted.js';

const SIGNAL_RULES: Rules<{ readonly signal?: AbortSignal }> = { signal };

/** A lease in this thread: its port, the check of its peer, and its states. */
export class StreamLease extends FencedEmitter<LeaseEvents> implements Lease {
  readonly #options: ResolvedLeaseOptions;
  readonly #context: LeaseContext;
  readonly #flow: StreamFlow;
  readonly #closed = deferred<CloseReason>();
  readonly closed = this.#closed.promise;
  #listener: PortListener | undefined;
  #cancelExpiry: CancelTimer = () => {};
  #state: LeaseState = { status: 'open' };
  #refused = 0;

  private constructor(options: ResolvedLeaseOptions, context: LeaseContext) {
    super();
    this.#options = options;
    this.#context = context;
    this.#flow = new StreamFlow(options, context, {
      passing: () => this.#passing(),
      ending: (reason) => this.#end(reason),
      finished: () => this.#finished(),
      overflowed: (feed) => void this.emit('overflow', feed.name, feed.policy),
      failed: (feed, error) => void this.emit('sink-failed', feed.name, error),
      held: (feed) => this.#held(feed),
    });
  }

  /** @throws ERR_PORT, ERR_LIMIT when no port can be listened on. */
  static async open(options: ResolvedLeaseOptions, context: LeaseContext): Promise<StreamLease> {
    const lease = new StreamLease(options, context);
    const { clock, hosts } = context;
    lease.#listener = await PortListener.open({
      hosts,
      ports: options.port === undefined ? context.ports : { from: options.port, to: options.port },
      direct: context.readPlan.direct,
      accepted: (connection) => void lease.#admit(connection),
      closed: () => context.gate.leave(),
      onError: (error) => lease.#portLost(error),
    });
    lease.#cancelExpiry = clock.timerAt(clock.now() + options.claimTimeoutMs, () => lease.#expire());
    return lease;
  }

  get object(): string {
    return this.#options.object;
  }

  get stream(): Lease['stream'] {
    return this.#options.stream;
  }

  get direction(): Lease['direction'] {
    return this.#options.direction;
  }

  get format(): PcmFormat {
    return this.#options.format;
  }

  get hosts(): readonly string[] {
    return this.#context.hosts;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  get timelineStart(): number {
    return this.#options.timelineStart;
  }

  get state(): LeaseState {
    return this.#state;
  }

  get received(): SampleTimeline {
    return this.#flow.inlet.received;
  }

  get player(): Player {
    return sendingPart(this, this.#flow.outlet, 'player').player;
  }

  get readClass(): ReadClass {
    return this.#flow.readClass;
  }

  set readClass(readClass: ReadClass) {
    checkArgument('readClass', readClass, READ_CLASS);
    this.#flow.readClass = readClass;
  }

  get stats(): LeaseStats {
    return { refused: this.#refused, ...this.#flow.stats };
  }

  claimed(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    checkOptions(options, SIGNAL_RULES);
    return waitForClaim(this, options.signal);
  }

  feed(): LeaseFeed {
    checkFed(this);
    this.#cancelExpiry();
    this.#listener?.close();
    this.#move({ status: 'claimed', peer: { address: this.hosts[0] ?? '', port: this.port } });
    return {
      write: (samples, position) => this.#flow.bring(samples, position),
      end: (error) => this.#flow.endOfFeed(error),
    };
  }

  addSink(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    checkFeeding(sink, options);
    checkReceives(this, 'addSink()');
    checkRunning(this, 'addSink()');
    return this.#flow.inlet.fanOut.add(sink, options);
  }

  addSentTap(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    checkFeeding(sink, options);
    const { taps } = sendingPart(this, this.#flow.outlet, 'addSentTap()');
    checkRunning(this, 'addSentTap()');
    return taps.add(sink, options);
  }

  frames(options: SinkOptions & { signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    return framesOf(this, options);
  }

  close(): Promise<CloseReason> {
    this.#end({ kind: 'closed' });
    return this.closed;
  }

  abort(error?: Error): void {
    const fallback = () => new JackfieldError('ERR_ABORTED', `The lease of ${leaseName(this)} was aborted.`);
    this.#close({ kind: 'aborted', error: error ?? fallback() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #admit(accepted: Accepted): Promise<void> {
    const { gate, readPlan } = this.#context;
    // Admitting many peers at once takes longer than a tick of the wheel.
    readPlan.catchUp();
    const peer = gate.enter(accepted);
    const checked = this.#state.status === 'open' ? await gate.check(accepted, peer) : { peer };
    const why = checked.refused ?? (this.#state.status === 'open' ? undefined : 'claimed');
    if (why === undefined) {
      this.#claim(accepted, checked.peer);
      return;
    }
    accepted.socket().resetAndDestroy();
    this.#refused++;
    this.emit('refused', { peer: checked.peer, why });
  }

  #claim(accepted: Accepted, peer: Peer): void {
    this.#context.readPlan.catchUp();
    this.#cancelExpiry();
    this.#listener?.keepFamilyOf(accepted);
    this.#flow.connect(accepted);
    this.#move({ status: 'claimed', peer });
    this.#flow.start();
  }

  #passing(): void {
    if (this.#state.status === 'claimed') this.#move({ status: 'flowing', peer: this.#state.peer });
  }

  #held(feed: SinkFeed | undefined): void {
    if (feed) this.emit('held', feed.name, feed.fileError);
    else this.emit('released');
  }

  /** Delivers and flushes what is buffered, then closes. Does nothing when that has already begun. */
  #end(reason: CloseReason): void {
    const state = this.#state;
    if (state.status === 'open') this.#close(reason);
    if (state.status !== 'claimed' && state.status !== 'flowing') return;
    this.#move({ status: 'draining', peer: state.peer, reason });
    this.#flow.finish(reason);
  }

  #finished(): void {
    if (this.#state.status === 'draining') this.#close(this.#state.reason);
  }

  #expire(): void {
    const text = `Nobody connected to port ${this.port} for ${leaseName(this)} in ${this.#options.claimTimeoutMs} ms.`;
    this.#close({ kind: 'unclaimed', error: new JackfieldError('ERR_TIMEOUT', text) });
  }

  /** Ends a lease that nobody has claimed yet. A claimed lease does not need its port. */
  #portLost(cause: Error): void {
    if (this.#state.status !== 'open') return;
    const text = `The port of ${leaseName(this)} was lost: ${messageOf(cause)}.`;
    this.#close({ kind: 'port-lost', error: new JackfieldError('ERR_PORT', text, { cause }) });
  }

  #close(reason: CloseReason): void {
    if (this.#state.status === 'closed') return;
    const state = { status: 'closed', reason } as const;
    this.#enter(state);
    this.#cancelExpiry();
    this.#listener?.close();
    this.#flow.destroy(reason);
    announce(this, state);
    this.#closed.resolve(reason);
  }

  #move(state: LeaseState): void {
    this.#enter(state);
    announce(this, state);
  }

  #enter(state: LeaseState): void {
    checkMove(this.#state.status, state.status);
    this.#state = state;
  }
}
