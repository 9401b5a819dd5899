import { invalidArgument } from '../../base/errors.js';
import { replies } from '../../protocol/replies.js';
import { decodeProperty } from '../../protocol/values.js';
import { errorReply, Refusal, taking } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import {
  CONTACT_FILTERS,
  Extension,
  type ExtensionName,
  isIcon,
  MAX_ICON_BYTES,
  MENU_CONTEXTS,
  unquoted,
} from '../desk/extension.js';
import type { ObjectOwner } from '../object/api-object.js';
import { type AnyKind, kindOf, type ObjectKind, type Setter } from '../object/object-kind.js';
import { standStill } from '../stand-still.js';
import { checkText } from '../wire-value.js';

/** Longest caption of a menu item (reference, "Custom Menu Items"), in characters, without its quotes. */
const CAPTION_LENGTH = 32;

/** Longest name of an item, in characters. */
const ID_LENGTH = 100;

/** One parameter of CREATE: a word or a quoted text. */
interface ParameterRule {
  /** True for a parameter that must be given. Default false. */
  readonly needed?: true;
  /** Allowed words, in any case. Default: any text. */
  readonly words?: readonly string[];
  /** Most characters, without its quotes. */
  readonly length?: number;
}

const TRUTH = ['true', 'false'];

/** Parameters of CREATE, by their names. */
const PARAMETERS: Readonly<Record<ExtensionName, Readonly<Record<string, ParameterRule>>>> = {
  MENU_ITEM: {
    CONTEXT: { needed: true, words: MENU_CONTEXTS },
    CAPTION: { needed: true, length: CAPTION_LENGTH },
    HINT: {},
    ICON: {},
    ENABLED: { words: TRUTH },
    ENABLE_MULTIPLE_CONTACTS: { words: TRUTH },
    CONTACT_TYPE_FILTER: { words: CONTACT_FILTERS },
  },
  EVENT: { CAPTION: { needed: true }, HINT: {} },
};

/** The MENU_ITEM object (reference, "Custom Menu Items"). */
export function menuItemKind(services: Services): AnyKind {
  return kindOf<'MENU_ITEM', Extension>({
    ...extension('MENU_ITEM', services),
    set: { CAPTION: setting('CAPTION'), HINT: setting('HINT'), ENABLED: setting('ENABLED') },
  });
}

/** The EVENT object (reference, "Skype Alert Events"). */
export function eventKind(services: Services): AnyKind {
  return kindOf<'EVENT', Extension>(extension('EVENT', services));
}

/**
 * Makes the kind of an object that a client adds to the window. Only that client sees it. It is removed when the client
 * leaves.
 */
function extension<O extends ExtensionName>(object: O, services: Services): ObjectKind<O, Extension> {
  const objects = services.extensions[object];
  const changed = ({ handle }: ObjectOwner) => services.userOf(handle)?.screen.changed();
  return {
    object,
    find: ({ client }, id) => objects.of(client, id),
    create({ client }, argument) {
      const [id = ''] = argument.split(' ', 1);
      if (!/^[a-z]/i.test(id)) throw refusal(object, 'the id must begin with a letter');
      if (!/^\w+$/.test(id)) throw refusal(object, 'the id must consist of letters and digits');
      if (id.length > ID_LENGTH) throw refusal(object, `the id must have at most ${ID_LENGTH} characters`);
      if (objects.of(client, id)) throw refusal(object, `there is one with the id ${id} already`);
      const made = new Extension(object, id, client, parametersOf(object, argument.slice(id.length)));
      objects.add(made);
      takeIcon(services, made, () => changed(client));
      changed(client);
      return replies.property<ExtensionName>(object, id, 'CREATED', '');
    },
    delete({ client }, id) {
      const found = objects.of(client, id);
      if (!found) return;
      objects.remove(found);
      changed(client);
    },
    leave(client) {
      if (objects.listOf(client).length === 0) return;
      objects.leave(client);
      changed(client);
    },
  };
}

/**
 * Reads the icon; its path must lie in the folders allowed for FILE. An item has no icon when the file cannot be read
 * or is too large.
 */
function takeIcon({ clock, files }: Services, made: Extension, done: () => void): void {
  const path = made.text('ICON');
  if (path === '') return;
  const reading = files.read(path, MAX_ICON_BYTES).then(
    (bytes) => {
      if (!isIcon(bytes)) return;
      made.icon = bytes;
      done();
    },
    () => undefined,
  );
  void standStill(clock, reading);
}

function setting(property: 'CAPTION' | 'HINT' | 'ENABLED'): Setter<Extension> {
  return ({ user }, item, value) => {
    decodeProperty('MENU_ITEM', property, checkValue('MENU_ITEM', property, value));
    item.change(property, value);
    user.screen.changed();
    return value;
  };
}

/**
 * Checks the value of a parameter or property, quoted or not.
 *
 * @returns the value without quotes.
 * @throws ERR_INVALID_ARG, ERR_LINE_BREAK
 */
function checkValue(object: ExtensionName, name: string, value: string): string {
  const { words, length = Number.POSITIVE_INFINITY } =
    new Map(Object.entries(PARAMETERS[object])).get(name) ?? {};
  const text = unquoted(value);
  if ([...text].length > length)
    throw invalidArgument(name, `a string of at most ${length} characters`, text);
  if (words && !words.some((word) => word.toLowerCase() === text.toLowerCase())) {
    throw invalidArgument(name, `one of ${words.join(', ')}`, text);
  }
  return checkText(name, value);
}

/** Reads `CONTEXT contact CAPTION "TEST 01"`. Words without a parameter name before them are skipped. */
function parametersOf(object: ExtensionName, text: string): ReadonlyMap<string, string> {
  const rules = new Map(Object.entries(PARAMETERS[object]));
  const found = new Map<string, string>();
  const words = text.match(/"[^"]*"|[^ "]+/g) ?? [];
  for (let at = 0; at + 1 < words.length; at++) {
    const name = words[at]?.toUpperCase() ?? '';
    if (!rules.has(name)) continue;
    const value = words[++at] ?? '';
    found.set(
      name,
      taking('create-object', () => checkValue(object, name, value)),
    );
  }
  for (const [name, { needed }] of rules) {
    if (needed && !found.has(name)) throw refusal(object, `${name} is missing`);
  }
  return found;
}

function refusal(object: ExtensionName, problem: string): Refusal {
  return new Refusal(errorReply('create-object', `CREATE ${object}: ${problem}`));
}
