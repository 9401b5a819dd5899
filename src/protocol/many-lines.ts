import { entryOf } from '../base/entry-of.js';
import { OBJECTS } from './catalogue/objects.js';
import type { PropertySpec } from './catalogue/spec.js';
import type { CommandMessage, EndpointMessage } from './message.js';

/** The text of a chat message, which may have several lines; undefined for any other message. */
export function textOfLines(message: CommandMessage | EndpointMessage): string | undefined {
  switch (message.kind) {
    case 'message':
    case 'chat-message':
      return message.text;
    case 'set':
    case 'property': {
      const { object, property, value } = message;
      return entryOf<PropertySpec>(OBJECTS[object].properties, property)?.multiline ? value : undefined;
    }
    default:
      return undefined;
  }
}
