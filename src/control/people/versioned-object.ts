import { checkArgument, words } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import type { ObjectSpec, Since } from '../../protocol/catalogue/spec.js';
import type { NamedObject } from '../../protocol/commands.js';
import type { ActionName, PropertyName } from '../../protocol/message.js';
import type { PropertyValue } from '../../protocol/values.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { type PropertyOptions, RemoteObject, type RemoteObjectEvents } from '../state/remote-object.js';

/**
 * An object of a kind that has grown with the versions of the protocol. Properties and actions that the agreed version
 * lacks are refused here with a clear message, before the endpoint is asked.
 */
export class VersionedObject<
  O extends NamedObject,
  E extends RemoteObjectEvents & Record<keyof E, unknown[]> = RemoteObjectEvents,
> extends RemoteObject<O, E> {
  /** @throws ERR_UNSUPPORTED like {@link set}; otherwise as {@link RemoteObject.text}. */
  override async text(property: string, options: PropertyOptions = {}): Promise<string> {
    this.requires(property);
    return await super.text(property, options);
  }

  /** @throws ERR_UNSUPPORTED for a property of a later version; otherwise as {@link RemoteObject.set}. */
  override async set<P extends PropertyName<O>>(
    property: P,
    value: PropertyValue<O, P>,
    options?: CommandOptions,
  ): Promise<void> {
    this.requires(property);
    await super.set(property, value, options);
  }

  protected override async alter(
    action: ActionName<O>,
    argument?: string,
    options?: CommandOptions,
  ): Promise<void> {
    this.requires(action, 'action');
    await super.alter(action, argument, options);
  }

  /** @throws ERR_UNSUPPORTED for a property or an action of a later version of the protocol. */
  protected requires(word: string, name: 'property' | 'action' = 'property'): void {
    checkArgument(name, word, words);
    const spec: ObjectSpec = OBJECTS[this.object];
    const entry = entryOf<{ readonly since?: Since }>(spec.actions, word) ?? entryOf(spec.properties, word);
    requireVersion(this.sender, entry?.since ?? spec.since, `${this.object} ${word}`);
  }
}

/** @throws ERR_UNSUPPORTED when the agreed version of the protocol is older than `since`. */
export function requireVersion({ protocol = 0 }: CommandSender, since: Since, what: string): void {
  // 0 while there is no attachment. The command then fails by itself.
  if (protocol === 0 || since.protocol === undefined || protocol >= since.protocol) return;
  throw new JackfieldError(
    'ERR_UNSUPPORTED',
    `${what} needs protocol ${since.protocol}, but protocol ${protocol} was negotiated: ` +
      'attach without a lower `protocol`, to an endpoint that supports the newer one.',
  );
}
