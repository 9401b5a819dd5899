import { checkArgument, listOf, object, words } from '../base/check.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import type { StreamTarget } from './catalogue/value-type.js';
import { parseInteger } from './scanner.js';
import { hasLineBreak, lineBreakError } from './serialize.js';

export type { StreamTarget };

const BLANK = 0x20;
const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * Reads the value of INPUT, OUTPUT and CAPTURE_MIC, and the argument of the `SET_` actions. It accepts every spelling
 * that clients use: items separated by commas, blanks or both; keys in any case; values with or without quotes. An item
 * with an empty value (`FILE=""`) is ignored. Such an item alone, an empty list and an empty text all give `[]`: the
 * redirection is removed. Backslashes have no special meaning.
 *
 * @throws ERR_SYNTAX for an unknown key, a missing `=` or closing quote, a port outside 1 to 65535.
 */
export function parseStreamTargets(text: string): StreamTarget[] {
  checkArgument('text', text, words);
  const targets: StreamTarget[] = [];
  let at = skipSeparators(text, 0);
  while (at < text.length) {
    const equals = text.indexOf('=', at);
    if (equals < 0) throw syntaxError(text, `"=" after ${JSON.stringify(text.slice(at))}`);
    const key = text.slice(at, equals).trim();
    const quoted = text.charCodeAt(equals + 1) === QUOTE;
    const start = quoted ? equals + 2 : equals + 1;
    const end = quoted ? text.indexOf('"', start) : endOfWord(text, start);
    if (end < 0) throw syntaxError(text, 'a closing quotation mark');
    const target = streamTarget(key, text.slice(start, end), text);
    if (target) targets.push(target);
    at = skipSeparators(text, quoted ? end + 1 : end);
  }
  return targets;
}

/**
 * Writes a list of targets as clients and endpoints do: `SOUNDCARD="default", PORT="5001"`. Empty for an empty list.
 *
 * @throws ERR_INVALID_ARG for a port outside 1 to 65535, an empty path, or a quotation mark in a path or device.
 * @throws ERR_LINE_BREAK when a path or device holds CR, LF or NUL.
 */
export function formatStreamTargets(targets: readonly StreamTarget[]): string {
  checkArgument('targets', targets, TARGETS);
  return targets.map(formatStreamTarget).join(', ');
}

const TARGETS = listOf(object);

function streamTarget(key: string, value: string, text: string): StreamTarget | undefined {
  const name = key.toUpperCase();
  if (name !== 'SOUNDCARD' && name !== 'PORT' && name !== 'FILE') {
    throw syntaxError(text, `SOUNDCARD, PORT or FILE where ${JSON.stringify(key)} is`);
  }
  if (value === '') return undefined;
  if (name === 'SOUNDCARD') return { kind: 'soundcard', device: value };
  if (name === 'FILE') return { kind: 'file', path: value };
  const port = parseInteger(value);
  if (!isPort(port)) throw syntaxError(text, `a port from 1 to 65535 where ${JSON.stringify(value)} is`);
  return { kind: 'port', port };
}

function formatStreamTarget(target: StreamTarget): string {
  switch (target.kind) {
    case 'soundcard':
      return `SOUNDCARD="${quotable('device', target.device)}"`;
    case 'port':
      if (!isPort(target.port)) throw invalidArgument('port', 'an integer from 1 to 65535', target.port);
      return `PORT="${target.port}"`;
    case 'file':
      return `FILE="${quotable('path', target.path)}"`;
    default:
      target satisfies never;
      throw invalidArgument('targets', 'of the kinds soundcard, port and file', target);
  }
}

function quotable(field: string, value: string): string {
  checkArgument(field, value, words);
  if (hasLineBreak(value)) throw lineBreakError(field);
  if (value === '' || value.includes('"')) {
    throw invalidArgument(
      field,
      'not empty and free of quotation marks, which the protocol cannot express',
      value,
    );
  }
  return value;
}

function isPort(port: number | undefined): port is number {
  return port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function skipSeparators(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === COMMA) at++;
  return at;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== BLANK && text.charCodeAt(at) !== COMMA) at++;
  return at;
}

function syntaxError(text: string, expected: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `Stream targets need ${expected}; got ${JSON.stringify(text)}.`);
}
