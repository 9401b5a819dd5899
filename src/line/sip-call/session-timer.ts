import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { readParams } from '../sip-message/address.js';
import type { SipHeaders } from '../sip-message/headers.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import { SipRefusal } from './session-host.js';

/** Session timer values of RFC 4028, in seconds. */
export interface SessionTimes {
  /** Time after which a session ends without a refresh. Default 1800. */
  readonly expiresSeconds: number;
  /** Shortest accepted time. Default 90, the minimum of the RFC. */
  readonly minSeconds: number;
}

export const SESSION_TIMES: SessionTimes = { expiresSeconds: 1800, minSeconds: 90 };

export interface SessionTimerEvents {
  /** This end has to refresh the session. */
  refresh(): void;
  /** The other end has not refreshed the session in time. */
  expired(): void;
}

/** Session timer and its negotiation (RFC 4028). One of the ends refreshes the session; without a refresh it ends. */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #times: SessionTimes;
  readonly #events: SessionTimerEvents;
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock, times: Partial<SessionTimes> | undefined, events: SessionTimerEvents) {
    this.#clock = clock;
    this.#times = { ...SESSION_TIMES, ...times };
    this.#events = events;
  }

  /** Headers by which this end asks for a session timer. */
  get wishes(): Readonly<Record<string, string>> {
    return timerWishes(this.#times);
  }

  /**
   * Restarts with the timer of a request.
   *
   * @returns the headers of the response.
   * @throws SipRefusal with 422 when the time is too short.
   */
  answer({ headers }: SipRequest): Readonly<Record<string, string>> {
    const asked = sessionExpires(headers);
    const peerHasTimer = headers.has('Supported', 'timer');
    if (!asked && !peerHasTimer) {
      this.#begin(undefined, false);
      return {};
    }
    const { expiresSeconds, minSeconds } = this.#times;
    if (asked && asked.seconds < minSeconds)
      throw new SipRefusal(422, undefined, { 'Min-SE': String(minSeconds) });
    const least = Number.parseInt(headers.get('Min-SE') ?? '90', 10) || 90;
    const most = Math.max(expiresSeconds, minSeconds);
    const seconds = Math.max(Math.min(asked?.seconds ?? expiresSeconds, most), least);
    const refresher = asked?.refresher ?? (peerHasTimer ? 'uac' : 'uas');
    this.#begin(seconds, refresher === 'uas');
    return {
      'Session-Expires': `${seconds};refresher=${refresher}`,
      ...(refresher === 'uac' && { Require: 'timer' }),
    };
  }

  /** Restarts with the timer of a 2xx. */
  agree({ headers }: SipResponse): void {
    const agreed = sessionExpires(headers);
    this.#begin(agreed?.seconds, agreed?.refresher !== 'uas');
  }

  stop(): void {
    this.#cancel();
  }

  #begin(seconds: number | undefined, isRefresher: boolean): void {
    this.#cancel();
    if (seconds === undefined) return;
    // The refresher waits half of the time. The other end waits until shortly before the end.
    const waitMs = isRefresher ? seconds * 500 : (seconds - Math.min(32, seconds / 3)) * 1000;
    this.#cancel = this.#clock.timerAt(this.#clock.now() + waitMs, () => {
      if (isRefresher) this.#events.refresh();
      else this.#events.expired();
    });
  }
}

/** Makes the headers that ask for a session timer. @param least Shortest time that a peer accepts, in seconds. */
export function timerWishes(
  times: Partial<SessionTimes> | undefined,
  least = 0,
): Readonly<Record<string, string>> {
  const { expiresSeconds, minSeconds } = { ...SESSION_TIMES, ...times };
  const min = Math.max(minSeconds, least);
  return { 'Session-Expires': String(Math.max(expiresSeconds, min)), 'Min-SE': String(min) };
}

/** Reads Session-Expires of a message: the seconds and the refresher. */
function sessionExpires(
  headers: SipHeaders,
): { readonly seconds: number; readonly refresher: 'uac' | 'uas' | undefined } | undefined {
  const value = headers.get('Session-Expires');
  const seconds = Number.parseInt(value ?? '', 10);
  if (value === undefined || !(seconds > 0)) return undefined;
  const refresher = readParams(value).get('refresher')?.toLowerCase();
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}
