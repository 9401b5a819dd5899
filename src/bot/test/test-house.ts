import { rule } from '../../base/check.js';
import { during } from '../../base/during.js';
import { JackfieldError } from '../../base/errors.js';
import { type Clock, sleep, systemClock, type VirtualClock } from '../../base/time/clock.js';
import { attach } from '../../control/attach.js';
import type { Client } from '../../control/client/client.js';
import { type MemoryEndpoint, MemoryTransport } from '../../control/transport/memory-transport.js';
import { PcmServer } from '../../tcp/pcm-server.js';
import { BotHost } from '../bot-host.js';
import { melodyEngine } from '../prompt/melody-engine.js';
import { Prompts } from '../prompt/prompts.js';
import { BOT_HANDLE } from './bot-handle.js';
import { CallerCard } from './caller-card.js';
import { TestCaller } from './test-caller.js';
import type { TestTranscript } from './test-transcript.js';

/** A user of a {@link TestExchange}. */
export interface TestUser {
  readonly handle: string;
  readonly soundCard?: { capture(frame: Int16Array): void; play(frame: Int16Array): void };
}

/** The exchange that carries a test's calls. */
export interface TestExchange extends AsyncDisposable {
  endpoint(handle: string): MemoryEndpoint;
}

/** Starts a {@link TestExchange}. The class `Exchange` implements it. */
export interface TestExchangeStarter {
  start(options: {
    readonly clock: Clock;
    readonly patienceMs: number;
    readonly users: readonly TestUser[];
  }): Promise<TestExchange>;
}

/** The actions of one person in a test. */
export type TestScene = (person: TestCaller) => Promise<void>;

/** The rule of a {@link TestExchangeStarter}. */
export const STARTER = rule('the class Exchange', (value) => typeof Object(value).start === 'function');

/** Longest wait of a tick of the exchange for the bot's voice, in milliseconds of real time. */
const PATIENCE_MS = 10_000;
/**
 * Turns of the event loop without a due timer after which time is up: about two seconds. Turns are counted
 * instead of time, since the awaited work also needs turns when the machine is busy. After the first turns, each takes
 * a millisecond.
 */
const MAX_IDLE_TURNS = 2000;
const SHORT_TURNS = 20;

/** Context of one test: the exchange, the host of the bot, and the people. */
export class TestHouse {
  readonly host: BotHost;
  readonly people: readonly TestCaller[];
  readonly #owned: readonly AsyncDisposable[];

  private constructor(host: BotHost, people: readonly TestCaller[], owned: readonly AsyncDisposable[]) {
    this.host = host;
    this.people = people;
    this.#owned = owned;
  }

  /** Opens the parts of a test. `people` is in the order of `handles`. */
  static async open(
    handles: readonly string[],
    clock: Clock,
    transcript: TestTranscript,
    options: { readonly exchange: TestExchangeStarter; readonly prompts?: Prompts },
  ): Promise<TestHouse> {
    const cards = handles.map((handle) => ({ handle, soundCard: new CallerCard() }));
    const users = [{ handle: BOT_HANDLE }, ...cards];
    const exchange = await options.exchange.start({ clock, patienceMs: PATIENCE_MS, users });
    const owned: AsyncDisposable[] = [exchange];
    const attached = async (handle: string): Promise<Client> => {
      const client = await attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
      owned.push(client);
      return client;
    };
    const prompts = options.prompts ?? (await Prompts.open({ engine: melodyEngine() }));
    const server = new PcmServer();
    const host = new BotHost({ client: await attached(BOT_HANDLE), server, prompts, clock });
    host.on('trace', (_, what) => transcript.add('bot', what));
    host.on('result', ({ outcome, error }) =>
      transcript.add('bot', `${outcome}${error ? `: ${error.message}` : ''}`),
    );
    host.on('chatTrace', (_, what) => transcript.add('bot', what));
    host.on('chatResult', ({ outcome, partner, error }) =>
      transcript.add('bot', `${outcome} with ${partner}${error ? `: ${error.message}` : ''}`),
    );
    const people: TestCaller[] = [];
    for (const { handle, soundCard: card } of cards) {
      const client = await attached(handle);
      people.push(new TestCaller({ handle, client, clock, card, prompts, transcript }));
    }
    return new TestHouse(host, people, [...owned, server]);
  }

  async close(): Promise<void> {
    for (const each of this.#owned) await each[Symbol.asyncDispose]();
  }
}

/** Plays a person's scene, then hangs up. */
export async function act(person: TestCaller, scene: TestScene = async () => undefined): Promise<void> {
  await scene(person);
  await person.leaves();
}

/**
 * Runs `work` on a clock that advances whenever nothing else is to be done. Sockets and files take no time on it, so it
 * does not jump to its limit. Time is up when no timer is due before the limit and nothing happens for a while.
 *
 * @throws ERR_TIMEOUT
 */
export async function runOn(clock: VirtualClock, limitMs: number, work: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const until = clock.now() + limitMs;
  const ended = work().finally(() => over.abort());
  ended.catch(() => undefined);
  await during(clock, Promise.resolve());
  for (let idle = 0; !over.signal.aborted; idle++) {
    const before = clock.now();
    await clock.run({ signal: over.signal, until });
    if (clock.now() !== before) idle = 0;
    if (idle > MAX_IDLE_TURNS && until !== Infinity)
      throw new JackfieldError('ERR_TIMEOUT', `The test was not over after ${limitMs} ms on its clock.`);
    await (idle < SHORT_TURNS ? new Promise((resolve) => setImmediate(resolve)) : sleep(systemClock, 1));
  }
  await ended;
}
