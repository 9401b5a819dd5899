import { checkArgument, object, words } from '../base/check.js';
import { errorText } from './api-error.js';
import { type ErrorNumber, SPOKEN_ERROR_TEXTS } from './catalogue/error-codes.js';
import type { LISTS } from './catalogue/searches.js';
import type {
  CommandMessage,
  EchoReply,
  ErrorReply,
  ListName,
  ListReplyOf,
  ObjectId,
  ObjectName,
  ParameterName,
  ParameterReply,
  PlainReply,
  PropertyName,
  PropertyReplyOf,
  ProtocolMessage,
} from './message.js';

/** Builders of replies and notifications. {@link serialize} checks their text. */
export const replies = {
  ok: (): PlainReply => ({ kind: 'ok' }),
  pong: (): PlainReply => ({ kind: 'pong' }),
  protocol: (version: number): ProtocolMessage => ({ kind: 'protocol', version }),

  /** Makes `ERROR <number> <text>`. Default text: the one that clients know, which is empty for 68. */
  error(number: ErrorNumber, text = SPOKEN_ERROR_TEXTS[number] ?? errorText(number) ?? ''): ErrorReply {
    return { kind: 'error', number, text };
  },

  /** @param id `undefined` for PROFILE, which has none. */
  property<O extends ObjectName>(
    object: O,
    id: ObjectId<O>,
    property: PropertyName<O>,
    value: string,
  ): PropertyReplyOf<O> {
    return { kind: 'property', object, id, property, value };
  },

  parameter: (parameter: ParameterName, value: string): ParameterReply => ({
    kind: 'parameter',
    parameter,
    value,
  }),

  list: <L extends ListName>(list: L, ids: readonly ObjectId<(typeof LISTS)[L]>[]): ListReplyOf<L> => ({
    kind: 'list',
    list,
    ids,
  }),

  /** Repeats the command, with its identifier and in its own spelling. */
  echo(command: CommandMessage): EchoReply {
    checkArgument('command', command, object);
    return { kind: 'echo', command, commandId: command.commandId };
  },
} as const;

/** Gives a message the identifier of the command that it answers, if the command has one. */
export function answering<M extends { readonly commandId?: string | undefined }>(
  command: { readonly commandId?: string | undefined },
  message: M,
): M {
  checkArgument('command', command, object);
  if (command.commandId !== undefined) checkArgument('commandId', command.commandId, words);
  checkArgument('message', message, object);
  if (message.commandId !== undefined) checkArgument('commandId', message.commandId, words);
  return command.commandId === undefined ? message : { ...message, commandId: command.commandId };
}
