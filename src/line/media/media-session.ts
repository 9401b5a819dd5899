import { asError, JackfieldError } from '../../base/errors.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { FrameCutter } from '../../voice/frame-cutter.js';
import type { AgentSetup, Dialect, MediaCodec } from '../dialect/dialect.js';
import type {
  MediaAudio,
  MediaEvent,
  MediaFormat,
  MediaRole,
  MediaStart,
  WireMessage,
} from '../dialect/media-event.js';
import { MarkList } from './mark-list.js';
import type { MediaConnection } from './media-connection.js';

/**
 * End of a session. `ended`: by a message, or by this side; `closed`: with the connection; `failed`: because of
 * `error`.
 */
export interface MediaEnd {
  readonly kind: 'ended' | 'closed' | 'failed';
  readonly reason?: string;
  readonly error?: Error;
}

/** Owner of a session. */
export interface MediaSessionListener {
  /** The session has begun. A provider gets the start that it sent itself. Comes before any other event. */
  started(start: MediaStart): void;
  event(event: Exclude<MediaEvent, { type: 'start' | 'end' }>): void;
  /** Less data waits to be sent than before. */
  drained?(): void;
  /** The session has ended. Called once, as the last. */
  ended(end: MediaEnd): void;
}

/** Options of a {@link MediaSession}. */
export interface MediaSessionOptions {
  readonly dialect: Dialect;
  readonly role: MediaRole;
  readonly connection: MediaConnection;
  readonly clock: Clock;
  readonly listener: MediaSessionListener;
  /** Format that a provider proposes, and that an application expects. Default: that of the dialect. */
  readonly format?: MediaFormat | undefined;
  readonly variant?: string | undefined;
  readonly agent?: AgentSetup | undefined;
  /** Start of the call, for a provider. */
  readonly start?: Omit<MediaStart, 'type' | 'format'> | undefined;
  /** Time limit for the start, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number | undefined;
}

const START_TIMEOUT_MS = 10_000;

/**
 * Session with a media server or an agent, in any dialect: `waiting -> open -> over`. A message that the dialect does
 * not allow ends it with a typed error. Nothing of such a message reaches the call.
 */
export class MediaSession {
  readonly dialect: Dialect;
  readonly role: MediaRole;
  readonly #codec: MediaCodec;
  readonly #connection: MediaConnection;
  readonly #listener: MediaSessionListener;
  readonly #marks = new MarkList();
  readonly #options: MediaSessionOptions;
  #format: MediaFormat;
  #state: 'waiting' | 'open' | 'over' = 'waiting';
  #hasUnderstood = false;
  #ignored = 0;
  #cutter: FrameCutter | undefined;
  #cancelTimer: CancelTimer | undefined;

  constructor(options: MediaSessionOptions) {
    const { dialect, role, connection, listener, variant, agent } = options;
    this.dialect = dialect;
    this.role = role;
    this.#format = options.format ?? dialect.format;
    this.#codec = dialect.codec(role, { format: this.#format, variant, agent });
    this.#connection = connection;
    this.#listener = listener;
    this.#options = options;
  }

  /** Begins the session: sends the start, or waits for it. Called once. */
  open(): void {
    const { connection, clock, start, startTimeoutMs = START_TIMEOUT_MS } = this.#options;
    if (this.role === 'application' && !this.dialect.startsByConnecting) {
      const fail = () => this.#failed(tooLate(this.dialect));
      this.#cancelTimer = clock.timerAt(clock.now() + startTimeoutMs, fail);
    } else {
      try {
        this.#begin({ id: '', parameters: {}, ...start, type: 'start', format: this.#format });
      } catch (error) {
        // A start that the dialect cannot carry is an error of the caller. Nobody else would close the connection.
        connection.abort();
        throw error;
      }
    }
    const listener = this.#listener;
    connection.listen({
      message: (message) => this.#read(message),
      ...(listener.drained && { drained: () => listener.drained?.() }),
      closed: (error) => this.#over(error ? { kind: 'failed', error } : { kind: 'closed' }),
    });
  }

  /** Format of the audio on the wire. */
  get format(): MediaFormat {
    return this.#format;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Bytes that the other end has not taken yet. */
  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Number of messages that the dialect knows or tolerates, and that have no meaning here. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Milliseconds since the oldest {@link probe} that is not answered yet; 0 when there is none. */
  get lagMs(): number {
    return this.#connection.lagMs;
  }

  /** Milliseconds since the message came whose event is being delivered. */
  get ageMs(): number {
    return this.#connection.ageMs ?? 0;
  }

  /** Asks the other end to confirm that it reads. Does nothing just after another probe. */
  probe(): void {
    this.#connection.probe();
  }

  /**
   * Sends an event to the other side. Audio has to be in the format of the session. Does nothing before the start and
   * after the end.
   *
   * @returns false when the dialect cannot say it.
   */
  send(event: MediaEvent): boolean {
    if (this.#state !== 'open') return false;
    if (event.type === 'audio') return this.#sendAudio(event);
    if (event.type === 'mark') {
      this.#fillFrame();
      this.#marks.sent(event.name);
    }
    const isSaid = this.#write(event);
    if (event.type === 'clear') {
      this.#cutter?.rest();
      if (!this.dialect.tellsClearedMarks) this.#forgetMarks();
    }
    return isSaid;
  }

  /** Reports marks that a `clear` has removed, because the other side does not report them. */
  #forgetMarks(): void {
    for (const name of this.#marks.clear(this.dialect.returnsClearedMarks))
      this.#listener.event({ type: 'marked', name, heard: false });
  }

  /** Sends the end, and closes the connection. */
  end(reason?: string): void {
    if (this.#state === 'over') return;
    if (this.#state === 'open') this.#fillFrame();
    if (this.#state === 'open') this.#write({ type: 'end', ...(reason !== undefined && { reason }) });
    this.#over({ kind: 'ended', ...(reason !== undefined && { reason }) });
  }

  #begin(start: MediaStart): void {
    this.#state = 'open';
    this.#cancelTimer?.();
    this.#format = start.format;
    if (this.dialect.frame.isExact) this.#cutter = new FrameCutter(this.#frameLength);
    if (this.role === 'provider') this.#write(start);
    this.#listener.started(start);
  }

  /** Samples of a frame, interleaved. */
  get #frameLength(): number {
    const { sampleRate, channels } = this.#format;
    return Math.round((sampleRate * this.dialect.frame.ms) / 1000) * channels;
  }

  /** Sends an incomplete frame, filled up with silence, because no more audio follows. */
  #fillFrame(): void {
    const rest = this.#cutter?.rest();
    if (!rest || rest.length === 0) return;
    const samples = new Int16Array(this.#frameLength);
    samples.set(rest);
    const { sampleRate, channels } = this.#format;
    this.#write({ type: 'audio', samples, sampleRate, channels });
  }

  #sendAudio(event: MediaAudio): boolean {
    if (!this.#cutter) return this.#write(event);
    const { sampleRate, channels, track = 'inbound' } = event;
    let isSaid = true;
    for (const samples of this.#cutter.push(event.samples))
      isSaid = this.#write({ type: 'audio', samples, sampleRate, channels, track });
    return isSaid;
  }

  /** @returns false when the dialect cannot say it. */
  #write(event: MediaEvent): boolean {
    const messages = this.#codec.write(event);
    for (const message of messages) this.#connection.send(message);
    return messages.length > 0;
  }

  #read(message: WireMessage): void {
    if (this.#state === 'over') return;
    // An error of the listener ends only this session.
    try {
      const events = this.#codec.read(message);
      this.#hasUnderstood ||= events.length > 0;
      for (const event of events) if (!this.#isOver()) this.#take(event);
      for (const answer of this.#codec.answer?.() ?? []) if (!this.#isOver()) this.#connection.send(answer);
    } catch (error) {
      this.#failed(this.#hasUnderstood ? asError(error) : strange(asError(error)));
    }
  }

  #take(event: MediaEvent): void {
    if (event.type === 'other') this.#ignored++;
    if (event.type === 'clear') this.#codec.cut?.();
    if (event.type === 'start') this.#begin(event);
    else if (event.type === 'end')
      this.#over({ kind: 'ended', ...(event.reason !== undefined && { reason: event.reason }) });
    else if (event.type !== 'marked' || this.role === 'provider') this.#listener.event(event);
    else if (this.#marks.cameBack(event.name)) this.#listener.event({ ...event, heard: event.heard ?? true });
  }

  #failed(error: Error): void {
    this.#over({ kind: 'failed', error });
  }

  #over(end: MediaEnd): void {
    if (this.#isOver()) return;
    this.#state = 'over';
    this.#cancelTimer?.();
    if (end.kind === 'failed') this.#connection.abort();
    else this.#connection.close();
    this.#listener.ended(end);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** Adds advice to an error. When not a single message can be read, the other end often speaks another dialect. */
function strange(error: Error): Error {
  if (!(error instanceof JackfieldError) || error.code !== 'ERR_SYNTAX') return error;
  const advice = 'If the other end uses another dialect, set "dialect" to it.';
  return new JackfieldError('ERR_SYNTAX', `${error.message} ${advice}`, { cause: error.cause });
}

function tooLate({ title }: Dialect): JackfieldError {
  return new JackfieldError('ERR_TIMEOUT', `A connection of ${title} sent no start message in time.`);
}
