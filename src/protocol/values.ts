import { checkArgument, oneOf, words } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import { OBJECTS } from './catalogue/objects.js';
import { PARAMETERS } from './catalogue/parameters.js';
import type { PropertySpec } from './catalogue/spec.js';
import type { ValueType, ValueTypes } from './catalogue/value-type.js';
import type { ObjectName, OtherWord, ParameterName, PropertyName } from './message.js';
import { hasLineBreak, lineBreakError } from './serialize.js';
import { CODECS } from './value-codecs.js';

/** The TypeScript type of a catalogue entry's value. A word that an enumeration does not list is kept. */
export type ValueOf<S> = S extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
  ? V | OtherWord
  : S extends { readonly type: infer T extends ValueType }
    ? ValueTypes[T]
    : never;

/** `PropertyValue<'CALL', 'DURATION'>` is a number, `PropertyValue<'CALL', 'STATUS'>` a status word. */
export type PropertyValue<O extends ObjectName, P extends PropertyName<O>> = ValueOf<
  (typeof OBJECTS)[O]['properties'][P]
>;

/** `ParameterValue<'MUTE'>` is a boolean. */
export type ParameterValue<P extends ParameterName> = ValueOf<(typeof PARAMETERS)[P]>;

/**
 * Decodes the text of a property on the wire.
 *
 * @throws ERR_SYNTAX when the text is not of the property's type.
 */
export function decodeProperty<O extends ObjectName, P extends PropertyName<O>>(
  object: O,
  property: P,
  text: string,
): PropertyValue<O, P> {
  const spec = propertySpec(object, property);
  return decode(`${object} ${property}`, spec, text) as PropertyValue<O, P>;
}

/**
 * Encodes a property's value as its text on the wire.
 *
 * @throws ERR_INVALID_ARG when the value cannot be written on the wire; ERR_LINE_BREAK for CR, LF or NUL. In the text
 * of a message only NUL is refused.
 */
export function encodeProperty<O extends ObjectName, P extends PropertyName<O>>(
  object: O,
  property: P,
  value: PropertyValue<O, P>,
): string {
  return encode(property, propertySpec(object, property), value);
}

/** Decodes the text of a general parameter. @throws ERR_SYNTAX as {@link decodeProperty}. */
export function decodeParameter<P extends ParameterName>(parameter: P, text: string): ParameterValue<P> {
  return decode(parameter, parameterSpec(parameter), text) as ParameterValue<P>;
}

/** Encodes a general parameter's value. @throws ERR_INVALID_ARG, ERR_LINE_BREAK as {@link encodeProperty}. */
export function encodeParameter<P extends ParameterName>(parameter: P, value: ParameterValue<P>): string {
  return encode(parameter, parameterSpec(parameter), value);
}

const OBJECT = oneOf(...Object.keys(OBJECTS));
const PARAMETER = oneOf(...Object.keys(PARAMETERS));

function parameterSpec(parameter: ParameterName): PropertySpec {
  checkArgument('parameter', parameter, PARAMETER);
  return PARAMETERS[parameter];
}

function propertySpec<O extends ObjectName>(object: O, property: PropertyName<O>): PropertySpec {
  checkArgument('object', object, OBJECT);
  checkArgument('property', property, words);
  return entryOf<PropertySpec>(OBJECTS[object].properties, property) ?? { type: 'text', note: '' };
}

function decode(name: string, spec: PropertySpec, text: string): unknown {
  checkArgument('text', text, words);
  const value = CODECS[spec.type].decode(text);
  if (value === undefined && !MAY_BE_NOTHING.has(spec.type)) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${name} must be ${CODECS[spec.type].syntax}; got ${shown(text)}.`,
    );
  }
  return spec.type === 'enum' ? inCatalogueCase(value, spec.values) : value;
}

/** The beginning of a text, for error messages. */
function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

const SHOWN = 80;

/** Types whose value can be `undefined`: no value, or no date. */
const MAY_BE_NOTHING: ReadonlySet<ValueType> = new Set<ValueType>(['none', 'date']);

function inCatalogueCase(word: unknown, words: readonly string[] = []): unknown {
  return words.find((known) => known.toUpperCase() === String(word).toUpperCase()) ?? word;
}

function encode(name: string, spec: PropertySpec, value: unknown): string {
  const text: unknown = CODECS[spec.type].encode(value as never, name);
  if (typeof text !== 'string') throw invalidArgument(name, CODECS[spec.type].syntax, value);
  if (hasLineBreak(text, spec.multiline)) throw lineBreakError(name, spec.multiline);
  return text;
}
