import { replies } from '../../protocol/replies.js';
import { decodeProperty, encodeProperty } from '../../protocol/values.js';
import { phoneNumber } from '../../switch/identity.js';
import { errorReply, Refusal, taking } from '../api/refusal.js';
import { kindOf } from '../object/object-kind.js';
import { smsChunks } from '../sms/sms-chunks.js';
import { SMS_TYPES, type SmsMessage } from '../sms/sms-message.js';
import { checkNumbers, LONGEST_BODY, MOST_CHUNKS, validatedNumbers } from '../sms/sms-messages.js';
import { checkText } from '../wire-value.js';

/** The SMS object (reference, "SMS object", "Sending and managing SMS messages"). */
export const smsKind = kindOf<'SMS', SmsMessage>({
  object: 'SMS',
  find: ({ services, user }, id) => services.sms.objects.of(user, id),
  value: ({ object }, property) => object.get(property),
  defaults: {
    BODY: '',
    FAILUREREASON: 'UNKNOWN',
    IS_FAILED_UNSEEN: 'FALSE',
    TIMESTAMP: '0',
    PRICE: '0',
    PRICE_PRECISION: '3',
    PRICE_CURRENCY: 'EUR',
    REPLY_TO_NUMBER: '',
    TARGET_NUMBERS: '',
    TARGET_STATUSES: '',
  },
  get: {
    CHUNKING(_asking, { cut: { chunks, lastLength } }) {
      return encodeProperty('SMS', 'CHUNKING', { chunks: chunks.length, lastLength });
    },
    CHUNK(_asking, { cut: { chunks } }, argument) {
      const text = /^\d{1,3}$/.test(argument) ? chunks[Math.max(0, Number(argument) - 1)] : undefined;
      if (text === undefined) throw new Refusal('invalid-argument', `there are ${chunks.length} chunks`);
      return `${argument} ${text}`;
    },
  },
  set: {
    BODY({ services }, message, value) {
      checkComposing(message);
      // The text may be enclosed in two quotes.
      checkText('BODY', value, LONGEST_BODY + 2);
      if (smsChunks(decodeProperty('SMS', 'BODY', value)).chunks.length > MOST_CHUNKS) {
        throw new Refusal('invalid-argument', `the text must fit into ${MOST_CHUNKS} chunks`);
      }
      services.sms.setBody(message, value);
      return value;
    },
    REPLY_TO_NUMBER({ services, user }, message, value) {
      checkComposing(message);
      const number = value === '' ? '' : phoneNumber(value);
      if (number === undefined || (number !== '' && !validatedNumbers(user).includes(number))) {
        throw new Refusal('invalid-argument', 'the number must be one of SMS_VALIDATED_NUMBERS');
      }
      message.object.tell('REPLY_TO_NUMBER', number);
      services.sms.objects.save(message);
      return number;
    },
    TARGET_NUMBERS({ services }, message, value) {
      checkComposing(message);
      services.sms.setNumbers(message, checkNumbers(decodeProperty('SMS', 'TARGET_NUMBERS', value)));
      return message.object.get('TARGET_NUMBERS');
    },
    SEEN({ services }, message) {
      services.sms.see(message);
      return undefined;
    },
  },
  alter: {
    SEND({ services }, message) {
      if (!message.isComposing) return false;
      if (message.type !== 'CONFIRMATION_CODE_REQUEST' && message.body === '') return false;
      services.sms.send(message);
      return true;
    },
  },
  create({ services, user }, argument) {
    const [word = ''] = argument.split(' ', 1);
    if (word === '') throw new Refusal('create-object');
    const type = SMS_TYPES.find((each) => each === word.toUpperCase());
    if (!type) throw new Refusal(errorReply('create-type'));
    const targets = decodeProperty('SMS', 'TARGET_NUMBERS', argument.slice(word.length));
    const numbers = taking('create-object', () => checkNumbers(targets));
    if (type !== 'OUTGOING' && numbers.length > 1)
      throw new Refusal('create-object', 'a code goes to one number');
    const { id, status } = services.sms.create(user, type, numbers);
    return replies.property('SMS', id, 'STATUS', status);
  },
  delete({ services, user }, id) {
    const message = services.sms.objects.of(user, id);
    if (!message) throw new Refusal('unknown-object');
    services.sms.remove(message);
  },
  search: {
    SMSS: ({ services, user }) => services.sms.objects.listOf(user).map(({ id }) => id),
    MISSEDSMSS: ({ services, user }) =>
      services.sms.objects.listOf(user).flatMap(({ id, status }) => (status === 'RECEIVED' ? [id] : [])),
  },
});

/** Checks that the message is still being written. @throws Refusal when it is not. */
function checkComposing({ isComposing }: SmsMessage): void {
  if (!isComposing) throw new Refusal('not-now');
}
