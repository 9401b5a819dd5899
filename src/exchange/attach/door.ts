import { JackfieldError } from '../../base/errors.js';
import type { Fence } from '../../base/listener/fence.js';
import type { Clock } from '../../base/time/clock.js';
import { type ExchangeLimits, limitReached } from '../limits.js';

/** The part of the exchange that the listeners of an endpoint use. */
export interface Door {
  readonly limits: ExchangeLimits;
  /** Real time, which sockets live in whatever the clock of the calls does. */
  readonly clock: Clock;
  /** True when as many clients are attached as may be. */
  full(): boolean;
  /** Around all that comes from outside. */
  readonly fence: Fence;
}

/** Line for a client that is turned away because the limit is reached. */
export function noRoom({ limits }: Door): string {
  return `ERROR 97 Internal error: ${limitReached(limits, 'clients')}`;
}

/** Told of a client that has not read what it was told. */
export function notRead({ limits }: Door, transport: string): JackfieldError {
  const why = `A client on ${transport} does not read what it is told, and was dropped`;
  return new JackfieldError('ERR_LIMIT', `${why}: ${limitReached(limits, 'unsentBytes')}.`);
}

/** The line for a client whose command is too long. */
export function tooLong({ limits }: Door): string {
  return `ERROR 1 General syntax error: a command must have at most ${limits.lineBytes} bytes`;
}
