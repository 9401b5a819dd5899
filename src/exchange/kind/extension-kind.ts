import { invalidArgument } from '../../base/errors.js';
import type { PropertyName } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { decodeProperty } from '../../protocol/values.js';
import { errorReply, Refusal, taking } from '../api/refusal.js';
import { ApiObject, type ObjectRecord } from '../object/api-object.js';
import { type AnyKind, kindOf, type ObjectKind, type Setter } from '../object/object-kind.js';
import { ObjectStore } from '../object/object-store.js';
import { checkText } from '../wire-value.js';

type ExtensionName = 'MENU_ITEM' | 'EVENT';

/** Most menu items, and most events, of one client; the oldest go first. */
const LIMIT = 1000;

/** Longest caption of a menu item (reference, "Custom Menu Items"), in characters, without its quotes. */
const CAPTION_LENGTH = 32;

/** Parameters of CREATE, each a word or a quoted text. */
const PARAMETERS: Readonly<Record<ExtensionName, readonly string[]>> = {
  MENU_ITEM: [
    'CONTEXT',
    'CAPTION',
    'HINT',
    'ICON',
    'ENABLED',
    'ENABLE_MULTIPLE_CONTACTS',
    'CONTACT_TYPE_FILTER',
  ],
  EVENT: ['CAPTION', 'HINT'],
};

/** The MENU_ITEM object (reference, "Custom Menu Items"). */
export function menuItemKind(): AnyKind {
  return kindOf<'MENU_ITEM', ApiObject<'MENU_ITEM'>>({
    ...extension('MENU_ITEM'),
    set: { CAPTION: setting('CAPTION'), HINT: setting('HINT'), ENABLED: setting('ENABLED') },
  });
}

/** The EVENT object (reference, "Skype Alert Events"). */
export function eventKind(): AnyKind {
  return kindOf<'EVENT', ApiObject<'EVENT'>>(extension('EVENT'));
}

/** An object that a client adds to the window: its own alone, and gone when the client goes. */
function extension<O extends ExtensionName>(object: O): ObjectKind<O, ApiObject<O>> {
  const objects = new ObjectStore<ExtensionName, ApiObject<ExtensionName>>({ limit: LIMIT });
  return {
    object,
    find: ({ client }, id) => objects.of(client, id) as ApiObject<O> | undefined,
    create({ client }, argument) {
      const [id = ''] = argument.split(' ', 1);
      if (!/^[a-z]/i.test(id)) {
        throw new Refusal(errorReply('create-object', `CREATE ${object}: the id must begin with a letter`));
      }
      taking('create-object', () => checkText('id', id));
      const parameters = parametersOf(object, argument.slice(id.length));
      objects.add(new ApiObject<ExtensionName>(object, id, client, parameters));
      return replies.property<ExtensionName>(object, id, 'CREATED', '');
    },
    delete({ client }, id) {
      const found = objects.of(client, id);
      if (found) objects.remove(found);
    },
    leave: (client) => objects.leave(client),
  };
}

function setting(
  property: PropertyName<'MENU_ITEM'> & ('CAPTION' | 'HINT' | 'ENABLED'),
): Setter<ApiObject<'MENU_ITEM'>> {
  return (_asking, item, value) => {
    decodeProperty('MENU_ITEM', property, checkValue('MENU_ITEM', property, value));
    item.put(property, value);
    return value;
  };
}

/** Checks the value of a parameter or property, quoted or not. @returns the value. @throws ERR_INVALID_ARG, ERR_LINE_BREAK */
function checkValue(object: ExtensionName, name: string, value: string): string {
  const text = value.replace(/^"(.*)"$/, '$1');
  if (object === 'MENU_ITEM' && name === 'CAPTION' && [...text].length > CAPTION_LENGTH) {
    throw invalidArgument('CAPTION', `a text of at most ${CAPTION_LENGTH} characters`, text);
  }
  return checkText(name, value);
}

/** Reads `CONTEXT contact CAPTION "TEST 01"`; what has no name of a parameter before it is passed over. */
function parametersOf(object: ExtensionName, text: string): ObjectRecord {
  const words = text.match(/"[^"]*"|[^ "]+/g) ?? [];
  const found = words.flatMap((word, index) => {
    const name = word.toUpperCase();
    const value = words[index + 1];
    if (value === undefined || !PARAMETERS[object].includes(name)) return [];
    return [[name, taking('create-object', () => checkValue(object, name, value))]];
  });
  return Object.fromEntries(found) as ObjectRecord;
}
