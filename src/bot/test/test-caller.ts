import {
  checkArgument,
  checkOptions,
  either,
  instance,
  line,
  object,
  oneOf,
  type Rules,
  rule,
  within,
  words,
} from '../../base/check.js';
import { during } from '../../base/during.js';
import { JackfieldError } from '../../base/errors.js';
import { msToSamples, samplesToMs } from '../../base/pcm.js';
import { type Clock, sleep } from '../../base/time/clock.js';
import { deadlineIn, type Wait, waitFor } from '../../base/wait.js';
import type { Call } from '../../control/call/call.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import type { ChatMessage } from '../../control/people/chat-message.js';
import { CALL_STATUSES, type CallStatus } from '../../protocol/status/call-status.js';
import { measureLevel } from '../../voice/level/level-meter.js';
import { dtmfSamples } from '../../voice/tone/dtmf.js';
import type { Prompts } from '../prompt/prompts.js';
import { describeSpeakable, SPEAKABLE, type Speakable } from '../prompt/speakable.js';
import { BOT_HANDLE } from './bot-handle.js';
import type { CallerCard } from './caller-card.js';
import { PromptFinder } from './prompt-finder.js';
import type { TestTranscript } from './test-transcript.js';

/** Parts of a {@link TestCaller}, assembled by `testBot`. */
export interface TestCallerParts {
  readonly handle: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly card: CallerCard;
  readonly prompts: Prompts;
  readonly transcript: TestTranscript;
}

export interface HearOptions {
  /** Longest wait for the beginning of the prompt, in milliseconds. Default 10,000. */
  readonly withinMs?: number;
  /** Length that has to be heard, from the beginning of the prompt, in milliseconds. Default: all. */
  readonly atLeastMs?: number;
  /** Least likeness, as a correlation: 0.3 to 1. Default 0.85. */
  readonly likeness?: number;
  readonly language?: string;
}

export interface PressOptions {
  /** Way of sending the key: a command to the endpoint, or a tone in the voice. Default `api`. */
  readonly by?: 'api' | 'tone';
  /** Pause between two keys, in milliseconds. Default 200. */
  readonly pauseMs?: number;
}

const TIME = within(0, Infinity, 'ms');
const LIMIT_RULES: Rules<{ readonly withinMs?: number }> = { withinMs: TIME };
const LANGUAGE = line(1, 100);
const HEAR_RULES: Rules<HearOptions> = {
  withinMs: TIME,
  atLeastMs: TIME,
  likeness: within(0.3, 1),
  language: LANGUAGE,
};
const SPEAK_RULES: Rules<{ readonly language?: string }> = { language: LANGUAGE };
const PRESS_RULES: Rules<PressOptions> = { by: oneOf('api', 'tone'), pauseMs: within(0, 10_000, 'ms') };
const WRITE_RULES: Rules<{ readonly to?: string }> = { to: words };
const EXPECTED = either(words, instance(RegExp));
const KEYS = rule('of 0-9, * and #', (value) => typeof value === 'string' && /^[0-9*#]*$/.test(value));
const STATUS = oneOf(...CALL_STATUSES);

/** RMS below which nothing is heard, in dBFS. */
const SILENCE_DBFS = -60;
const WITHIN_MS = 10_000;

/**
 * A scripted person that calls a bot, or is called by it. It speaks, presses keys, hangs up, recognises prompts, and
 * writes and reads messages.
 */
export class TestCaller {
  readonly handle: string;
  readonly #parts: TestCallerParts;
  readonly #calls: Call[] = [];
  /** Number of calls that {@link rings} has reported. */
  #rung = 0;
  /** Messages received and not read yet, oldest first. */
  readonly #unread: ChatMessage[] = [];
  /** Position in the received audio up to which prompts were recognised. */
  #heardUntil = 0;

  /** @internal */
  constructor(parts: TestCallerParts) {
    checkArgument('parts', parts, object);
    checkArgument('parts.client', parts.client, CLIENT);
    this.handle = parts.handle;
    this.#parts = parts;
    parts.client.on('call', (call) => {
      this.#calls.push(call);
      call.on('state', ({ status }) => this.#note(status));
    });
    parts.client.chats.on('message', (message) => {
      if (message.type === 'SAID' && message.from !== this.handle) this.#unread.push(message);
    });
  }

  /** The caller's newest call. @throws ERR_INVALID_STATE before the first call. */
  get call(): Call {
    const call = this.#calls.at(-1);
    if (call) return call;
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      `${this.handle} has no call: dial, or wait until it rings.`,
    );
  }

  /** Calls a target and waits for the answer. @throws ERR_TIMEOUT */
  async dials(target: string): Promise<void> {
    checkArgument('target', target, words);
    await this.#parts.client.call(target);
    this.#note(`dials ${target}`);
    await this.hasStatus('INPROGRESS', { withinMs: 60_000 });
  }

  /** Waits for a call and takes it. @throws ERR_TIMEOUT */
  async answers(options: { readonly withinMs?: number } = {}): Promise<void> {
    checkOptions(options, LIMIT_RULES);
    const known = this.#calls.length;
    const current = this.#calls.at(-1);
    if (current?.state?.phase !== 'placing') {
      await this.#wait('a call', options.withinMs ?? 60_000, (resolve) => {
        const onCall = () => this.#calls.length > known && resolve(true);
        this.#parts.client.on('call', onCall);
        return () => this.#parts.client.off('call', onCall);
      });
    }
    await this.hasStatus('RINGING');
    this.#note('answers');
    await this.call.answer();
    await this.hasStatus('INPROGRESS');
  }

  /** Waits without a limit until a new call rings. @throws ERR_CALL_ENDED */
  async rings(): Promise<void> {
    const isNew = () => this.#calls.length > this.#rung;
    if (!isNew()) {
      await this.#wait('a call', Infinity, (resolve) => {
        const onCall = () => isNew() && resolve(true);
        this.#parts.client.on('call', onCall);
        return () => this.#parts.client.off('call', onCall);
      });
    }
    this.#rung = this.#calls.length;
    await this.call.reached('RINGING');
  }

  /** Waits until the call has this status. @throws ERR_TIMEOUT, ERR_CALL_ENDED */
  async hasStatus(status: CallStatus, options: { readonly withinMs?: number } = {}): Promise<void> {
    checkArgument('status', status, STATUS);
    checkOptions(options, LIMIT_RULES);
    const stop = new AbortController();
    await this.#wait(`the status ${status}`, options.withinMs ?? WITHIN_MS, (resolve, reject) => {
      this.call.reached(status, { signal: stop.signal }).then(() => resolve(true), reject);
      return () => stop.abort();
    });
  }

  /**
   * Waits until the caller has heard `what`, after everything that it has recognised before. Resolves to its length, in
   * milliseconds. Prompts have to be recognised in the order in which they are played.
   *
   * @throws ERR_TIMEOUT; ERR_INVALID_ARG for silence, which matches everywhere.
   */
  async hears(what: Speakable, options: HearOptions = {}): Promise<number> {
    checkArgument('what', what, SPEAKABLE);
    checkOptions(options, HEAR_RULES);
    const { withinMs = WITHIN_MS, atLeastMs, likeness, language } = options;
    const whole = await this.#samples(what, language);
    const sought = atLeastMs === undefined ? whole : whole.slice(0, msToSamples(atLeastMs));
    const finder = new PromptFinder(sought, { likeness });
    const { card } = this.#parts;
    let from = this.#heardUntil;
    const limit = withinMs + samplesToMs(finder.length);
    await this.#wait(describeSpeakable(what), limit, (resolve) => {
      const look = () => {
        if (card.length - from < finder.length) return;
        const found = finder.find(card.heard(from));
        if (found) {
          this.#heardUntil = from + found.end;
          resolve(true);
        } else from = card.length - finder.length + 1;
      };
      look();
      return card.listen(look);
    });
    this.#note(`hears ${describeSpeakable(what)}`);
    return samplesToMs(sought.length);
  }

  /**
   * Waits until there was silence for `ms`. Resolves to the time until the silence began, in milliseconds.
   *
   * @throws ERR_TIMEOUT
   */
  async hearsSilence(ms: number, options: { readonly withinMs?: number } = {}): Promise<number> {
    checkArgument('ms', ms, TIME);
    checkOptions(options, LIMIT_RULES);
    const { card, clock } = this.#parts;
    const begun = clock.now();
    let quietSince = card.length;
    let from = card.length;
    await this.#wait(`${ms} ms of silence`, ms + (options.withinMs ?? WITHIN_MS), (resolve) =>
      card.listen(() => {
        const [level] = measureLevel(card.heard(from), 1);
        from = card.length;
        if ((level?.rmsDbfs ?? -Infinity) >= SILENCE_DBFS) quietSince = card.length;
        if (samplesToMs(card.length - quietSince) < ms) return;
        this.#heardUntil = card.length;
        resolve(true);
      }),
    );
    this.#note(`hears ${ms} ms of silence`);
    return Math.max(0, clock.now() - begun - ms);
  }

  /** Speaks; resolves when everything was said, or the call has ended. */
  async speaks(what: Speakable, options: { readonly language?: string } = {}): Promise<void> {
    checkArgument('what', what, SPEAKABLE);
    checkOptions(options, SPEAK_RULES);
    this.#note(`says ${describeSpeakable(what)}`);
    const samples = await this.#samples(what, options.language);
    await Promise.race([this.#parts.card.say(samples), this.call.ended()]);
  }

  /** Presses keys. @throws ERR_API when the call is not in progress. */
  async presses(keys: string, options: PressOptions = {}): Promise<void> {
    checkArgument('keys', keys, KEYS);
    checkOptions(options, PRESS_RULES);
    const { by = 'api', pauseMs = 200 } = options;
    for (const [index, key] of [...keys].entries()) {
      if (index > 0) await this.waits(pauseMs);
      this.#note(`presses ${key}${by === 'tone' ? ' (tone)' : ''}`);
      if (by === 'api') await this.call.sendDtmf(key);
      else await this.#parts.card.say(dtmfSamples(key, { pauseMs: 0 }));
    }
  }

  /** Writes a message, by default to the bot. Resolves when it is SENT. @throws ERR_CHAT_REFUSED, ERR_TIMEOUT */
  async writes(text: string, options: { readonly to?: string } = {}): Promise<void> {
    checkArgument('text', text, words);
    checkOptions(options, WRITE_RULES);
    this.#note(`writes ${JSON.stringify(text)}`);
    await this.#parts.client.chats.message(options.to ?? BOT_HANDLE, text);
  }

  /**
   * Waits for a message that contains `what`, after the messages read before. Resolves to its text.
   *
   * @param what Part of the text, or a pattern that it matches. Default: any text.
   * @throws ERR_TIMEOUT
   */
  async reads(what: string | RegExp = '', options: { readonly withinMs?: number } = {}): Promise<string> {
    checkArgument('what', what, EXPECTED);
    checkOptions(options, LIMIT_RULES);
    const wanted = ({ body = '' }: ChatMessage) =>
      typeof what === 'string' ? body.includes(what) : what.test(body);
    const sought = what === '' ? 'a message' : `the message ${what}`;
    let text = '';
    await this.#wait(sought, options.withinMs ?? WITHIN_MS, (resolve) => {
      const look = () => {
        const at = this.#unread.findIndex(wanted);
        if (at < 0) return;
        text = this.#unread.splice(0, at + 1).at(-1)?.body ?? '';
        resolve(true);
      };
      this.#parts.client.chats.on('message', look);
      look();
      return () => void this.#parts.client.chats.off('message', look);
    });
    this.#note(`reads ${JSON.stringify(text)}`);
    return text;
  }

  /** Waits for `ms` milliseconds on the clock of the test. */
  async waits(ms: number): Promise<void> {
    await sleep(this.#parts.clock, ms);
  }

  async hangsUp(): Promise<void> {
    this.#note('hangs up');
    await this.call.hangUp();
    await this.call.ended();
  }

  /** Hangs up all calls, if any. */
  async leaves(): Promise<void> {
    for (const call of this.#calls) await call.hangUp().catch(() => undefined);
  }

  /** Returns all received audio, 16 kHz mono, for your own assertions. */
  heard(): Int16Array {
    return this.#parts.card.heard(0);
  }

  #samples(what: Speakable, language: string | undefined): Promise<Int16Array> {
    return during(this.#parts.clock, this.#parts.prompts.samples(what, { language }));
  }

  #note(what: string): void {
    this.#parts.transcript.add(this.handle, what);
  }

  async #wait(what: string, timeoutMs: number, begin: Wait<true>['begin']): Promise<void> {
    const deadline = deadlineIn(this.#parts.clock, timeoutMs, () => {
      this.#note(`gives up waiting for ${what}`);
      throw new JackfieldError(
        'ERR_TIMEOUT',
        `${this.handle} waited ${Math.round(timeoutMs)} ms for ${what}, which did not come.`,
      );
    });
    await waitFor<true>({ what, deadline, begin });
  }
}
