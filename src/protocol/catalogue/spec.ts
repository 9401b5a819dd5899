import type { ErrorNumber } from './error-codes.js';

/**
 * How a value is spelt on the wire, and so what it decodes to. The catalogue gives each property, parameter and
 * argument one of these; `values.ts` holds the code for each.
 */
export interface ValueTypes {
  /** Anything to the end of the line, kept byte for byte. */
  text: string;
  /** One word: a handle, a phone number, a currency, a file name without blanks. */
  word: string;
  /** A decimal integer. */
  int: number;
  /** Unix time in seconds, 0 for never. */
  timestamp: number;
  /** A duration in whole seconds. */
  seconds: number;
  /** `TRUE` or `FALSE`, in any case. */
  bool: boolean;
  /** `ON` or `OFF`, in any case. */
  onoff: boolean;
  /** One of the listed words; a word that is not listed is kept. */
  enum: string;
  /** Words separated by commas, blanks or both. */
  words: readonly string[];
  /** Numeric ids separated by commas. */
  ids: readonly number[];
  /** Stream targets: see `parseStreamTargets`. */
  streams: readonly StreamTarget[];
}

export type ValueType = keyof ValueTypes;

/** One end of a voice stream (reference, "Voice Streams"). */
export type StreamTarget =
  | { readonly kind: 'soundcard'; readonly device: string }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'file'; readonly path: string };

/** What the catalogue says of one property. */
export interface PropertySpec {
  readonly type: ValueType;
  /** The words of an `enum`. */
  readonly values?: readonly string[];
}

/** What the catalogue says of one object. */
export interface ObjectSpec {
  /** What a malformed command about the object is answered with. */
  readonly errors: ObjectErrors;
  /** How the object is named on the wire: by a number, by a word, or not at all. */
  readonly id: 'number' | 'string' | 'none';
  readonly properties: Readonly<Record<string, PropertySpec>>;
  /** What `ALTER` can do with it. */
  readonly actions: Readonly<Record<string, { readonly argument?: ValueType }>>;
}

/** The errors for a bad id, and for a missing property or action, by the command that had it. */
export interface ObjectErrors {
  readonly get: readonly [id: ErrorNumber, property: ErrorNumber];
  readonly set: readonly [id: ErrorNumber, property: ErrorNumber];
  readonly alter: readonly [id: ErrorNumber, action: ErrorNumber];
}
