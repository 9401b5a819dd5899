import { checkOptions, type Rules, whole } from '../base/check.js';

/** A limit on a resource that clients use. */
export interface LimitSpec {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** Describes the limited resource, and the effect of exceeding it. */
  readonly note: string;
}

/** All limits, by their names in {@link ExchangeLimits}. */
export const LIMITS = {
  clients: {
    default: 256,
    min: 1,
    max: 10_000,
    unit: 'clients',
    note: 'attached at once over TCP, D-Bus and X11; a further client gets an error and is not attached',
  },
  clientsWithoutToken: {
    default: 32,
    min: 1,
    max: 10_000,
    unit: 'connections',
    note: 'to one port that have not sent the token; beyond the limit, the oldest of them is closed',
  },
  bytesBeforeToken: {
    default: 1024,
    min: 600,
    max: 65_536,
    unit: 'bytes',
    note: 'accepted from a connection before its token; a connection that sends more is closed',
  },
  authenticateMs: {
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    note: 'for a connection to send the token; then it is closed',
  },
  wrongTokens: {
    default: 5,
    min: 1,
    max: 1000,
    unit: 'tokens',
    note: 'wrong tokens in a row; each further token is checked after a delay of 100 ms, doubled each time, up to 5 s',
  },
  lineBytes: {
    default: 2_097_152,
    min: 1024,
    max: 16_777_216,
    unit: 'bytes',
    note: 'of one command; a longer command is refused and, on TCP, ends the connection',
  },
  commandsWaiting: {
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'commands',
    note: 'of one client that wait for replies; a further command is refused',
  },
  unsentBytes: {
    default: 4_194_304,
    min: 65_536,
    max: 67_108_864,
    unit: 'bytes',
    note: 'that a client has not read yet; beyond the limit the client is dropped, which is reported',
  },
  callsPerUser: {
    default: 100,
    min: 1,
    max: 10_000,
    unit: 'calls',
    note: 'of one user at once; a further call is refused, and callers of that user get "busy',
  },
  applicationBytes: {
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
    unit: 'bytes',
    note: 'on a stream of an application that wait to be read, and as many that wait behind them; a further WRITE is refused',
  },
  messageBytes: {
    default: 67_108_864,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    note: 'of chat messages held in memory when there is no state folder; the oldest are dropped',
  },
  namesAsked: {
    default: 8,
    min: 1,
    max: 1000,
    unit: 'names',
    note: 'of one user that wait for a decision of the option attach; a further client is refused and may ask again',
  },
  namesKept: {
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'names',
    note: 'whose decision is remembered for one user; for further clients the user is asked each time',
  },
} as const satisfies Record<string, LimitSpec>;

type LimitName = keyof typeof LIMITS;

/** Limits on the resources that clients use. Each has a range and a default, see `LIMITS`. */
export type ExchangeLimits = { readonly [N in LimitName]: number };

/** The rules of {@link ExchangeLimits}. */
export const LIMIT_RULES = byName(({ min, max, unit }) => whole(min, max, unit)) as Rules<
  Partial<ExchangeLimits>
>;
const DEFAULTS = byName((limit) => limit.default) as ExchangeLimits;

/** Checks the limits and fills in the defaults. @throws ERR_INVALID_ARG, naming the limit. */
export function resolveLimits(limits: Partial<ExchangeLimits> = {}): ExchangeLimits {
  checkOptions(limits, LIMIT_RULES, 'limits.');
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...DEFAULTS, ...Object.fromEntries(given) });
}

function byName<T>(made: (limit: LimitSpec) => T): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries<LimitSpec>(LIMITS).map(([name, limit]) => [name, made(limit)]));
}

/** Gives the text for a client that reaches a limit. */
export function limitReached(limits: ExchangeLimits, name: LimitName): string {
  return `the limit is ${limits[name]} ${LIMITS[name].unit}; try again later, or raise limits.${name} of the exchange`;
}
