import { randomUUID } from 'node:crypto';
import { checkArgument, having, words } from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { whenFired } from '../../base/wait.js';
import type { Attempt, Destination } from '../../switch/attempt.js';
import { type Identity, phoneIdentity } from '../../switch/identity.js';
import type { IncomingCalls, Line } from '../../switch/line.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaFormat, MediaRole, MediaStart } from '../dialect/media-event.js';
import { connectMedia } from './connect-media.js';
import type { MediaConnection } from './media-connection.js';
import { callerOf, MediaLeg } from './media-leg.js';
import type { CallFromMedia, MediaConnectOptions } from './media-line-options.js';
import { type MediaEnd, MediaSession } from './media-session.js';
import type { Listening, OnConnection } from './open-listener.js';

const INCOMING = having('place', 'failed');

/** Parts of a {@link MediaLine}. */
export interface MediaLineParts {
  readonly name: string;
  readonly dialect: Dialect;
  readonly variant: string | undefined;
  readonly format: MediaFormat;
  readonly startTimeoutMs: number | undefined;
  readonly maxCalls: number;
  /** Finds the target of an incoming call. */
  readonly target: (call: CallFromMedia) => string;
  readonly connect: MediaConnectOptions | undefined;
  /** Begins to listen. `failed` is told of errors that are not of one connection. */
  readonly listen:
    | ((clock: Clock, onConnection: OnConnection, failed: (error: Error) => void) => Promise<Listening>)
    | undefined;
}

/**
 * Line whose calls are sessions with media servers or applications. They connect to the line, or the line connects to
 * them.
 */
export class MediaLine implements Line {
  readonly name: string;
  readonly #parts: MediaLineParts;
  readonly #legs = new Set<MediaLeg>();
  /** Outgoing calls that are not answered yet. */
  readonly #dials = new Set<AbortController>();
  #incoming: IncomingCalls | undefined;
  #listening: Listening | undefined;

  /** @internal */
  constructor(parts: MediaLineParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  /** Port that the line listens on; 0 before it is opened, and when it does not listen. */
  get port(): number {
    return this.#listening?.port ?? 0;
  }

  /** Number of current calls. */
  get activeCalls(): number {
    return this.#legs.size;
  }

  /** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG. */
  async open(incoming: IncomingCalls): Promise<void> {
    checkArgument('incoming', incoming, INCOMING);
    this.#incoming = incoming;
    const { listen } = this.#parts;
    this.#listening = await listen?.(
      incoming.clock,
      (connection, url) => this.#accept(connection, url),
      (error) => incoming.failed(error),
    );
  }

  async close(): Promise<void> {
    for (const dial of this.#dials) dial.abort();
    for (const leg of this.#legs) leg.ended({ kind: 'hung-up' });
    await this.#listening?.[Symbol.asyncDispose]();
    this.#listening = undefined;
  }

  lineTo(number: string): Destination | undefined {
    checkArgument('number', number, words);
    const { connect } = this.#parts;
    if (!connect) return undefined;
    const url = typeof connect.url === 'string' ? connect.url : connect.url(number);
    if (url === undefined) return undefined;
    const identity = phoneIdentity(number, this.name);
    return { identity, arrive: (attempt) => void this.#dial(url, identity, attempt, connect) };
  }

  /** Takes a connection of a media server. It becomes a call with its start. */
  #accept(connection: MediaConnection, url: URL): void {
    const incoming = this.#incoming;
    const { maxCalls } = this.#parts;
    if (!incoming || this.#legs.size >= maxCalls) {
      connection.abort();
      return;
    }
    this.#begin(
      connection,
      'application',
      incoming.clock,
      {},
      {
        started: (session, start) => {
          const leg = new MediaLeg(callerOf(start, this.#parts.dialect.name), 'application', incoming.clock);
          leg.attach(session);
          // Other connections may have become calls since this one was accepted.
          if (this.#legs.size >= maxCalls) session.end('too many calls');
          else if (!this.#place(leg, { ...start, url })) session.end('no user has this name');
          return leg;
        },
      },
    );
  }

  #place(leg: MediaLeg, call: CallFromMedia): boolean {
    try {
      return this.#incoming?.place(leg, this.#parts.target(call)) ?? false;
    } catch (error) {
      this.#incoming?.failed(error);
      return false;
    }
  }

  async #dial(
    url: string,
    identity: Identity,
    attempt: Attempt,
    { role = 'provider', headers, credentials, ca, timeoutMs }: MediaConnectOptions,
  ): Promise<void> {
    const clock = this.#incoming?.clock;
    const dial = new AbortController();
    this.#dials.add(dial);
    attempt.onWithdrawn(() => dial.abort());
    const failed = (error: Error) =>
      attempt.decline({ kind: 'failed', reason: 'offline', text: error.message.slice(0, 200) });
    attempt.ringing();
    try {
      if (!clock) throw new JackfieldError('ERR_CLOSED', `${this.name} is not open.`);
      const { maxCalls } = this.#parts;
      if (this.#legs.size + this.#dials.size > maxCalls)
        throw new JackfieldError('ERR_LIMIT', `${this.name} has reached its limit of ${maxCalls} calls.`);
      const { signal } = dial;
      const given = { clock, isHeld: true, headers, credentials, ca, timeoutMs, signal };
      const connection = await connectMedia(url, this.#parts.dialect, given);
      const { handle } = attempt.origin.caller;
      const start = { id: randomUUID(), from: handle, to: identity.handle, parameters: {} };
      await new Promise<void>((resolve) => {
        const session = this.#begin(connection, role, clock, start, {
          started: (it) => {
            const leg = new MediaLeg(identity, role, clock);
            leg.attach(it);
            attempt.answer(leg);
            resolve();
            return leg;
          },
          // The provider may have closed the connection before its start.
          unstarted: ({ error }) => {
            failed(error ?? new JackfieldError('ERR_PEER', `${this.name} closed the connection at once.`));
            resolve();
          },
        });
        whenFired(signal, () => session.end());
      });
    } catch (error) {
      failed(asError(error));
    } finally {
      this.#dials.delete(dial);
    }
  }

  /** Begins a session. Its events go to the leg that is made at its start. */
  #begin(
    connection: MediaConnection,
    role: MediaRole,
    clock: Clock,
    start: Partial<MediaStart>,
    call: {
      started(session: MediaSession, start: MediaStart): MediaLeg;
      /** Called when the session has ended without a start. */
      unstarted?(end: MediaEnd): void;
    },
  ): MediaSession {
    const { dialect, variant, format, startTimeoutMs } = this.#parts;
    let leg: MediaLeg | undefined;
    const session = new MediaSession({
      ...{ dialect, variant, format, startTimeoutMs, connection, role, clock },
      start: { id: '', parameters: {}, ...start },
      listener: {
        started: (it) => {
          leg = call.started(session, it);
          if (session.isOpen) this.#legs.add(leg);
        },
        event: (event) => leg?.take(event),
        ended: (end) => {
          if (leg) this.#legs.delete(leg);
          else call.unstarted?.(end);
          leg?.sessionEnded(end);
          if (end.error) this.#incoming?.failed(end.error);
        },
      },
    });
    session.open();
    return session;
  }
}
