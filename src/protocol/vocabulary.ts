import { OBJECTS } from './catalogue/objects.js';
import { PARAMETERS } from './catalogue/parameters.js';
import { LISTS, SEARCHES } from './catalogue/searches.js';
import type { ObjectSpec, PropertySpec } from './catalogue/spec.js';
import { Keywords } from './keywords.js';
import type { ListName, ObjectName, ParameterName } from './message.js';

/** One object as the parser needs it. */
export interface ObjectEntry {
  readonly name: ObjectName;
  readonly spec: ObjectSpec;
  readonly properties: Keywords;
  readonly actions: Keywords;
}

const ENTRIES: ReadonlyMap<string, ObjectEntry> = new Map(
  Object.entries<ObjectSpec>(OBJECTS).map(([name, spec]) => [
    name,
    {
      name: name as ObjectName,
      spec,
      properties: new Keywords(Object.keys(spec.properties)),
      actions: new Keywords(Object.keys(spec.actions)),
    },
  ]),
);

export const OBJECT_WORDS = new Keywords(Object.keys(OBJECTS));
export const PARAMETER_WORDS = new Keywords(Object.keys(PARAMETERS));
export const LIST_WORDS = new Keywords(Object.keys(LISTS));
export const SEARCH_WORDS = new Keywords(Object.keys(SEARCHES));
export const GET_SET_WORDS = new Keywords([...Object.keys(OBJECTS), ...Object.keys(PARAMETERS)]);

/** The object of that name, in the catalogue's spelling. */
export function objectEntry(name: string): ObjectEntry | undefined {
  return ENTRIES.get(name);
}

/** Whether the value of `property` is free text, kept byte for byte; so is that of an unknown property. */
export function isFreeText(spec: PropertySpec | undefined): boolean {
  return spec === undefined || spec.type === 'text';
}

const PARAMETER_SPECS: ReadonlyMap<string, PropertySpec> = new Map(Object.entries<PropertySpec>(PARAMETERS));

export function parameterSpec(name: ParameterName): PropertySpec | undefined {
  return PARAMETER_SPECS.get(name);
}

const LIST_OBJECTS: ReadonlyMap<string, ObjectName> = new Map(Object.entries(LISTS));

/** Whether the ids of `list` are numbers. */
export function isNumericList(list: ListName): boolean {
  const object = LIST_OBJECTS.get(list);
  return object !== undefined && OBJECTS[object].id === 'number';
}
