import {
  callback,
  checkArgument,
  checkOptions,
  having,
  listOf,
  oneOf,
  type Rules,
  rule,
  whole,
  words,
} from '../../base/check.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { phoneNumber } from '../../switch/identity.js';
import {
  SMS_REFUSALS,
  type SmsDispatch,
  type SmsGateway,
  type SmsRefusal,
  type SmsRoute,
} from './sms-gateway.js';

/** Every {@link SmsOutcome}. */
export const SMS_OUTCOMES = [
  'delivered',
  'failed',
  'pending',
  'not-routable',
  'undefined',
] as const satisfies readonly SmsOutcome[];

/** Outcome of a text to one number. */
export type SmsOutcome = 'delivered' | 'failed' | 'pending' | 'not-routable' | 'undefined';

/** Options of a {@link SimulatedSms}. */
export interface SimulatedSmsOptions {
  /** Price of each chunk to each number, in thousandths of the currency. Default 78. */
  readonly price?: number;
  /** Milliseconds that the analysis of a number takes. Default 300. */
  readonly analyseMs?: number;
  /** Milliseconds until the server has a message. Default 500. */
  readonly sendMs?: number;
  /** Milliseconds from then until the message arrives. Default 2000. */
  readonly deliverMs?: number;
  /** Outcomes by number. The first match counts; `*` at the end stands for any digits. Default: delivered. */
  readonly numbers?: readonly { readonly number: string; readonly outcome: SmsOutcome }[];
  /** Reason for which every message is refused. Default: none is refused. */
  readonly refusal?: SmsRefusal;
}

/** A text that a simulated phone has received. */
export interface SimulatedText {
  readonly to: string;
  /** Handle of its sender. */
  readonly from: string;
  readonly replyTo: string;
  readonly body: string;
}

/** Most texts that are kept. Beyond that the oldest are dropped. */
const MAX_TEXTS = 1000;

const DISPATCH = having('taken', 'refused', 'delivered', 'failed');
const MS = whole(0, 86_400_000, 'ms');
const RULES: Rules<SimulatedSmsOptions> = {
  price: whole(0, 1_000_000),
  analyseMs: MS,
  sendMs: MS,
  deliverMs: MS,
  numbers: listOf(
    rule(
      `{ number: a phone number that begins with +, or a prefix and *; outcome: ${SMS_OUTCOMES.join(', ')} }`,
      (value) => {
        const { number, outcome } = Object(value) as {
          readonly number?: unknown;
          readonly outcome?: unknown;
        };
        return (
          typeof number === 'string' &&
          /^\+\d*(\d|\*)$/.test(number) &&
          SMS_OUTCOMES.includes(outcome as SmsOutcome)
        );
      },
    ),
  ),
  refusal: oneOf(...SMS_REFUSALS),
};

/** A gateway without real phones. Texts arrive after a delay or fail, as the options say. */
export class SimulatedSms implements SmsGateway {
  readonly #clock: Clock;
  readonly #options: Required<Omit<SimulatedSmsOptions, 'refusal'>> & Pick<SimulatedSmsOptions, 'refusal'>;
  readonly #texts: SimulatedText[] = [];

  /** @throws ERR_INVALID_ARG, naming the option. */
  constructor(clock: Clock, options: SimulatedSmsOptions = {}) {
    checkArgument('clock', clock, CLOCK);
    checkOptions(options, RULES);
    this.#clock = clock;
    this.#options = { price: 78, analyseMs: 300, sendMs: 500, deliverMs: 2000, numbers: [], ...options };
  }

  /** The texts that have arrived, oldest first. The last 1000 are kept. */
  get texts(): readonly SimulatedText[] {
    return [...this.#texts];
  }

  analyse(number: string, found: (route: SmsRoute) => void): void {
    checkArgument('number', number, words);
    checkArgument('found', found, callback);
    const outcome = this.#outcomeOf(number);
    const { price, analyseMs } = this.#options;
    const isOpen = outcome !== 'not-routable' && outcome !== 'undefined';
    this.#in(analyseMs, () => found(isOpen ? { kind: 'acceptable', price } : { kind: outcome }));
  }

  send(dispatch: SmsDispatch): void {
    checkArgument('dispatch', dispatch, DISPATCH);
    const { refusal, sendMs, deliverMs } = this.#options;
    this.#in(sendMs, () => {
      if (refusal !== undefined) {
        dispatch.refused(refusal);
        return;
      }
      dispatch.taken();
      this.#in(deliverMs, () => {
        for (const number of dispatch.numbers) this.#arrive(dispatch, number);
      });
    });
  }

  #arrive(dispatch: SmsDispatch, to: string): void {
    const outcome = this.#outcomeOf(to);
    if (outcome === 'pending') return;
    if (outcome !== 'delivered') {
      dispatch.failed(to);
      return;
    }
    const { from, replyTo, body } = dispatch;
    this.#texts.push({ to, from, replyTo, body });
    if (this.#texts.length > MAX_TEXTS) this.#texts.shift();
    dispatch.delivered(to);
  }

  #outcomeOf(number: string): SmsOutcome {
    const known = phoneNumber(number) ?? number;
    const row = this.#options.numbers.find(({ number: each }) =>
      each.endsWith('*') ? known.startsWith(each.slice(0, -1)) : known === each,
    );
    return row?.outcome ?? 'delivered';
  }

  #in(ms: number, task: () => void): void {
    this.#clock.timerAt(this.#clock.now() + ms, task);
  }
}
