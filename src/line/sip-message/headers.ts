/** Full names of the compact forms (RFC 3261, section 7.3.3, and the IANA registry). */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

/** Names that have their usual spelling. */
const KNOWN = [
  'Via From To Call-ID CSeq Contact Max-Forwards Content-Type Content-Length Route Record-Route Allow Supported',
  'Require Expires User-Agent Server WWW-Authenticate Proxy-Authenticate Authorization Proxy-Authorization RSeq RAck',
  'Session-Expires Min-SE Min-Expires Retry-After Refer-To Referred-By Replaces Event Subscription-State Diversion',
  'History-Info P-Asserted-Identity P-Preferred-Identity Remote-Party-ID Privacy Reason Subject Date Accept',
  'MIME-Version Content-Disposition Content-Encoding Unsupported Allow-Events Warning Call-Info Organization',
  'Proxy-Require Accept-Encoding Accept-Language Content-Language Content-Id Timestamp Priority In-Reply-To',
]
  .join(' ')
  .split(' ');

/** Names of known headers, in their usual spelling. */
export const KNOWN_HEADERS: readonly string[] = [...new Set([...KNOWN, ...Object.values(COMPACT)])];

/** Usual spelling of each name, by that spelling, its lower-case form and its compact form. */
const SPELT = new Map<string, string>([
  ...Object.entries(COMPACT),
  ...Object.values(COMPACT).map((name) => [name.toLowerCase(), name] as const),
  ...KNOWN.flatMap((name) => [[name, name] as const, [name.toLowerCase(), name] as const]),
]);

/** Returns the normalised name of a header: `call-id`, `CALL-ID` and `i` are all `Call-ID`. */
export function headerName(written: string): string {
  return SPELT.get(written) ?? SPELT.get(written.toLowerCase()) ?? written.toLowerCase();
}

/** Header field: its name as {@link headerName} returns it, and its value. */
export type SipHeader = readonly [name: string, value: string];

/** Header fields of a message in their order. Names are matched without regard to case or short form. */
export class SipHeaders {
  #fields: SipHeader[];
  /** Cached results of readers for the current fields. */
  #read: Map<(headers: SipHeaders) => unknown, unknown> | undefined;

  constructor(fields: readonly (readonly [name: string, value: string])[] = []) {
    this.#fields = fields.map(([name, value]) => [headerName(name), value] as const);
  }

  /** Makes headers from fields with normalised names. */
  static of(fields: SipHeader[]): SipHeaders {
    const headers = new SipHeaders();
    headers.#fields = fields;
    return headers;
  }

  /** Returns the value of the first field with that name. */
  get(name: string): string | undefined {
    for (const [each, value] of this.#fields) if (each === name) return value;
    const kept = headerName(name);
    return kept === name ? undefined : this.get(kept);
  }

  /** Returns the result of `reader`, cached until the headers change. */
  read<T>(reader: (headers: SipHeaders) => T): T {
    this.#read ??= new Map();
    if (!this.#read.has(reader)) this.#read.set(reader, reader(this));
    return this.#read.get(reader) as T;
  }

  /** Returns the values of all fields with that name, as they were written. */
  lines(name: string): string[] {
    const kept = headerName(name);
    const values: string[] = [];
    for (const [each, value] of this.#fields) if (each === kept) values.push(value);
    return values;
  }

  /** Returns the number of fields with that name. */
  count(name: string): number {
    const kept = headerName(name);
    let count = 0;
    for (const [each] of this.#fields) if (each === kept) count++;
    return count;
  }

  /** Returns the values of all fields with that name. Lists are split. */
  list(name: string): string[] {
    return this.lines(name).flatMap(splitHeaderList);
  }

  /** Returns true when a list contains a token, such as `100rel` in `Supported`. */
  has(name: string, token: string): boolean {
    const wanted = token.toLowerCase();
    return this.list(name).some((each) => each.toLowerCase() === wanted);
  }

  /** Replaces all fields with that name by one. */
  set(name: string, value: string | number): this {
    const kept = headerName(name);
    const index = this.#fields.findIndex(([each]) => each === kept);
    if (index < 0) return this.add(kept, value);
    this.#read = undefined;
    this.#fields = this.#fields.filter(([each], at) => each !== kept || at === index);
    this.#fields[index] = [kept, String(value)];
    return this;
  }

  add(name: string, ...values: readonly (string | number)[]): this {
    this.#read = undefined;
    for (const value of values) this.#fields.push([headerName(name), String(value)]);
    return this;
  }

  /** Puts a field before all others. */
  prepend(name: string, value: string): this {
    this.#read = undefined;
    this.#fields.unshift([headerName(name), value]);
    return this;
  }

  /** Puts fields of the same name in the place of the first one. */
  replaceFirst(name: string, ...values: readonly string[]): this {
    this.#read = undefined;
    const kept = headerName(name);
    const index = this.#fields.findIndex(([each]) => each === kept);
    if (index >= 0) this.#fields.splice(index, 1, ...values.map((value) => [kept, value] as const));
    return this;
  }

  delete(name: string): this {
    this.#read = undefined;
    const kept = headerName(name);
    this.#fields = this.#fields.filter(([each]) => each !== kept);
    return this;
  }

  copy(): SipHeaders {
    return SipHeaders.of([...this.#fields]);
  }

  [Symbol.iterator](): Iterator<SipHeader> {
    return this.#fields[Symbol.iterator]();
  }
}

/** Splits a list at its commas, except those in quotation marks and angle brackets. */
export function splitHeaderList(value: string): string[] {
  if (!value.includes(',')) return value === '' ? [] : [value.trim()];
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  let isBracketed = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (isQuoted) {
      if (char === '\\') at++;
      else if (char === '"') isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === '<') isBracketed = true;
    else if (char === '>') isBracketed = false;
    else if (char === ',' && !isBracketed) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts.filter((part) => part !== '');
}
