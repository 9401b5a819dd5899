import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import { PARAMETERS } from '../../src/protocol/catalogue/parameters.js';
import type { EndpointMessage } from '../../src/protocol/message.js';
import { parseCommand } from '../../src/protocol/parse-command.js';
import { parseReply } from '../../src/protocol/parse-reply.js';
import { serialize } from '../../src/protocol/serialize.js';
import { canCallMove } from '../../src/protocol/status/call-status.js';
import { canVoicemailMove } from '../../src/protocol/status/voicemail-status.js';
import { decodeParameter, decodeProperty } from '../../src/protocol/values.js';

interface Line {
  readonly source: number;
  readonly from: 'client' | 'endpoint';
  readonly line: string;
  readonly misprint?: string;
  readonly template?: string;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/transcripts.json', import.meta.url), 'utf8')) as {
  misprints: { name: string; printed: string }[];
  lines: Line[];
};
const { lines } = fixture;
const endpointLines = lines.filter((line) => line.from === 'endpoint');

/** Lines that the reference shows to be wrong, by line, with the error that answers them. */
const WRONG_ON_PURPOSE = new Map([['#123 GET XZY', 7]]);

describe('the transcripts of the reference', () => {
  it('are complete', () => {
    expect(lines.length).toBe(1144);
    expect(new Set(lines.map((line) => line.misprint)).size - 1).toBe(fixture.misprints.length);
  });

  it('parse to typed messages and serialise back to themselves', () => {
    const failures = lines.flatMap(({ from, line, source }) => {
      const message = from === 'client' ? parseCommand(line) : parseReply(line);
      const wrong = WRONG_ON_PURPOSE.get(line);
      const typed =
        wrong === undefined ? message.kind !== 'unknown' : 'error' in message && message.error === wrong;
      // The reference's text has lost the blanks at the ends of its lines.
      const back = from === 'client' ? [line] : [line, `${line} `];
      return typed && back.includes(serialize(message))
        ? []
        : [{ source, line, message, back: serialize(message) }];
    });
    expect(failures).toEqual([]);
  });

  it('hold only properties, actions and parameters of the catalogue', () => {
    const missing = lines.flatMap(({ from, line }) => {
      const message = from === 'client' ? parseCommand(line) : parseReply(line);
      const inner = message.kind === 'echo' ? message.command : message;
      if (!('object' in inner)) return [];
      const spec: { properties: object; actions: object } = OBJECTS[inner.object];
      if ('property' in inner) return inner.property in spec.properties ? [] : [line];
      return !('action' in inner) || inner.action in spec.actions ? [] : [line];
    });
    expect(missing).toEqual([]);
  });

  it('hold values of the type that the catalogue gives', () => {
    const failures = endpointLines.flatMap(({ line }) => {
      const message = parseReply(line);
      try {
        decodeValue(message);
        return [];
      } catch (error) {
        return [{ line, error: String(error) }];
      }
    });
    expect(failures).toEqual([]);
  });

  it('hold only values that the catalogue lists', () => {
    const unlisted = endpointLines.flatMap(({ line }) => {
      const message = parseReply(line);
      const value = decodeValue(message);
      const words = listedWords(message);
      return words === undefined || words.includes(String(value)) ? [] : [line];
    });
    expect(unlisted).toEqual([]);
  });

  it.each([
    ['CALL', canCallMove],
    ['VOICEMAIL', canVoicemailMove],
  ])('follow the life cycle of %s', (object, canMove) => {
    const broken: string[] = [];
    const last = new Map<string, string>();
    let source = 0;
    for (const entry of endpointLines) {
      if (entry.source !== source) last.clear();
      source = entry.source;
      const message = parseReply(entry.line);
      if (message.kind !== 'property' || message.object !== object || message.property !== 'STATUS') continue;
      const before = last.get(String(message.id));
      if (before !== undefined && !canMove(before, message.value)) broken.push(`${before} -> ${entry.line}`);
      last.set(String(message.id), message.value);
    }
    expect(broken).toEqual([]);
  });
});

function decodeValue(message: EndpointMessage): unknown {
  if (message.kind === 'parameter') return decodeParameter(message.parameter, message.value);
  if (message.kind !== 'property') return undefined;
  return decodeProperty(message.object, message.property as never, message.value);
}

function listedWords(message: EndpointMessage): readonly string[] | undefined {
  const spec =
    message.kind === 'parameter'
      ? PARAMETERS[message.parameter]
      : message.kind === 'property'
        ? (OBJECTS[message.object].properties as Record<string, object>)[message.property]
        : undefined;
  const { type, values } = (spec ?? {}) as { type?: string; values?: readonly string[] };
  return type === 'enum' ? values : undefined;
}
