import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { serialize } from '../../protocol/serialize.js';

/** Makes the error for an answer that does not fit its command. */
export function unexpectedAnswer(command: string, reply: EndpointMessage): JackfieldError {
  return new JackfieldError(
    'ERR_UNEXPECTED_REPLY',
    printable(`${command} was answered with ${serialize(reply, { multiline: true })}.`),
  );
}
