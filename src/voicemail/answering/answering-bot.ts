import {
  callback,
  checkOptions,
  having,
  line,
  needed,
  object,
  type Rules,
  rule,
  within,
} from '../../base/check.js';
import { during } from '../../base/during.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { ask, observe } from '../../base/listener/observe.js';
import { type Bot, bot } from '../../bot/bot.js';
import type { BotCall } from '../../bot/bot-call.js';
import type { Message } from '../../bot/conversation/record-message.js';
import { SPEAKABLE, type Speakable } from '../../bot/prompt/speakable.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import type { VoicemailArchive } from '../archive/voicemail-archive.js';

/** Keys for the review, which follows a message that was ended with a key. */
export interface ReviewKeys {
  /** Plays the message. Default `1`. */
  readonly listen?: string;
  /** Records the message again, after the tone. Default `2`. */
  readonly again?: string;
  /** Keeps the message. Hanging up and doing nothing also keep it. Default `3`. */
  readonly keep?: string;
  /** Discards the message. Default `9`. */
  readonly delete?: string;
}

/** Options of {@link answeringBot}. */
export interface AnsweringBotOptions {
  /** Handle of the called account. */
  readonly account: string;
  /** Archive for the messages. */
  readonly archive: VoicemailArchive;
  /**
   * Returns the greeting for a caller. Default: three rising tones. They are also used when it throws, with a warning.
   */
  readonly greetingFor?: (call: BotCall) => Speakable | undefined | Promise<Speakable | undefined>;
  /** Longest message, in milliseconds: 1000 to 600,000. Default 120,000. */
  readonly maxMs?: number;
  /** Silence that ends a message, in milliseconds: 1000 to 60,000. Default 5000. */
  readonly silenceMs?: number;
  /** Key that ends a message and leads to the review; empty for none. Default `#`. */
  readonly endKey?: string;
  readonly keys?: ReviewKeys;
  /** Played in the review. Default: two short tones. */
  readonly reviewPrompt?: Speakable;
  /** Played when the message was kept. Default: one low tone. */
  readonly goodbye?: Speakable;
  /** Shortest message that is kept, in milliseconds: 0 to 10,000. Default 500. */
  readonly minMs?: number;
  /** Called for each kept message, with its samples, before the call is hung up. */
  readonly onMessage?: (message: ArchivedMessage, samples: Int16Array) => void;
}

/** One key of a phone, or none. */
const KEY = rule(
  'one of 0-9, A-D, * and #, or empty',
  (value) => typeof value === 'string' && /^[0-9A-D*#]?$/.test(value),
);
/** Rules of the common options of an answering machine and its bot. */
export const ANSWERING_RULES: Rules<Omit<AnsweringBotOptions, 'account' | 'greetingFor' | 'onMessage'>> = {
  archive: needed(having('take', 'store')),
  maxMs: within(1000, 600_000, 'ms'),
  silenceMs: within(1000, 60_000, 'ms'),
  endKey: KEY,
  keys: object,
  reviewPrompt: SPEAKABLE,
  goodbye: SPEAKABLE,
  minMs: within(0, 10_000, 'ms'),
};
/** Rules of all options except `onMessage`. */
export const ANSWERING_BOT_RULES: Rules<Omit<AnsweringBotOptions, 'onMessage'>> = {
  ...ANSWERING_RULES,
  account: needed(line(1, 1000)),
  greetingFor: callback,
};
const RULES: Rules<AnsweringBotOptions> = { ...ANSWERING_BOT_RULES, onMessage: callback };
const REVIEW_KEYS: Rules<ReviewKeys> = { listen: KEY, again: KEY, keep: KEY, delete: KEY };

const GREETING: Speakable = [
  { tone: 500, ms: 200 },
  { tone: 700, ms: 200 },
  { tone: 950, ms: 300 },
];
const REVIEW: Speakable = [{ tone: 800, ms: 120 }, { silence: 80 }, { tone: 800, ms: 120 }];
const GOODBYE: Speakable = { tone: 400, ms: 300 };
const KEYS: Required<ReviewKeys> = { listen: '1', again: '2', keep: '3', delete: '9' };
const REVIEW_TIMEOUT_MS = 6000;
/** Largest number of review prompts for one message. After that the message is kept. */
const MAX_REVIEWS = 10;

/**
 * Creates the bot of the answering machine. It plays the greeting and a tone, and records until silence, a limit, a key
 * or the end of the call. The caller can review the message. It is then stored in an archive, like any other voicemail.
 *
 * @throws ERR_INVALID_ARG
 */
export function answeringBot(options: AnsweringBotOptions): Bot {
  const settings = resolve(options);
  return bot((call) => answer(call, settings), { name: 'answering-machine' });
}

type Settings = ReturnType<typeof resolve>;

async function answer(call: BotCall, settings: Settings): Promise<void> {
  const greeting = await during(
    call.clock,
    ask('greetingFor', () => settings.greetingFor(call)),
  );
  await call.say(greeting ?? GREETING, { bargeIn: 'digit' });
  const heardAt = call.clock.unixMs();
  const message = await take(call, settings);
  if (!message || message.durationMs < settings.minMs) return;
  const kept = await during(call.clock, keep(call, settings, message, heardAt));
  observe('onMessage', settings.onMessage, kept, message.samples);
  if (!call.call.over) await call.say(settings.goodbye);
}

/**
 * Records a message and lets the caller review it. Undefined when it is discarded. It is not lost when the caller hangs
 * up.
 */
async function take(call: BotCall, settings: Settings): Promise<Message | undefined> {
  const { maxMs, silenceMs, endKey, keys, reviewPrompt } = settings;
  const record = () => call.record({ maxMs, silenceMs, terminators: endKey });
  let message = await record();
  if (message.ended !== 'digit') return message;
  try {
    for (let asked = 0; asked < MAX_REVIEWS; asked++) {
      const { digits } = await call.gather({
        prompt: reviewPrompt,
        timeoutMs: REVIEW_TIMEOUT_MS,
        terminators: '',
      });
      if (digits === keys.delete) return undefined;
      if (digits === keys.keep || digits === '') return message;
      if (digits === keys.listen) await call.say(message.samples, { bargeIn: 'digit' });
      if (digits === keys.again) message = await record();
    }
  } catch (error) {
    // The caller hung up during the review: the newest message is kept.
    if (!(error instanceof JackfieldError && error.code === 'ERR_CALL_ENDED')) throw error;
  }
  return message;
}

async function keep(
  call: BotCall,
  { account, archive }: Settings,
  message: Message,
  heardAt: number,
): Promise<ArchivedMessage> {
  const facts = {
    account,
    id: call.id,
    type: 'INCOMING',
    partner: call.partner.handle,
    partnerName: call.partner.name,
    timestamp: Math.floor(heardAt / 1000),
    durationSeconds: Math.ceil(message.durationMs / 1000),
    played: false,
  };
  const { key } = archive.catalogue.see(facts);
  const intake = await archive.take(facts);
  try {
    await intake.write(message.samples);
    const stored = await archive.store(key, intake, { ledger: message.ledger });
    // There is no original on an endpoint.
    archive.catalogue.setOriginal(key, 'gone');
    return stored.message;
  } finally {
    await intake.discard();
  }
}

function resolve(options: AnsweringBotOptions) {
  checkOptions(options, RULES);
  if (options.keys) checkOptions(options.keys, REVIEW_KEYS, 'keys.');
  const {
    greetingFor = () => undefined,
    maxMs = 120_000,
    silenceMs = 5000,
    endKey = '#',
    minMs = 500,
    reviewPrompt = REVIEW,
    goodbye = GOODBYE,
  } = options;
  const keys = { ...KEYS, ...options.keys };
  const distinct = new Set(Object.values(keys));
  if (distinct.size < Object.keys(KEYS).length || [...distinct].some((key) => !/^[0-9*#]$/.test(key))) {
    throw invalidArgument('keys', 'four different keys of 0-9, * and #', Object.values(keys).join(' '));
  }
  const { account, archive, onMessage } = options;
  const rest = { maxMs, silenceMs, endKey, minMs, keys, reviewPrompt, goodbye };
  return Object.freeze({ account, archive, onMessage, greetingFor, ...rest });
}
