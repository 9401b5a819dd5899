import { checkOptions, listOf, type Rules, rule, whole } from '../base/check.js';
import type { Clock } from '../base/time/clock.js';
import { Attempt, type Destination, type LineInterface, type Tariff } from './attempt.js';
import type { Identity } from './identity.js';
import type { EndCause, Leg } from './leg.js';

/** Line to the outside, for outgoing and incoming calls. It is opened and closed with an exchange. */
export interface Line extends LineInterface {
  /** Name in reports, such as `sip:trunk.example.com`. */
  readonly name: string;
  /**
   * Begins to take incoming calls. Called once, before the first {@link lineTo}. Default: there are no incoming calls.
   */
  open?(incoming: IncomingCalls): void | Promise<void>;
  /** Closes the line for good. All its legs have been ended before. Default: nothing to close. */
  close?(): void | Promise<void>;
}

/** Part of an exchange that a {@link Line} uses to place incoming calls. */
export interface IncomingCalls {
  /** Clock of the exchange. Its timers end with the exchange. */
  readonly clock: Clock;
  /**
   * Places a call of `leg` to `target`: a user or a robot by handle, or a user by a number that leads to it. Any other
   * number is called through a line only if `way.onward` allows it, so that strangers cannot make calls at the expense
   * of the exchange.
   *
   * @returns false when nobody has that handle or number. The leg is not called then.
   * @throws ERR_INVALID_ARG; ERR_LINE_BREAK for a line break in the identity of the leg.
   */
  place(leg: Leg, target: string, way?: IncomingWay): boolean;
  /** Reports a failure of the line as a `failure` of the exchange. */
  failed(error: unknown): void;
}

/** Route of an incoming call so far. */
export interface IncomingWay {
  /** Party that has forwarded the call to this exchange. */
  readonly forwardedBy?: Identity;
  /** Text about the call. Clients of the called party see it as SUBJECT. Default: none. */
  readonly subject?: string;
  /**
   * Lines through which the call may go on when its number belongs to no user and no robot: `own` for a line's own
   * phones ({@link LineInterface.ownTo}), `all` for every number that a line takes. Default `none`.
   */
  readonly onward?: Onward;
  /** Number of servers that the call may still pass, if its network counts them. Default: any number. */
  readonly hops?: number;
}

/** Lines through which an incoming call may go on ({@link IncomingWay.onward}). */
export type Onward = 'none' | 'own' | 'all';

export const ONWARD = ['none', 'own', 'all'] as const satisfies readonly Onward[];

/** Numbers and rank of a line. */
export interface LineOptions {
  /** Prefixes of the numbers that go through the line; the longest match counts. Default `['+']`: all. */
  readonly prefixes?: readonly string[];
  /**
   * Rank among lines with equally long prefixes: 0 to 1000. The lowest comes first, then the line added first. Default
   * 0.
   */
  readonly priority?: number;
}

const PREFIX = rule('a + and up to 20 digits', (value) => /^\+\d{0,20}$/.test(String(value)));

/** The rules of {@link LineOptions}. */
export const LINE_RULES: Rules<LineOptions> = {
  prefixes: listOf(PREFIX, 1),
  priority: whole(0, 1000),
};

interface Route {
  readonly line: LineInterface;
  readonly prefixes: readonly string[];
  readonly priority: number;
}

/**
 * Several lines as one. A number goes through the line with the longest matching prefix. When that line declines the
 * call with reason `no-route` before it rings, the next line gets it.
 */
export class LineTable implements LineInterface {
  #routes: Route[] = [];

  /** @throws ERR_INVALID_ARG */
  add(line: LineInterface, options: LineOptions = {}): void {
    checkOptions(options, LINE_RULES);
    const { prefixes = ['+'], priority = 0 } = options;
    this.#routes.push({ line, prefixes, priority });
  }

  remove(line: LineInterface): void {
    this.#routes = this.#routes.filter((route) => route.line !== line);
  }

  /** Returns true when a line has a prefix of this number. */
  covers(number: string): boolean {
    return this.#linesTo(number).length > 0;
  }

  ownTo(number: string): Destination | undefined {
    for (const line of this.#linesTo(number)) {
      const way = line.ownTo?.(number);
      if (way) return way;
    }
    return undefined;
  }

  lineTo(number: string): Destination | undefined {
    const ways: Destination[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const line of this.#linesTo(number)) {
      try {
        const way = line.lineTo(number);
        if (way) ways.push(way);
      } catch (error) {
        failure ??= { error };
      }
    }
    const [first, ...others] = ways;
    if (!first && failure) throw failure.error;
    return first && others.length > 0 ? new Failover(first, others) : first;
  }

  #linesTo(number: string): LineInterface[] {
    return this.#routes
      .map((route) => ({ ...route, length: longest(route.prefixes, number) }))
      .filter(({ length }) => length > 0)
      .sort((a, b) => b.length - a.length || a.priority - b.priority)
      .map(({ line }) => line);
  }
}

/** Returns the length of the longest prefix of `number`; 0 for none. */
function longest(prefixes: readonly string[], number: string): number {
  return Math.max(0, ...prefixes.filter((each) => number.startsWith(each)).map(({ length }) => length));
}

/** Destination that can be reached through several lines, tried one after the other. */
class Failover implements Destination {
  readonly identity: Identity;
  readonly tariff?: Tariff;
  readonly #ways: readonly Destination[];

  constructor(first: Destination, others: readonly Destination[]) {
    this.identity = first.identity;
    this.#ways = [first, ...others];
    if (first.tariff) this.tariff = first.tariff;
  }

  arrive(attempt: Attempt): void {
    this.#try(attempt, 0);
  }

  #try(outer: Attempt, index: number): void {
    const way = this.#ways[index];
    if (!way) return;
    let hasBegun = false;
    const attempt = new Attempt(outer.origin, {
      ringing: () => {
        hasBegun = true;
        outer.ringing();
      },
      earlyMedia: (party) => {
        hasBegun = true;
        outer.earlyMedia(party);
      },
      answered: (leg) => outer.answer(leg),
      declined: (cause) => {
        const isLast = index === this.#ways.length - 1;
        if (hasBegun || isLast || !isWayless(cause)) outer.decline(cause);
        else if (outer.open) this.#try(outer, index + 1);
      },
      forwarded: (to) => outer.forward(to),
      transfer: (targets, leg) => outer.transfer(targets, leg),
    });
    outer.onWithdrawn((cause) => attempt.withdraw(cause));
    way.arrive(attempt);
  }
}

function isWayless(cause: EndCause): boolean {
  return cause.kind === 'failed' && cause.reason === 'no-route';
}
