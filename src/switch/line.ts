import { checkOptions, listOf, type Rules, rule, whole } from '../base/check.js';
import type { Clock } from '../base/time/clock.js';
import { Attempt, type Destination, type LineInterface, type Tariff } from './attempt.js';
import type { Identity } from './identity.js';
import type { EndCause, Leg } from './leg.js';

/** Way to the outside that is opened and closed with an exchange: calls go out through it and come in by it. */
export interface Line extends LineInterface {
  /** Name in reports, such as `sip:trunk.example.com`. */
  readonly name: string;
  /** Begins to take calls from the outside. Comes once, before the first {@link lineTo}. Default: none come in. */
  open?(incoming: IncomingCalls): void | Promise<void>;
  /** Closes it for good. All its legs have been ended before. Default: nothing is to be closed. */
  close?(): void | Promise<void>;
}

/** The part of an exchange that a {@link Line} sees: it places calls that come from the outside. */
export interface IncomingCalls {
  /** Time of the exchange. Its timers end with the exchange. */
  readonly clock: Clock;
  /**
   * Has `leg` call whom `target` names: a user or a robot by handle, or a user by the number that leads to them. Another
   * number is called through a line only where `way.onward` says so, so that no stranger makes calls at the
   * exchange's cost.
   *
   * @returns false when nobody has that name or number; the leg is told nothing then.
   * @throws ERR_INVALID_ARG, ERR_LINE_BREAK when what the leg is called cannot be said.
   */
  place(leg: Leg, target: string, way?: IncomingWay): boolean;
  /** Tells a failure of the line as the exchange's `failure`. */
  failed(error: unknown): void;
}

/** Way by which a call has come. */
export interface IncomingWay {
  /** Somebody who has forwarded the call to here. */
  readonly forwardedBy?: Identity;
  /** Text about the call, which clients of the one called see as SUBJECT. Default: none. */
  readonly subject?: string;
  /**
   * Lines by which it may go on where the number is that of no user and no robot: `own` for phones that are one's own
   * ({@link LineInterface.ownTo}), `all` for every number that a line takes. Default `none`.
   */
  readonly onward?: Onward;
  /** Servers that the call may still pass, where its network counts them. Default: any number. */
  readonly hops?: number;
}

/** Lines by which a call that came in may go on ({@link IncomingWay.onward}). */
export type Onward = 'none' | 'own' | 'all';

export const ONWARD = ['none', 'own', 'all'] as const satisfies readonly Onward[];

/** Numbers of a line, and its rank. */
export interface LineOptions {
  /** Beginnings of the numbers that go through it; the longest that fits counts. Default `['+']`: all. */
  readonly prefixes?: readonly string[];
  /** Rank among lines whose prefix is equally long, 0 to 1000; the lowest comes first, then the one added first. Default 0. */
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
 * Several lines as one. A number goes through the line with the longest prefix that fits; where that line has no way for
 * the call (it declines with reason `no-route` before it rings), the next one gets it.
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

  /** True when a line takes numbers that begin like this one. */
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

/** Length of the longest prefix that `number` begins with; 0 for none. */
function longest(prefixes: readonly string[], number: string): number {
  return Math.max(0, ...prefixes.filter((each) => number.startsWith(each)).map(({ length }) => length));
}

/** A destination that can be reached in several ways, tried one after the other. */
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
