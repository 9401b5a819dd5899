import type { Kind, Parameter, Shape } from './public-types.js';

/** One value that is of no use anywhere, for each kind. */
const OF_KIND: readonly (readonly [Kind, unknown])[] = [
  ['number', 17],
  ['string', 'nonsense'],
  ['boolean', true],
  ['bigint', 1n],
  ['symbol', Symbol('nonsense')],
  ['function', () => undefined],
  ['list', [Symbol('nonsense')]],
  ['bytes', Buffer.from('nonsense')],
  ['url', new URL('nonsense://nonsense')],
  ['object', new Map()],
  ['null', null],
];

/** Values of the right kind that are rarely meant. */
const ODD: Readonly<Partial<Record<Kind, readonly unknown[]>>> = {
  number: [0, -1, 0.5, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  string: ['', 'x'.repeat(100_000), 'a\r\nb\0'],
  list: [[]],
  bytes: [Buffer.alloc(0), Buffer.alloc(7, 0xff), Buffer.alloc(100_000)],
};

/** Texts that are rarely meant where an address is asked for. */
const ODD_ADDRESSES = [
  ...['http://', 'http://[::1', 'http:127.0.0.1', 'nonsense://127.0.0.1:9', 'http://127.0.0.1:99999'],
  ...['ws://127.0.0.1:9/#part', 'http://user:secret@127.0.0.1:9/', '//127.0.0.1:9', 'file:///etc/hostname'],
];

/** A value for a parameter, or for one of its options. */
export interface Tried {
  readonly value: unknown;
  /** Makes the whole argument, with a value in this place: the value itself, or the options that it is one of. */
  readonly argument: (value: unknown) => unknown;
  /** The names by which a refusal may call it. */
  readonly names: readonly string[];
  /** The names of the parameter and of the options that lead to it. */
  readonly place: string;
}

type Sense = (parameter: Parameter) => unknown;

/** Values that do not fit a parameter by what its type says; of its options, each in each wrong way. */
export function wrongValues(parameter: Parameter, sense: Sense): Tried[] {
  return within(parameter, sense, wrongFor);
}

/** Values of the right type that may be out of range. */
export function oddValues(parameter: Parameter, sense: Sense): Tried[] {
  return within(parameter, sense, ({ name, shape }) => [
    ...[...shape.kinds].flatMap((kind) => ODD[kind] ?? []),
    ...(shape.kinds.has('string') && /^(?:url|address)$/i.test(name) ? ODD_ADDRESSES : []),
  ]);
}

/** Tries the values of `of` in the place of a parameter and in those of its options. */
function within(
  parameter: Parameter,
  sense: Sense,
  of: (parameter: Parameter, sense: Sense) => readonly unknown[],
): Tried[] {
  const { name, shape } = parameter;
  const options = shape.options();
  const names = shape.kinds.has('object') ? [name, 'options'] : [name];
  const itself = (value: unknown) => value;
  const tried: Tried[] = of(parameter, sense).map((value) => ({
    value,
    argument: itself,
    names,
    place: name,
  }));
  if (options.length === 0) return tried;
  const needed = Object.fromEntries(
    options.filter(({ isNeeded }) => isNeeded).map((option) => [option.name, sense(option)]),
  );
  for (const option of options) {
    for (const { argument, place, ...inner } of within(option, sense, of)) {
      const whole = (given: unknown) => ({ ...needed, [option.name]: argument(given) });
      tried.push({ ...inner, argument: whole, place: `${name}.${place}` });
    }
  }
  if (of === wrongFor) {
    const whole = (nonsense: unknown) => ({ ...needed, nonsense });
    tried.push({ value: 1, argument: whole, names: ['nonsense'], place: `${name}.nonsense` });
  }
  return tried;
}

function wrongFor(parameter: Parameter, sense: Sense): unknown[] {
  const { shape, isNeeded } = parameter;
  const { kinds } = shape;
  if (kinds.size === 0 && shape.words.length === 0) return [];
  // What the types leave open is as the right value is.
  const right = sense(parameter);
  const isGeneric = shape.words.length === 0;
  const values = OF_KIND.filter(
    ([kind, value]) => !takes(kinds, kind) && !(isGeneric && sortOf(value) === sortOf(right)),
  ).map(([, value]) => value);
  if (isNeeded && !kinds.has('nothing')) values.push(undefined);
  if (kinds.has('number')) values.push(Number.NaN);
  if (kinds.has('list') && takesNoSymbol(shape)) values.push([Symbol('nonsense')]);
  return values;
}

/** True for a kind that is among others; bytes and addresses are objects as well. */
function takes(kinds: ReadonlySet<Kind>, kind: Kind): boolean {
  return kinds.has(kind) || ((kind === 'bytes' || kind === 'url') && kinds.has('object'));
}

function sortOf(value: unknown): string {
  if (value instanceof Uint8Array) return 'bytes';
  return value instanceof URL ? 'url' : typeof value;
}

function takesNoSymbol(shape: Shape): boolean {
  const each = shape.each();
  return each !== undefined && each.kinds.size > 0 && !each.kinds.has('symbol');
}
