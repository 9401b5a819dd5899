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

/** The short messages that a client knows of: `client.sms`. */
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

  /** The messages that have come in and that nobody has seen. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED */
  async missed(options?: CommandOptions): Promise<Sms[]> {
    return await this.search('MISSEDSMSS', '', options);
  }

  /**
   * Makes a message that is not sent yet.
   *
   * @throws ERR_API with number 536 for a value that is not a phone number; ERR_INVALID_ARG, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
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

  /** Has a code sent to a number that messages are to be from. @throws as {@link create} */
  async requestCode(number: string, options?: CommandOptions): Promise<Sms> {
    checkArgument('number', number, words);
    const sms = await this.#create('CONFIRMATION_CODE_REQUEST', number, options);
    await sms.send(options);
    return sms;
  }

  /** Hands in the code that came to a number; `delivered()` of the message says if it was right. @throws as {@link create} */
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
