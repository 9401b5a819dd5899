import { checkArgument, words } from '../../base/check.js';
import { ERROR_REASONS, ERROR_TEXTS, type ErrorNumber } from '../catalogue/error-codes.js';
import { OBJECTS } from '../catalogue/objects.js';
import { SEARCHES } from '../catalogue/searches.js';
import { ECHO, VERBS, type VerbSpec } from '../catalogue/verbs.js';
import { errorsOf, VERB_OF } from '../command-errors.js';
import type { CommandMessage, EndpointMessage, ObjectName } from '../message.js';
import { parseCommand } from '../parse-command.js';
import { parseReply } from '../parse-reply.js';
import { hasLineBreak, lineBreakError, serialize } from '../serialize.js';
import { type Correction, correct } from './correct.js';
import { actionSpec, type ExplainedPart, explainParts } from './explain-parts.js';
import { suggest } from './suggest.js';

/** Explanation of one line of the protocol. */
export interface Explanation {
  readonly from: 'client' | 'endpoint';
  readonly message: CommandMessage | EndpointMessage;
  readonly parts: readonly ExplainedPart[];
  /** Answers to the command when it succeeds. */
  readonly replies: readonly string[];
  /** Errors that the command can fail with. */
  readonly errors: readonly { readonly number: number; readonly text: string; readonly reason?: string }[];
  /** Words that are not in the catalogue, each with its probable correction. */
  readonly corrections: readonly Correction[];
  /** The corrected line, when there are corrections. */
  readonly correctedLine?: string;
}

/**
 * Explains each part of a line, its possible answers and its possible errors.
 *
 * @param line a command or a reply; `->` or `<-` in front marks it as one or the other. Without a mark, a line that
 * reads as a property, parameter or list of the catalogue is taken as a reply, any other as a command.
 * @throws ERR_LINE_BREAK when there is more than one line.
 */
export function explain(line: string): Explanation {
  checkArgument('line', line, words);
  if (hasLineBreak(line)) throw lineBreakError('line');
  const { from, text } = directionOf(line);
  const message = from === 'client' ? parseCommand(text) : parseReply(text);
  const { line: correctedLine, corrections } = correct(text, from);
  const command = from === 'client' ? (message as CommandMessage) : undefined;
  return {
    from,
    message,
    parts: explainParts(message),
    replies: command ? repliesTo(command) : [],
    errors: command ? errorsOf(command).map(explainError) : [],
    corrections,
    ...(corrections.length > 0 && { correctedLine }),
  };
}

function explainError(number: ErrorNumber): Explanation['errors'][number] {
  const reason = ERROR_REASONS[number];
  return { number, text: ERROR_TEXTS[number], ...(reason !== undefined && { reason }) };
}

function directionOf(line: string): { from: 'client' | 'endpoint'; text: string } {
  const text = line.trim();
  if (text.startsWith('->')) return { from: 'client', text: text.slice(2).trim() };
  if (text.startsWith('<-')) return { from: 'endpoint', text: text.slice(2).trim() };
  const reply = parseReply(text);
  const listed =
    reply.kind === 'property'
      ? isListed(reply.object, reply.property)
      : !['unknown', 'echo', 'protocol'].includes(reply.kind);
  return { from: listed ? 'endpoint' : 'client', text };
}

/** True when the catalogue lists the property, or one whose misspelling it may be. */
function isListed(object: ObjectName, property: string): boolean {
  const { properties } = OBJECTS[object];
  return Object.hasOwn(properties, property) || suggest(property, Object.keys(properties)) !== undefined;
}

function repliesTo(command: CommandMessage): string[] {
  switch (command.kind) {
    case 'unknown':
      return [];
    case 'get':
      return [`${reference(command)} ${command.property} <value>`];
    case 'set':
      return [`${reference(command)} ${command.property} ${command.value}`.trimEnd()];
    case 'get-parameter':
      return [`${command.parameter} <value>`];
    case 'set-parameter':
      return [`${command.parameter} ${command.value}`.trimEnd()];
    case 'search':
      return [`${SEARCHES[command.what].list} [<id>[, <id>]*]`];
    case 'alter':
      return [actionSpec(command.object, command.action)?.reply ?? echoOf(command)];
    default: {
      const { forms }: VerbSpec = VERBS[VERB_OF[command.kind]];
      return [
        ...new Set(
          forms
            .filter((form) => fits(form.syntax, command))
            .map(({ reply }) => (reply === ECHO ? echoOf(command) : reply)),
        ),
      ];
    }
  }
}

/** True when a form of CREATE or DELETE is for the command's object. Other verbs reply the same for all objects. */
function fits(syntax: string, command: CommandMessage): boolean {
  return !('object' in command) || syntax.includes(` ${command.object} `);
}

function echoOf(command: CommandMessage): string {
  return serialize({ ...command, commandId: undefined });
}

function reference({ object, id }: { object: string; id: string | number | undefined }): string {
  return id === undefined ? object : `${object} ${id}`;
}
