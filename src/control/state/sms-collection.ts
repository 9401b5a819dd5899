import { checkArgument, listOf, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait } from '../../base/wait.js';
import { commands } from '../../protocol/commands.js';
import { serialize } from '../../protocol/serialize.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { ObjectCollection } from './object-collection.js';
import { Sms } from './sms.js';

const NUMBERS = listOf(words, 1);

/** The known short messages of a client: `client.sms`. */
export class SmsCollection extends ObjectCollection<'SMS', Sms> {
  readonly #sender: CommandSender;

  /** Used by the client. @internal */
  constructor(sender: CommandSender, clock: Clock) {
    super(
      { object: 'SMS', make: (id) => new Sms(id, sender, clock, ({ id: gone }) => this.remove(gone)) },
      sender,
    );
    this.#sender = sender;
  }

  /** Lists received messages that nobody has seen. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED */
  async missed(options?: CommandOptions): Promise<Sms[]> {
    return await this.search('MISSEDSMSS', '', options);
  }

  /**
   * Makes a message that is not sent yet.
   *
   * @throws ERR_API with number 536 for a value that is not a phone number; ERR_INVALID_ARG, ERR_TIMEOUT, ERR_ABORTED,
   *   ERR_CLOSED.
   */
  async create(to: string | readonly string[], options?: CommandOptions): Promise<Sms> {
    return await this.#create('OUTGOING', to, options);
  }

  /**
   * Sends a text. Resolves when the endpoint has begun to send it; follow {@link Sms.delivered}.
   *
   * @throws as {@link create}; ERR_API with number 18 for a text that is too long.
   */
  async send(to: string | readonly string[], text: string, options?: CommandOptions): Promise<Sms> {
    checkArgument('text', text, words);
    const sms = await this.create(to, options);
    await sms.write(text, options);
    await sms.send(options);
    return sms;
  }

  /** Requests a code for a number that will be the sender of messages. @throws as {@link create} */
  async requestCode(number: string, options?: CommandOptions): Promise<Sms> {
    checkArgument('number', number, words);
    const sms = await this.#create('CONFIRMATION_CODE_REQUEST', number, options);
    await sms.send(options);
    return sms;
  }

  /**
   * Submits the code that a number received; `delivered()` of the message tells if it was right. @throws as {@link
   * create}
   */
  async submitCode(number: string, code: string, options?: CommandOptions): Promise<Sms> {
    checkArgument('number', number, words);
    checkArgument('code', code, words);
    const sms = await this.#create('CONFIRMATION_CODE_SUBMIT', number, options);
    await sms.write(code, options);
    await sms.send(options);
    return sms;
  }

  async #create(type: string, to: string | readonly string[], options?: CommandOptions): Promise<Sms> {
    const numbers = typeof to === 'string' ? [to] : to;
    checkArgument('to', numbers, NUMBERS);
    checkWait(options);
    const reply = await this.#sender.command(
      commands.create('SMS', `${type} ${numbers.join(', ')}`),
      options,
    );
    if (reply.kind === 'property' && reply.object === 'SMS') return this.get(reply.id);
    throw new JackfieldError('ERR_UNEXPECTED_REPLY', `CREATE SMS was answered with ${serialize(reply)}.`);
  }
}
