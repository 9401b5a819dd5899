import { OBJECTS } from '../catalogue/objects.js';
import { PARAMETERS } from '../catalogue/parameters.js';
import { LISTS, SEARCHES } from '../catalogue/searches.js';
import type { ObjectSpec, PropertySpec } from '../catalogue/spec.js';
import { Keywords } from '../keywords.js';
import type { ListName, ObjectName, ParameterName } from '../message.js';
import type { Scanner } from '../scanner.js';

/** One object as the parser needs it. */
export interface ObjectEntry {
  readonly name: ObjectName;
  readonly spec: ObjectSpec;
  readonly properties: Keywords;
  readonly actions: Keywords;
  /** Properties whose value is not free text. Blanks around the value are not part of it. */
  readonly trimmed: ReadonlySet<string>;
  /** Actions whose argument is free text, kept byte for byte. */
  readonly wordy: ReadonlySet<string>;
}

const ENTRIES: ReadonlyMap<string, ObjectEntry> = new Map(
  Object.entries<ObjectSpec>(OBJECTS).map(([name, spec]) => [
    name,
    {
      name: name as ObjectName,
      spec,
      properties: new Keywords(Object.keys(spec.properties)),
      actions: new Keywords(Object.keys(spec.actions)),
      trimmed: namesWhere(spec.properties, ({ type }) => type !== 'text'),
      wordy: namesWhere(spec.actions, ({ argument }) => argument === 'text'),
    },
  ]),
);

export const OBJECT_WORDS = new Keywords(Object.keys(OBJECTS));
export const SEARCH_WORDS = new Keywords(Object.keys(SEARCHES));
export const GET_SET_WORDS = new Keywords([...Object.keys(OBJECTS), ...Object.keys(PARAMETERS)]);

/** Finds an object by its name in the catalogue's spelling. */
export function objectEntry(name: string): ObjectEntry | undefined {
  return ENTRIES.get(name);
}

const TRIMMED_PARAMETERS = namesWhere<PropertySpec>(PARAMETERS, ({ type }) => type !== 'text');

/** Reads the value of a parameter. It is trimmed, unless it is free text. */
export function parameterValue(name: ParameterName, s: Scanner): string {
  return TRIMMED_PARAMETERS.has(name) ? s.rest() : s.text();
}

/**
 * Reads the value of a property. It is trimmed, unless it is free text. A property that is not listed holds free text.
 */
export function propertyValue(entry: ObjectEntry, property: string, s: Scanner): string {
  return entry.trimmed.has(property) ? s.rest() : s.text();
}

const LIST_OBJECTS: ReadonlyMap<string, ObjectName> = new Map(Object.entries(LISTS));

/** True when the ids of `list` are numbers. */
export function isNumericList(list: ListName): boolean {
  const object = LIST_OBJECTS.get(list);
  return object !== undefined && OBJECTS[object].id === 'number';
}

function namesWhere<S>(table: Readonly<Record<string, S>>, test: (spec: S) => boolean): ReadonlySet<string> {
  return new Set(Object.entries(table).flatMap(([name, spec]) => (test(spec) ? [name] : [])));
}
