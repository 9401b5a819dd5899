import { entryOf } from './entry-of.js';
import { invalidArgument, type JackfieldError } from './errors.js';

/** A condition that a value has to meet, with the words that say so. */
export interface Rule {
  /** Completes "must be ...". */
  readonly expected: string;
  /** Range of a number, both ends included. Absent for other values. */
  readonly range?: NumberRange;
  /** True for a secret value, which no message may show. */
  readonly isSecret?: boolean;
  /** Rules of the options in an object. Absent for other values. */
  readonly options?: Rules<object>;
  accepts(value: unknown): boolean;
}

/** Range of a number, its ends included; an end may be infinite. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
  /** True when the number has no fraction. */
  readonly isWhole: boolean;
}

/** A rule for an option without a default. */
export interface NeededRule extends Rule {
  readonly needed: true;
}

/** One rule for each option; an option without a default is {@link needed}. */
export type Rules<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? Rule : NeededRule;
};

/** A number of a range, its ends included; `unit` as in `20 to 1000 ms`. NaN is refused; an end may be infinite. */
export function within(from: number, to: number, unit = ''): Rule {
  const range =
    to < Number.POSITIVE_INFINITY
      ? from > Number.NEGATIVE_INFINITY
        ? `from ${from} to ${to}`
        : `a number up to ${to}`
      : from > Number.NEGATIVE_INFINITY
        ? `${from} or more`
        : 'a number';
  return {
    ...rule(
      `${range}${unit && ` ${unit}`}`,
      (value) => typeof value === 'number' && value >= from && value <= to,
    ),
    range: { from, to, isWhole: false },
  };
}

/** Milliseconds that a wait may last: more than 0; `Infinity` waits for ever. */
export const wait: Rule = rule('more than 0 ms', (value) => typeof value === 'number' && value > 0);

/** A whole number of a range, its ends included. */
export function whole(from: number, to: number, unit = ''): Rule {
  return {
    ...rule(
      `a whole number from ${from} to ${to}${unit && ` ${unit}`}`,
      (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
    ),
    range: { from, to, isWhole: true },
  };
}

/** One of a few values. */
export function oneOf(...values: readonly (string | number)[]): Rule {
  const names = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  return rule(
    names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    (value) => values.includes(value as string),
  );
}

/** A text of a length in characters, in one line. */
export function line(from: number, to: number): Rule {
  return rule(
    `a string of ${from} to ${to} characters in one line`,
    (value) => isText(value, from, to) && !/[\r\n\0]/.test(value),
  );
}

/** A text of a length in characters. */
export function text(from: number, to: number): Rule {
  return rule(`a string of ${from} to ${to} characters`, (value) => isText(value, from, to));
}

/** The path of a file or folder. */
export const path: Rule = rule(
  'the path of a file or folder',
  (value) => isText(value, 1, 4096) && !value.includes('\0'),
);

/** A file name by its ending. */
export function ending(...endings: readonly string[]): Rule {
  return rule(
    `a path that ends with ${endings.join(' or ')}`,
    (value) => path.accepts(value) && endings.some((each) => (value as string).toLowerCase().endsWith(each)),
  );
}

export const flag: Rule = rule('true or false', (value) => typeof value === 'boolean');

/** Milliseconds since the Unix epoch, of a moment that the calendar has. */
export const unixMs: Rule = within(-864e13, 864e13, 'ms');

/** A moment that the calendar has. */
export const date: Rule = rule(
  'a valid Date',
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
);

export const signal: Rule = instance(AbortSignal);

export const callback: Rule = rule('a function', (value) => typeof value === 'function');

/** An object, with these methods. */
export function having(...methods: readonly string[]): Rule {
  return rule(
    `an object with ${methods.map((name) => `${name}()`).join(', ')}`,
    (value) => isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === 'function'),
  );
}

/** An instance of one of these classes. */
export function instance(...classes: readonly (abstract new (...given: never[]) => unknown)[]): Rule {
  return rule(`of the class ${classes.map(({ name }) => name).join(' or ')}`, (value) =>
    classes.some((each) => value instanceof each),
  );
}

/** A list, each entry by a rule. */
export function listOf(each: Rule, from = 0, to = Number.POSITIVE_INFINITY): Rule {
  const count =
    to === Number.POSITIVE_INFINITY ? (from > 0 ? `${from} or more` : 'any number') : `${from} to ${to}`;
  return rule(
    `a list of ${count}, each ${each.expected}`,
    (value) =>
      Array.isArray(value) && value.length >= from && value.length <= to && value.every(each.accepts),
  );
}

/** A value that at least one of several rules accepts. */
export function either(...rules: readonly Rule[]): Rule {
  const options = rules.find((each) => each.options)?.options;
  return {
    ...rule(rules.map(({ expected }) => expected).join(', or '), (value) =>
      rules.some((each) => each.accepts(value)),
    ),
    ...(options && { options }),
  };
}

/** Any number; NaN is none. */
export const number: Rule = within(-Infinity, Infinity);

/** Any text. */
export const words: Rule = rule('a text', (value) => typeof value === 'string');

/** A value that `for await` can iterate over: a stream, or a list. */
export const stream: Rule = rule(
  'an async iterable',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value),
);

/** An object of options, whose names and values have rules of their own. */
export function nested<T extends object>(rules: Rules<T>): Rule {
  return {
    ...rule(`an object of ${Object.keys(rules).join(', ')}`, isObject),
    options: rules as Rules<object>,
  };
}

/** An object whose content is checked elsewhere. */
export const object: Rule = rule('an object', isObject);

/** Makes the rule of a secret text, such as a key, which no message may show. */
export function secret(given: Rule): Rule {
  return { ...given, isSecret: true };
}

export function needed(given: Rule): NeededRule {
  return { ...given, needed: true };
}

/** A text or an object, such as something to be said. Its content is checked elsewhere. */
export const given: Rule = rule(
  'a string or an object',
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
);

/** Checks one argument. @throws ERR_INVALID_ARG that names it and says what the rule expects. */
export function checkArgument(name: string, value: unknown, given: Rule): void {
  if (!given.accepts(value)) throw refused(name, value, given);
}

/**
 * Checks a whole options object: each value by its rule, and that there is no unknown option. An option that is
 * `undefined` counts as left out.
 *
 * @param prefix Goes before the options' names in messages, such as `metadata.`.
 * @throws ERR_INVALID_ARG that names the option.
 */
export function checkOptions<T extends object>(
  given: unknown,
  rules: Rules<T>,
  prefix = '',
): asserts given is T {
  const names = Object.keys(rules) as (keyof T & string)[];
  const known = names.length > 0 ? `an object of ${names.join(', ')}` : 'an object without options';
  if (!isObject(given)) throw invalidArgument(prefix ? prefix.slice(0, -1) : 'options', known, given);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw invalidArgument(
        `${prefix}${name}`,
        `left out: the only options are ${names.join(', ')}`,
        optionOf(given, name),
      );
    }
  }
  for (const name of names) {
    const each: Rule | NeededRule | undefined = entryOf<Rule | NeededRule>(rules, name);
    if (!each) continue;
    const value = optionOf(given, name);
    if (value === undefined ? 'needed' in each : !each.accepts(value)) {
      throw refused(`${prefix}${name}`, value, each);
    }
    if (each.options && isObject(value)) checkOptions(value, each.options, `${prefix}${name}.`);
  }
}

function refused(name: string, value: unknown, { expected, isSecret }: Rule): JackfieldError {
  const isHidden = isSecret && typeof value === 'string';
  return invalidArgument(name, expected, isHidden ? `${value.length} characters` : value);
}

/** Picks the options that `rules` knows, to pass them on to a function that takes no others. */
export function optionsOf<T extends object>(given: T, rules: Rules<T>): T {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(rules, name))) as T;
}

function optionOf(given: object, name: string): unknown {
  return Reflect.get(given, name);
}

/** Makes a rule, for modules that need one of their own. */
export function rule(expected: string, accepts: (value: unknown) => boolean): Rule {
  return { expected, accepts };
}

function isText(value: unknown, from: number, to: number): value is string {
  return typeof value === 'string' && value.length >= from && value.length <= to;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
