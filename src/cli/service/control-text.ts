import { entryOf } from '../../base/entry-of.js';
import { textTable } from '../text-table.js';

/**
 * Formats the answer of a service. A list becomes a table with a head. An object becomes one line per field, followed
 * by its lists as tables. Undefined fields are left out.
 */
export function controlText(result: unknown): string[] {
  if (Array.isArray(result)) return result.length > 0 ? listLines(result) : ['none'];
  if (!isObject(result)) return [cell(result)];
  const fields = Object.entries(result).filter(([, value]) => value !== undefined);
  if (fields.length === 0) return ['done'];
  const lists = fields.filter((field): field is [string, unknown[]] => isTable(field[1]));
  const plain = fields.filter(([, value]) => !isTable(value));
  return [
    ...textTable(plain.map(([name, value]) => [name, cell(value)])),
    ...lists.flatMap(([name, list]) => ['', name, ...listLines(list).map((line) => `  ${line}`)]),
  ];
}

function listLines(list: readonly unknown[]): string[] {
  if (!list.every(isObject)) return list.map(cell);
  const names = [...new Set(list.flatMap(Object.keys))];
  return textTable([names, ...list.map((row) => names.map((name) => cell(entryOf(row, name))))]);
}

/** Formats a value: `up=true calls=2` for an object, items with spaces between them for a list. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (Array.isArray(value)) return value.map(cell).join(' ') || '-';
  if (isObject(value)) {
    const words = Object.entries(value).map(([name, inner]) => `${name}=${cell(inner)}`);
    return words.join(' ') || '-';
  }
  return String(value) || '-';
}

function isTable(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
