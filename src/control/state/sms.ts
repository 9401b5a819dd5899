import { checkArgument, line, listOf, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, type WaitOptions } from '../../base/wait.js';
import { commands } from '../../protocol/commands.js';
import { decodeProperty, type PropertyValue } from '../../protocol/values.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { Condition } from './condition.js';
import { RemoteObject, type RemoteObjectEvents } from './remote-object.js';

/** STATUS of a short message. */
export type SmsStatus = PropertyValue<'SMS', 'STATUS'>;

/** FAILUREREASON of a short message. */
export type SmsFailureReason = PropertyValue<'SMS', 'FAILUREREASON'>;

/** Events of an {@link Sms}. */
export interface SmsEvents extends RemoteObjectEvents {
  status: [status: SmsStatus];
}

/** A short message failed, or did not reach all its numbers. */
export class SmsFailedError extends JackfieldError {
  readonly status: SmsStatus;
  readonly failureReason: SmsFailureReason;
  /** The status of each number, as on the wire. */
  readonly targets: ReadonlyMap<string, string>;

  /** @internal */
  constructor(id: number, status: SmsStatus, reason: SmsFailureReason, targets: ReadonlyMap<string, string>) {
    super('ERR_SMS_FAILED', `The short message ${id} is ${status} (${reason}).`);
    this.status = status;
    this.failureReason = reason;
    this.targets = targets;
  }
}

const ENDED: ReadonlySet<string> = new Set([
  'DELIVERED',
  'SOME_TARGETS_FAILED',
  'FAILED',
  'RECEIVED',
  'READ',
]);
const FAILED: ReadonlySet<string> = new Set(['SOME_TARGETS_FAILED', 'FAILED']);
const TEXT = line(1, 100_000);
const NUMBERS = listOf(words, 1);

/** An SMS object: a short message to phones, or from one. Made by {@link Client.sms}. */
export class Sms extends RemoteObject<'SMS', SmsEvents> {
  readonly #condition: Condition;
  readonly #deleted: (sms: Sms) => void;
  #lost: Error | undefined;

  /** @internal */
  constructor(id: number, sender: CommandSender, clock: Clock, deleted: (sms: Sms) => void) {
    super('SMS', id, sender);
    this.#condition = new Condition(clock);
    this.#deleted = deleted;
  }

  /** The newest status; undefined until the endpoint reports one. */
  get status(): SmsStatus | undefined {
    return this.heard('STATUS');
  }

  /** True when nothing more can happen to it. */
  override get over(): boolean {
    return this.#lost !== undefined || ENDED.has(this.status ?? '');
  }

  override get idle(): boolean {
    return (this.over || this.status === 'COMPOSING') && this.listenerCount('status') === 0;
  }

  /** Sets the text. @throws ERR_API with number 18 when it was sent already, or does not fit into 255 chunks. */
  async write(text: string, options?: CommandOptions): Promise<void> {
    checkArgument('text', text, TEXT);
    await this.set('BODY', text, options);
  }

  /** Sets the receivers. @throws ERR_API with number 18 for a value that is not a phone number. */
  async setNumbers(numbers: readonly string[], options?: CommandOptions): Promise<void> {
    checkArgument('numbers', numbers, NUMBERS);
    await this.set('TARGET_NUMBERS', numbers, options);
  }

  /** Sets the sender's number: one of PROFILE SMS_VALIDATED_NUMBERS. @throws ERR_API */
  async setReplyTo(number: string, options?: CommandOptions): Promise<void> {
    checkArgument('number', number, words);
    await this.set('REPLY_TO_NUMBER', number, options);
  }

  /** Gets the text in chunks. A phone shows each chunk as one message. */
  async chunks(options?: CommandOptions): Promise<string[]> {
    checkWait(options);
    const { chunks } = await this.get('CHUNKING', { ...options, fresh: true });
    const texts: string[] = [];
    for (let chunk = 1; chunk <= chunks; chunk++) {
      const answer = await this.query('CHUNK', String(chunk), options);
      texts.push(decodeProperty('SMS', 'CHUNK', answer).text);
    }
    return texts;
  }

  /** Gets the price, with its currency, as soon as it is known. @throws ERR_TIMEOUT, ERR_ABORTED, ERR_API */
  async price(options: CommandOptions = {}): Promise<{ readonly amount: number; readonly currency: string }> {
    checkWait(options);
    await this.text('PRICE', options);
    await this.#until('its price', () => Number(this.heard('PRICE') ?? -1) >= 0, options);
    const precision = await this.get('PRICE_PRECISION', options);
    const currency = await this.text('PRICE_CURRENCY', options);
    return { amount: Number(this.heard('PRICE')) / 10 ** precision, currency };
  }

  /**
   * Sends it. Resolves when the endpoint has begun to send; follow {@link delivered}. @throws ERR_API with number 526.
   */
  async send(options?: CommandOptions): Promise<void> {
    await this.alter('SEND', '', options);
  }

  /**
   * Resolves when it has arrived at all numbers.
   *
   * @throws ERR_SMS_FAILED (a {@link SmsFailedError}); ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async delivered(options: WaitOptions = {}): Promise<void> {
    checkWait(options);
    if (this.status === undefined) await this.text('STATUS');
    await this.#until(
      'its delivery',
      () => this.status === 'DELIVERED' || FAILED.has(this.status ?? ''),
      options,
    );
    const { status = 'UNKNOWN' } = this;
    if (status === 'DELIVERED') return;
    const reason = await this.text('FAILUREREASON');
    const targets = await this.get('TARGET_STATUSES');
    throw new SmsFailedError(this.id, status, reason, targets);
  }

  /** Marks it as seen. */
  async markSeen(options?: CommandOptions): Promise<void> {
    await this.sender.command(commands.set('SMS', this.id, 'SEEN', ''), options);
  }

  /** Deletes it. The endpoint reports nothing more of it. */
  async delete(options?: CommandOptions): Promise<void> {
    await this.sender.command(commands.delete('SMS', this.id), options);
    this.#deleted(this);
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    const news = super.take(property, value, heardAt, sentAfter);
    this.#condition.changed();
    if (news && property === 'STATUS') this.emit('status', value);
    return news;
  }

  /** @internal */
  override lose(error: Error): void {
    this.#lost ??= error;
    this.#condition.changed();
  }

  #until(what: string, isSo: () => boolean, options: WaitOptions): Promise<void> {
    const look = () => {
      if (isSo()) return true;
      if (this.#lost) throw this.#lost;
      return false;
    };
    return this.#condition.until(`${what} of the short message ${this.id}`, look, options);
  }
}
