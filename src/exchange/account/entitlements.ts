import { checkOptions, line, needed, oneOf, type Rules, rule, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';

/** One service that an account has. */
export interface EntitlementOptions {
  /** `package`: minutes of calls to phones, renewed each month. */
  readonly service: 'pstn' | 'voicemail' | 'pstn_transfer' | 'package';
  /** Beginning and end, as `2016-01-01T00:00:00Z`; the service is not active before and after. Default: always. */
  readonly start?: string;
  readonly end?: string;
  /** Name of a package, such as `api_300-region-landline-world-60`. Default `minutes`. */
  readonly package?: string;
  /** Minutes of a package: 1 to 100,000. Default 60. */
  readonly minutes?: number;
  /** Time of the first reset of a package to its full minutes, then repeated each month. Default: none. */
  readonly reset?: string;
  /** Display name of a package. Default: its name. */
  readonly title?: string;
}

const DATE = rule(
  'a date such as 2016-01-01T00:00:00Z',
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)),
);
const NAME = rule(
  'letters, digits, and any of . _ -, at most 100',
  (value) => typeof value === 'string' && /^[\w.-]{1,100}$/.test(value),
);
/** The rules of {@link EntitlementOptions}. */
export const ENTITLEMENT_RULES: Rules<EntitlementOptions> = {
  service: needed(oneOf('pstn', 'voicemail', 'pstn_transfer', 'package')),
  start: DATE,
  end: DATE,
  package: NAME,
  minutes: whole(1, 100_000, 'minutes'),
  reset: DATE,
  title: line(1, 300),
};

/** The current state of a service of an account. Times are in Unix milliseconds. */
export interface Entitlement {
  readonly id: string;
  readonly service: EntitlementOptions['service'];
  readonly active: boolean;
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly minutes?: Minutes;
}

/** Minutes of a package. */
export interface Minutes {
  readonly package: string;
  readonly title: string;
  readonly quota: number;
  readonly left: number;
  readonly reset: number | undefined;
}

interface Kept {
  readonly id: string;
  readonly options: EntitlementOptions;
  left: number;
  reset: number | undefined;
}

/** Services of an account, active by the clock: voicemail, calls to phones, packages of minutes. */
export class Entitlements {
  readonly #kept: readonly Kept[];
  readonly #unixMs: () => number;

  /** @throws ERR_INVALID_ARG, naming the field, also for a duplicate service. */
  constructor(services: readonly EntitlementOptions[], unixMs: () => number) {
    this.#unixMs = unixMs;
    this.#kept = services.map((options, index) => {
      checkOptions(options, ENTITLEMENT_RULES, `services[${index}].`);
      const { service, minutes = 60, reset } = options;
      const id = service === 'package' ? `package.${packageOf(options)}` : service;
      return { id, options, left: minutes, reset: timeOf(reset) };
    });
    const twice = this.#kept.find(
      ({ id }, index) => this.#kept.findIndex((each) => each.id === id) !== index,
    );
    if (twice) throw invalidArgument('services', 'services, each once', twice.id);
  }

  get all(): Entitlement[] {
    return this.#kept.map((kept) => this.#viewOf(kept));
  }

  /** True when a service of this kind is active now. */
  has(service: EntitlementOptions['service']): boolean {
    return this.all.some((each) => each.service === service && each.active);
  }

  /** Total minutes left in all packages. */
  get minutesLeft(): number {
    return this.all.reduce((sum, { active, minutes }) => sum + (active ? (minutes?.left ?? 0) : 0), 0);
  }

  /** Uses one minute of the first package that has any. @returns false when none has. */
  takeMinute(): boolean {
    const kept = this.#kept.find((each) => {
      const { active, minutes } = this.#viewOf(each);
      return active && minutes !== undefined && minutes.left > 0;
    });
    if (kept) kept.left--;
    return kept !== undefined;
  }

  /** Yields the remaining minutes of packages, each with its path. */
  *record(): Generator<[path: string, value: string]> {
    for (const { id, options, left, reset } of this.#kept) {
      if (options.service === 'package') yield [`service/${id}`, `${left} ${reset ?? ''}`];
    }
  }

  /** Restores a value that {@link record} yielded. Values of packages that no longer exist are ignored. */
  restore(id: string, text: string): void {
    const kept = this.#kept.find((each) => each.id === id);
    const [, left = '', reset = ''] = /^(\d+) (\d*)$/.exec(text) ?? [];
    if (left === '') throw invalidArgument(`service/${id}`, 'minutes and a time', text);
    if (!kept) return;
    kept.left = Math.min(Number(left), kept.options.minutes ?? 60);
    kept.reset = reset === '' ? undefined : Number(reset);
  }

  #viewOf(kept: Kept): Entitlement {
    const { id, options } = kept;
    const start = timeOf(options.start);
    const end = timeOf(options.end);
    const now = this.#unixMs();
    const active = (start ?? now) <= now && now <= (end ?? now);
    const view = { id, service: options.service, active, start, end };
    if (options.service !== 'package') return view;
    const { minutes: quota = 60 } = options;
    renew(kept, quota, now);
    const name = packageOf(options);
    const { left, reset } = kept;
    return { ...view, minutes: { package: name, title: options.title ?? name, quota, left, reset } };
  }
}

/** Resets a package to its full minutes each month. */
function renew(kept: Kept, quota: number, now: number): void {
  while (kept.reset !== undefined && kept.reset <= now) {
    kept.left = quota;
    kept.reset = monthAfter(kept.reset);
  }
}

function monthAfter(unixMs: number): number {
  const date = new Date(unixMs);
  const next = new Date(date);
  next.setUTCMonth(date.getUTCMonth() + 1);
  // In a month of 30 days the 31st becomes the last day.
  if (next.getUTCDate() !== date.getUTCDate()) next.setUTCDate(0);
  return next.getTime();
}

function packageOf({ package: name = 'minutes' }: EntitlementOptions): string {
  return name;
}

function timeOf(date: string | undefined): number | undefined {
  return date === undefined ? undefined : Date.parse(date);
}
