import { checkArgument, checkOptions, oneOf, optionsOf } from '../../base/check.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { WAIT_RULES } from '../../base/wait.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import { commands } from '../../protocol/commands.js';
import type { ParameterName } from '../../protocol/message.js';
import { decodeParameter, encodeParameter, type ParameterValue } from '../../protocol/values.js';
import { type CommandOptions, type CommandSender, SENDER } from '../client/command-sender.js';
import { PropertyCache } from './property-cache.js';
import { PROPERTY_RULES, type PropertyOptions } from './remote-object.js';

/** Events of {@link Parameters}. */
export interface ParametersEvents extends FencedEvents {
  /** A parameter changed; the value is as on the wire. */
  parameter: [name: ParameterName, value: string];
}

const PARAMETER = oneOf(...Object.keys(PARAMETERS));

/** General parameters of an endpoint: USERSTATUS, MUTE, AUDIO_IN and the others, kept up to date. */
export class Parameters extends FencedEmitter<ParametersEvents> {
  readonly #sender: CommandSender;
  readonly #cache = new PropertyCache();

  /** @internal */
  constructor(sender: CommandSender) {
    super();
    checkArgument('sender', sender, SENDER);
    this.#sender = sender;
  }

  /** Gets a parameter. Asks the endpoint the first time; later its notifications keep the value up to date. */
  async get<P extends ParameterName>(
    parameter: P,
    options: PropertyOptions = {},
  ): Promise<ParameterValue<P>> {
    checkArgument('parameter', parameter, PARAMETER);
    checkOptions(options, PROPERTY_RULES);
    if (this.#cache.get(parameter) === undefined || options.fresh) {
      await this.#sender.command(
        commands.getParameter(parameter),
        optionsOf<CommandOptions>(options, WAIT_RULES),
      );
    }
    return decodeParameter(parameter, this.#cache.get(parameter) ?? '');
  }

  /** Sets a parameter; resolves when the endpoint has accepted it. @throws ERR_INVALID_ARG, ERR_API. */
  async set<P extends ParameterName>(
    parameter: P,
    value: ParameterValue<P>,
    options?: CommandOptions,
  ): Promise<void> {
    const text = encodeParameter(parameter, value);
    await this.#sender.command(commands.setParameter(parameter, text), options);
  }

  /** Takes a parameter's value; called for each message. @internal */
  take(parameter: ParameterName, value: string, heardAt: number, sentAfter: number | undefined): void {
    if (this.#cache.take(parameter, value, heardAt, sentAfter)) this.emit('parameter', parameter, value);
  }

  /** Drops the known values. @internal */
  forget(): void {
    this.#cache.clear();
  }
}
