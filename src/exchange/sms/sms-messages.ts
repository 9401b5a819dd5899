import { checkOptions, line, needed, type Rules, rule, words } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { encodeProperty } from '../../protocol/values.js';
import { phoneNumber } from '../../switch/identity.js';
import { balanceOf, spend } from '../balance.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject, type ObjectRecord } from '../object/api-object.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import type { People } from '../people/people.js';
import { ConfirmationCodes } from './confirmation-codes.js';
import { SMS_REFUSALS, type SmsDispatch, type SmsGateway } from './sms-gateway.js';
import { SmsMessage, type SmsType } from './sms-message.js';

/** Most messages of one user that are kept. Beyond that the oldest are dropped. */
const LIMIT = 1000;
/** Most numbers of one message, and most chunks of its text. */
export const MOST_NUMBERS = 100;
export const MOST_CHUNKS = 255;
/** Longest text that fits into the most chunks, in characters. */
export const LONGEST_BODY = 153 * MOST_CHUNKS;

/** Milliseconds after which a number without a result counts as failed (reference, SOME_TARGETS_FAILED). */
const DELIVERY_MS = 24 * 3_600_000;

/** A text sent from a phone. */
export interface IncomingSms {
  /** Number of the sender, with its `+`. */
  readonly from: string;
  readonly body: string;
}

const NUMBER = rule(
  'a phone number that begins with +',
  (value) => typeof value === 'string' && phoneNumber(value) === value,
);
const RULES: Rules<IncomingSms & { readonly to: string }> = {
  from: needed(NUMBER),
  to: needed(words),
  body: needed(line(1, LONGEST_BODY)),
};

/** Checks an incoming text. @throws ERR_INVALID_ARG, naming the field. */
export function checkIncoming(sms: IncomingSms & { readonly to: string }): void {
  checkOptions(sms, RULES);
}

/** The parts of the exchange that {@link SmsMessages} uses. */
export interface SmsContext {
  readonly clock: Clock;
  readonly gateway: SmsGateway;
  readonly shelf: ObjectShelf<'SMS'>;
  nextId(): number;
  readonly people: People;
  failed(error: unknown): void;
}

/** Short messages of all users. It passes them to the gateway. */
export class SmsMessages {
  readonly objects: ObjectStore<'SMS', SmsMessage>;
  readonly #context: SmsContext;
  readonly #codes: ConfirmationCodes;

  constructor(context: SmsContext) {
    this.#context = context;
    this.#codes = new ConfirmationCodes(context.clock);
    this.objects = new ObjectStore({
      limit: LIMIT,
      shelf: context.shelf,
      record: ({ object }) => ({ properties: object.record() }),
    });
  }

  /**
   * Makes a message to be written, in the order of the reference's examples.
   *
   * @returns the message. Its STATUS has not been reported.
   */
  create(user: ExchangeUser, type: SmsType, numbers: readonly string[]): SmsMessage {
    const message = this.#make(user, { TYPE: type, STATUS: 'COMPOSING' });
    const { object } = message;
    object.tell('TYPE', type);
    object.tell('PRICE', '0');
    object.tell('TIMESTAMP', '0');
    object.tell('PRICE_PRECISION', '3');
    object.tell('PRICE_CURRENCY', user.profile.get('PSTN_BALANCE_CURRENCY') ?? 'EUR');
    object.tell('STATUS', 'COMPOSING');
    this.setNumbers(message, numbers);
    return message;
  }

  /** Sets the target numbers of a message. */
  setNumbers(message: SmsMessage, numbers: readonly string[]): void {
    const fresh = message.setNumbers(numbers);
    const { object } = message;
    object.tell('TARGET_NUMBERS', encodeProperty('SMS', 'TARGET_NUMBERS', numbers));
    if (fresh.length > 0) {
      object.tell('PRICE', '-1');
      message.tellStatuses();
    } else this.#tellPrice(message);
    for (const number of fresh) this.#analyse(message, number);
    this.objects.save(message);
  }

  /** Sets the text. @param wire as received, with quotes. */
  setBody(message: SmsMessage, wire: string): void {
    message.object.tell('BODY', wire);
    if (!message.isAnalysing) this.#tellPrice(message);
    this.objects.save(message);
  }

  /** Sends a message, once all its numbers have been analysed. */
  send(message: SmsMessage): void {
    const { object, owner } = message;
    object.tell('STATUS', 'SENDING_TO_SERVER');
    object.tell('TIMESTAMP', String(Math.floor(this.#context.clock.unixMs() / 1000)));
    this.objects.save(message);
    if (!owner.online) this.#refuse(message, 'SERVER_CONNECT_FAILED');
    else if (!message.isAnalysing) this.#dispatch(message);
  }

  /** Marks a message as seen: an incoming text becomes read, and a failure becomes known. */
  see(message: SmsMessage): void {
    const { object, status } = message;
    if (status === 'RECEIVED') object.tell('STATUS', 'READ');
    if (object.get('IS_FAILED_UNSEEN') === 'TRUE') object.tell('IS_FAILED_UNSEEN', 'FALSE');
    this.objects.save(message);
  }

  remove(message: SmsMessage): void {
    message.isGone = true;
    this.objects.remove(message);
  }

  /** Receives a text from a phone. @returns its id. */
  receive(user: ExchangeUser, { from, body }: IncomingSms): number {
    const message = this.#make(user, { TYPE: 'INCOMING', STATUS: 'RECEIVED' });
    const { object } = message;
    object.tell('TYPE', 'INCOMING');
    object.tell('TIMESTAMP', String(Math.floor(this.#context.clock.unixMs() / 1000)));
    object.tell('REPLY_TO_NUMBER', from);
    object.tell('TARGET_NUMBERS', user.settings.skypeIn ?? '');
    object.tell('BODY', encodeProperty('SMS', 'BODY', body));
    object.tell('STATUS', 'RECEIVED');
    this.objects.save(message);
    return message.id;
  }

  /** Restores the stored messages after a restart. */
  restore(userOf: (handle: string) => ExchangeUser | undefined): void {
    const restored = this.objects.restore(userOf, (id, owner, { properties }) => {
      return new SmsMessage(new ApiObject('SMS', id, owner, settled(properties)), owner);
    });
    for (const message of restored) {
      if (message.status === 'SENT_TO_SERVER') this.#expire(message);
      if (!message.isComposing) continue;
      // Prices are requested again.
      const numbers = message.numbers;
      message.setNumbers([]);
      for (const number of message.setNumbers(numbers)) this.#analyse(message, number);
    }
  }

  #make(user: ExchangeUser, record: ObjectRecord): SmsMessage {
    const message = new SmsMessage(new ApiObject('SMS', this.#context.nextId(), user, record), user);
    this.objects.add(message);
    return message;
  }

  #analyse(message: SmsMessage, number: string): void {
    const { clock } = this.#context;
    const found = (route: Parameters<SmsMessage['found']>[1]) => {
      if (!message.found(number, route)) return;
      // Results that arrive in the same turn are reported together.
      clock.timerAt(clock.now(), () => this.#tellFound(message));
    };
    this.#ask(
      () => this.#context.gateway.analyse(number, found),
      () => found({ kind: 'undefined' }),
    );
  }

  #tellFound(message: SmsMessage): void {
    if (message.isGone) return;
    message.tellFound();
    if (!message.isAnalysing) {
      this.#tellPrice(message);
      if (message.status === 'SENDING_TO_SERVER') this.#dispatch(message);
    }
    this.objects.save(message);
  }

  #tellPrice({ object, price }: SmsMessage): void {
    if (object.get('PRICE') !== String(price)) object.tell('PRICE', String(price));
  }

  #dispatch(message: SmsMessage): void {
    const numbers = message.numbersThat('TARGET_ACCEPTABLE');
    const [first = ''] = numbers;
    message.tellStatuses();
    if (numbers.length === 0) this.#refuse(message, 'NO_SMS_CAPABILITY');
    else if (costOf(message) > balanceOf(message.owner)) this.#refuse(message, 'INSUFFICIENT_FUNDS');
    else if (message.type === 'CONFIRMATION_CODE_SUBMIT') this.#confirm(message, first);
    else if (message.type === 'CONFIRMATION_CODE_REQUEST' && ConfirmationCodes.refuses(first)) {
      this.#refuse(message, 'NO_SENDERID_CAPABILITY');
    } else this.#handOver(message, numbers);
  }

  /** Passes a message to the gateway. */
  #handOver(message: SmsMessage, numbers: readonly string[]): void {
    const { owner, object } = message;
    const isRequest = message.type === 'CONFIRMATION_CODE_REQUEST';
    const body = isRequest
      ? `Your Skype confirmation code is ${this.#codes.make(owner.handle, numbers[0] ?? '')}`
      : message.body;
    const chunks = isRequest ? [body] : message.cut.chunks;
    const isPending = (number: string) => message.numbersThat('TARGET_DELIVERY_PENDING').includes(number);
    const ended = (number: string, status: 'TARGET_DELIVERY_SUCCESSFUL' | 'TARGET_DELIVERY_FAILED') => {
      if (message.isGone || !isPending(number)) return;
      message.setStatus(number, status);
      message.tellStatuses();
      this.#conclude(message);
    };
    const isSending = () => !message.isGone && message.status === 'SENDING_TO_SERVER';
    const dispatch: SmsDispatch = {
      from: owner.handle,
      replyTo: object.get('REPLY_TO_NUMBER') ?? '',
      numbers,
      body,
      chunks,
      taken: () => {
        if (isSending()) this.#taken(message, numbers);
      },
      refused: (reason) => {
        if (isSending()) this.#refuse(message, SMS_REFUSALS.includes(reason) ? reason : 'UNKNOWN');
      },
      delivered: (number) => ended(number, 'TARGET_DELIVERY_SUCCESSFUL'),
      failed: (number) => ended(number, 'TARGET_DELIVERY_FAILED'),
    };
    this.#ask(
      () => this.#context.gateway.send(dispatch),
      () => dispatch.refused('MISC_ERROR'),
    );
  }

  #taken(message: SmsMessage, numbers: readonly string[]): void {
    for (const number of numbers) message.setStatus(number, 'TARGET_DELIVERY_PENDING');
    for (const number of message.numbersThat('TARGET_NOT_ROUTABLE', 'TARGET_UNDEFINED')) {
      message.setStatus(number, 'TARGET_DELIVERY_FAILED');
    }
    message.tellStatuses();
    message.object.tell('STATUS', 'SENT_TO_SERVER');
    this.objects.together(() => {
      this.objects.save(message);
      spend(this.#context.people, message.owner, costOf(message));
    });
    this.#expire(message);
  }

  /** Ends the wait for missing results one day after the message was sent. */
  #expire(message: SmsMessage): void {
    const { clock } = this.#context;
    const sentMs = Number(message.object.get('TIMESTAMP') ?? 0) * 1000;
    clock.timerAt(clock.now() + Math.max(0, sentMs + DELIVERY_MS - clock.unixMs()), () => {
      const late = message.numbersThat('TARGET_DELIVERY_PENDING');
      if (message.isGone || late.length === 0) return;
      for (const number of late) message.setStatus(number, 'TARGET_DELIVERY_FAILED');
      message.tellStatuses();
      this.#conclude(message);
    });
  }

  /** Ends a message when the results of all its numbers are known. */
  #conclude(message: SmsMessage): void {
    if (message.numbersThat('TARGET_DELIVERY_PENDING').length === 0) {
      const failed = message.numbersThat('TARGET_DELIVERY_FAILED').length;
      if (failed === 0) message.object.tell('STATUS', 'DELIVERED');
      else if (failed < message.numbers.length) message.fail('SOME_TARGETS_FAILED');
      else message.fail('FAILED', 'MISC_ERROR');
    }
    this.objects.save(message);
  }

  #confirm(message: SmsMessage, number: string): void {
    const { owner } = message;
    if (!this.#codes.take(owner.handle, number, message.body)) {
      this.#refuse(message, 'INVALID_CONFIRMATION_CODE');
      return;
    }
    message.setStatus(number, 'TARGET_DELIVERY_SUCCESSFUL');
    message.tellStatuses();
    message.object.tell('STATUS', 'DELIVERED');
    const numbers = [...new Set([...validatedNumbers(owner), number])];
    this.objects.together(() => {
      this.objects.save(message);
      this.#context.people.setProfile(owner, { SMS_VALIDATED_NUMBERS: numbers.join(', ') });
    });
  }

  #refuse(message: SmsMessage, reason: Parameters<SmsMessage['fail']>[1]): void {
    for (const number of message.numbers) message.setStatus(number, 'TARGET_DELIVERY_FAILED');
    message.tellStatuses();
    message.fail('FAILED', reason);
    this.objects.save(message);
  }

  /** Calls the gateway, which is another program. */
  #ask(act: () => void, otherwise: () => void): void {
    try {
      act();
    } catch (error) {
      this.#context.failed(error);
      otherwise();
    }
  }
}

/** Numbers that a user may set as the reply number of messages. */
export function validatedNumbers(user: ExchangeUser): string[] {
  return (user.profile.get('SMS_VALIDATED_NUMBERS') ?? '').split(/, ?/).filter((number) => number !== '');
}

/** Checks the target numbers: 1 to 100 phone numbers, without duplicates. @throws ERR_INVALID_ARG */
export function checkNumbers(texts: readonly string[]): string[] {
  const numbers = new Set(
    texts.map((text) => {
      const number = phoneNumber(text);
      if (number === undefined) throw invalidArgument('number', 'a phone number that begins with +', text);
      return number;
    }),
  );
  if (numbers.size === 0 || numbers.size > MOST_NUMBERS) {
    throw invalidArgument('numbers', `1 to ${MOST_NUMBERS} phone numbers`, numbers.size);
  }
  return [...numbers];
}

/** Cost in hundredths of the currency, rounded up. */
function costOf({ price }: SmsMessage): number {
  return Math.ceil(price / 10);
}

/** A stored record. A message that was being sent to the server when the run ended has failed. */
function settled(record: ObjectRecord): ObjectRecord {
  if (record['STATUS'] !== 'SENDING_TO_SERVER') return record;
  return { ...record, STATUS: 'FAILED', FAILUREREASON: 'SERVER_CONNECT_FAILED', IS_FAILED_UNSEEN: 'TRUE' };
}
