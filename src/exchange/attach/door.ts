import { JackfieldError } from '../../base/errors.js';
import type { Fence } from '../../base/listener/fence.js';
import type { Clock } from '../../base/time/clock.js';
import { type ExchangeLimits, limitReached } from '../limits.js';

/** The part of the exchange that the listeners of an endpoint use. */
export interface Door {
  readonly limits: ExchangeLimits;
  /** Real time, used for sockets also when calls run on a virtual clock. */
  readonly clock: Clock;
  /** True when the limit of attached clients is reached. */
  full(): boolean;
  /** Fence around all input from outside. */
  readonly fence: Fence;
}

/** Gives the line for a client that is refused because the limit of clients is reached. */
export function noRoom({ limits }: Door): string {
  return `ERROR 97 Internal error: ${limitReached(limits, 'clients')}`;
}

/** Makes the error for a client that does not read its lines. */
export function notRead({ limits }: Door, transport: string): JackfieldError {
  const why = `A client on ${transport} does not read its messages and was dropped`;
  return new JackfieldError('ERR_LIMIT', `${why}: ${limitReached(limits, 'unsentBytes')}.`);
}

/** Gives the line for a client whose command is too long. */
export function tooLong({ limits }: Door): string {
  return `ERROR 1 General syntax error: a command must have at most ${limits.lineBytes} bytes`;
}
