import { invalidArgument } from '../base/errors.js';
import { cutToBytes, MAX_NAME_BYTES, safeName, withoutUnsafe } from './safe-name.js';

const FIELD = /\{(\w*)\}/g;
const MAX_TEMPLATE = 500;
const MAX_PARTS = 12;

/**
 * Checks a path template: a relative path with `{field}`s in it, such as `{date}/{partner}`.
 *
 * @param name Name of the option, for the error.
 * @param fields Names of the fields that it may use.
 * @throws ERR_INVALID_ARG for an unknown field, an empty part, or one that leads out of the folder.
 */
export function checkPathTemplate(name: string, template: unknown, fields: readonly string[]): string {
  if (typeof template !== 'string' || template === '' || template.length > MAX_TEMPLATE) {
    throw invalidArgument(name, `1 to ${MAX_TEMPLATE} characters`, template);
  }
  for (const [, field = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (!fields.includes(field)) {
      throw invalidArgument(name, `made of the fields {${fields.join('}, {')}}`, `{${field}}`);
    }
  }
  const parts = template.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw invalidArgument(name, 'a relative path without empty parts, . or ..', template);
  }
  if (parts.length > MAX_PARTS) throw invalidArgument(name, `a path of at most ${MAX_PARTS} parts`, template);
  return template;
}

/**
 * Fills a template. Each value stays within its part, whatever it holds: a part with a field in it becomes one safe
 * name. A part without fields stays as its author wrote it.
 *
 * @param textOf Returns the value of a field. When a part gets too long, its longest values are cut.
 */
export function fillPath(template: string, textOf: (field: string) => string): string {
  return template
    .split('/')
    .map((part) => fillPart(part, textOf))
    .join('/');
}

function fillPart(part: string, textOf: (field: string) => string): string {
  const values = new Map<string, string>();
  for (const [, field = ''] of part.matchAll(FIELD)) values.set(field, withoutUnsafe(textOf(field)));
  if (values.size === 0) return part;
  const filled = (limit: number) =>
    part.replaceAll(FIELD, (_, field: string) => cutToBytes(values.get(field) ?? '', limit));
  let limit = MAX_NAME_BYTES;
  while (limit > 1 && Buffer.byteLength(filled(limit)) > MAX_NAME_BYTES) limit--;
  return safeName(filled(limit));
}
