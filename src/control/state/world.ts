import type { Clock } from '../../base/clock.js';
import { JackfieldError } from '../../base/errors.js';
import { ApiError } from '../../protocol/api-error.js';
import { commands } from '../../protocol/commands.js';
import type { EndpointMessage, PropertyReply } from '../../protocol/message.js';
import type { CommandSender } from '../client/command-sender.js';
import { Call } from './call.js';
import { CallWatch } from './call-watch.js';
import { ObjectTable } from './object-table.js';
import { Parameters } from './parameters.js';
import { Profile } from './profile.js';
import { User } from './user.js';
import { Voicemail } from './voicemail.js';

/** An object that {@link World.take} heard of for the first time. */
export type Discovery =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'voicemail'; readonly voicemail: Voicemail };

/** Everything that is known of an endpoint's objects. */
export class World {
  readonly calls: ObjectTable<number, Call>;
  readonly voicemails: ObjectTable<number, Voicemail>;
  readonly users: ObjectTable<string, User>;
  readonly profile: Profile;
  readonly parameters: Parameters;
  readonly #sender: CommandSender;
  readonly #watch: CallWatch;

  constructor(
    sender: CommandSender,
    { clock, callCheckMs }: { readonly clock: Clock; readonly callCheckMs: number },
  ) {
    this.#sender = sender;
    this.#watch = new CallWatch(clock, callCheckMs, () => this.calls.values());
    this.calls = new ObjectTable(
      (id) => new Call(id, sender, clock),
      (call) => call.over,
    );
    this.voicemails = new ObjectTable(
      (id) => new Voicemail(id, sender, clock),
      (voicemail) => voicemail.idle,
    );
    this.users = new ObjectTable(
      (handle) => new User(handle, sender),
      () => true,
    );
    this.profile = new Profile(sender);
    this.parameters = new Parameters(sender);
  }

  /**
   * Takes in what the endpoint said.
   *
   * @param heardAt how many messages have come, this one counted in.
   * @param sentAfter for an answer: how many messages had come when its command was sent.
   */
  take(message: EndpointMessage, heardAt: number, sentAfter: number | undefined): Discovery | undefined {
    if (message.kind === 'parameter') {
      this.parameters.take(message.parameter, message.value, heardAt, sentAfter);
      return undefined;
    }
    return message.kind === 'property' ? this.#takeProperty(message, heardAt, sentAfter) : undefined;
  }

  /** Brings everything up to date after the endpoint was away. @throws what the link throws. */
  async resynchronise(): Promise<void> {
    for (const object of [this.profile, this.parameters, ...this.users.values()]) object.forget();
    const kept = [...this.calls.values(), ...this.voicemails.values()].filter(({ over }) => !over);
    for (const object of kept) object.forget();
    const active = await this.#sender.command(commands.search('ACTIVECALLS'));
    const ids = active.kind === 'list' && active.list === 'CALLS' ? active.ids : [];
    // What is not known yet is found by its answer, as it would be by a notification.
    const begun = ids.filter((id) => !this.calls.known(id)).map((id) => commands.get('CALL', id, 'STATUS'));
    await Promise.all([
      ...kept.map((object) => this.#revive(object)),
      ...begun.map((command) => this.#sender.command(command).catch(ignoreApiError)),
    ]);
  }

  /** Nothing will be heard any more. */
  lose(error: Error): void {
    this.#watch.stop();
    for (const call of this.calls.values()) call.lose(error);
    for (const voicemail of this.voicemails.values()) voicemail.lose(error);
  }

  #takeProperty(
    message: PropertyReply,
    heardAt: number,
    sentAfter: number | undefined,
  ): Discovery | undefined {
    const { property, value } = message;
    switch (message.object) {
      case 'CALL': {
        const known = this.calls.known(message.id) !== undefined;
        const call = this.calls.of(message.id);
        call.take(property, value, heardAt, sentAfter);
        if (!call.over) this.#watch.start();
        return known ? undefined : { kind: 'call', call };
      }
      case 'VOICEMAIL': {
        const known = this.voicemails.known(message.id) !== undefined;
        const voicemail = this.voicemails.of(message.id);
        voicemail.take(property, value, heardAt, sentAfter);
        return known ? undefined : { kind: 'voicemail', voicemail };
      }
      case 'USER':
        this.users.of(message.id).take(property, value, heardAt, sentAfter);
        return undefined;
      case 'PROFILE':
        this.profile.take(property, value, heardAt, sentAfter);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Asks where an object is now; one that the endpoint does not know any more is lost. */
  async #revive(object: Call | Voicemail): Promise<void> {
    try {
      await object.text('STATUS');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      object.lose(
        new JackfieldError(
          'ERR_CLOSED',
          `The endpoint came back without ${object.object} ${object.id} (${error.message}).`,
          { cause: error },
        ),
      );
    }
  }
}

/** A call can end between two commands. */
function ignoreApiError(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
