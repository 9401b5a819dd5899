import { checkOptions, having, type Rules } from '../base/check.js';
import { CLOCK, type Clock, systemClock } from '../base/clock.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import { Opening } from '../base/opening.js';
import { readFlow } from '../bot/flow/flow.js';
import { flowBot } from '../bot/flow/flow-bot.js';
import { espeakEngine } from '../bot/prompt/espeak-engine.js';
import { melodyEngine } from '../bot/prompt/melody-engine.js';
import { Prompts } from '../bot/prompt/prompts.js';
import type { CallControl } from '../call/call-control.js';
import { attach } from '../control/attach.js';
import { MemoryTransport } from '../control/transport/memory-transport.js';
import type { Transport } from '../control/transport/transport.js';
import { transportAt } from '../control/transport/transport-address.js';
import { Exchange } from '../exchange/exchange.js';
import { Scenario } from '../exchange/scenario/scenario.js';
import { readText, readToken } from '../files/key-files.js';
import { Recorder } from '../recording/archive/recorder.js';
import { recorderOptions } from '../recording/archive/recorder-config.js';
import type { RecorderOptions } from '../recording/archive/recorder-options.js';
import { answeringBot } from '../voicemail/answering/answering-bot.js';
import { VoicemailArchive } from '../voicemail/archive/voicemail-archive.js';
import { MACHINE, type ServiceConfig, serviceConfigSchema } from './config/service-config.js';
import { EventFeed } from './feed/event-feed.js';
import { ACCOUNT_TAG, FeedSources } from './feed/feed-sources.js';
import { type Attendant, type Office, ServiceLine } from './service-line.js';
import type { MetricsState } from './watch/feed-metrics.js';

export interface ServiceOptions {
  /** Told of what happens. Default: a feed of its own. */
  readonly feed?: EventFeed;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** The exchange that endpoints are attached to as `exchange:HANDLE`. Default: that of the configuration. */
  readonly exchange?: Exchange;
}

const RULES: Rules<ServiceOptions> = {
  feed: having('tell', 'read'),
  clock: CLOCK,
  exchange: having('endpoint'),
};

/** Parts of a configuration that are taken at the start alone. */
const FIXED = ['endpoints', 'exchange', 'answeringMachine', 'control', 'http', 'log'] as const;
const DEFAULT_MAX_CALLS = 100;
const MACHINE_RINGS_MS = 20_000;

/** Endpoints, a recorder, bots and an answering machine, put together by a configuration into one service. */
export class Service implements Office, AsyncDisposable {
  readonly feed: EventFeed;
  readonly sources: FeedSources;
  readonly clock: Clock;
  recorder: Recorder | undefined;
  draining = false;
  #config: ServiceConfig;
  #bots = new Map<string, Attendant>();
  readonly #machines = new Map<string, Attendant>();
  readonly #lines: ServiceLine[] = [];
  #exchange: Exchange | undefined;
  #archive: VoicemailArchive | undefined;
  readonly #closers: (() => unknown)[] = [];

  private constructor(config: ServiceConfig, { feed, clock = systemClock, exchange }: ServiceOptions) {
    this.#config = config;
    this.clock = clock;
    this.feed = feed ?? new EventFeed(clock);
    this.sources = new FeedSources(this.feed);
    this.#exchange = exchange;
  }

  /**
   * Starts all parts; resolves when every endpoint is attached.
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_FLOW, ERR_SYNTAX for what a part is made of; ERR_INVALID_STATE when its folder is used by
   * another one; what {@link attach} throws.
   */
  static async start(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
    checkOptions(options, RULES);
    const parsed = serviceConfigSchema.safeParse(config);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw invalidArgument(['config', ...(issue?.path ?? [])].join('.'), `right: ${issue?.message}`, config);
    }
    const service = new Service(parsed.data, options);
    await using opening = new Opening();
    opening.add(service, (it) => it[Symbol.asyncDispose]());
    await service.#open();
    return opening.done(service);
  }

  get lines(): readonly ServiceLine[] {
    return this.#lines;
  }

  /** Figures at the moment, for metrics. */
  get figures(): MetricsState {
    return {
      calls: () => new Map(this.#lines.map(({ account, calls }) => [account, calls.length])),
      recordings: () => this.recorder?.recordings.length ?? 0,
      endpoints: () => new Map(this.#lines.map(({ name, up }) => [name, up])),
    };
  }

  get rules(): Office['rules'] {
    return this.#config.rules ?? [];
  }

  attendant(name: string, account: string): Attendant | undefined {
    return name === MACHINE ? this.#machines.get(account) : this.#bots.get(name);
  }

  /**
   * Takes another configuration for the calls to come; those under way are left alone.
   * @returns the parts that differ, and cannot change until the service is started again.
   * @throws ERR_FILE, ERR_FLOW, ERR_INVALID_ARG; then nothing changes.
   */
  async reload(config: ServiceConfig): Promise<readonly string[]> {
    const unchanged = FIXED.filter(
      (part) => JSON.stringify(config[part]) !== JSON.stringify(this.#config[part]),
    );
    if (!config.record !== !this.#config.record) unchanged.push('record' as never);
    const bots = await attendantsOf(config);
    if (this.recorder && config.record) await this.recorder.configure(await this.#recorderOptions(config));
    this.#bots = bots;
    const fixed = Object.fromEntries(FIXED.map((part) => [part, this.#config[part]]));
    this.#config = { ...config, ...fixed } as ServiceConfig;
    const text = unchanged.length > 0 ? `not until the next start: ${unchanged.join(', ')}` : 'all of it';
    this.feed.tell({ type: 'service', what: 'configured', text });
    return unchanged;
  }

  /** Answers no more calls; resolves when the last one that its bots have is over. */
  async drain(): Promise<void> {
    this.draining = true;
    this.feed.tell({ type: 'service', what: 'draining' });
    await Promise.all(this.#lines.map((line) => line.drained()));
  }

  /** Ends the calls of its bots and all recordings, and resolves when their files are complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.draining = true;
    // Bots hang up first, then recordings are completed; ports and endpoints are let go of last.
    const steps = [...this.#lines.map((line) => () => line.quit()), () => this.recorder?.close()];
    for (const close of [...steps, ...this.#closers.splice(0).reverse()]) {
      try {
        await close();
      } catch (error) {
        this.feed.failed('close', error);
      }
    }
    this.feed.tell({ type: 'service', what: 'ended' });
  }

  async #open(): Promise<void> {
    const { exchange, record, answeringMachine, endpoints } = this.#config;
    this.#bots = await attendantsOf(this.#config);
    if (exchange && !this.#exchange) await this.#openExchange(exchange);
    if (this.#exchange) this.sources.exchange(this.#exchange);
    if (answeringMachine) {
      const archive = await VoicemailArchive.open(answeringMachine.archive, { clock: this.clock });
      this.#archive = archive;
      this.#closers.push(() => archive.close());
    }
    if (record) {
      const recorder = await Recorder.open(await this.#recorderOptions(this.#config));
      this.recorder = recorder;
      this.sources.recorder(recorder);
    }
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const client = await attach(await this.#transport(endpoint), {
        name: 'jackfield serve',
        ...PATIENT,
        clock: this.clock,
      });
      this.#closers.push(() => client.close());
      const account = await client.parameters.get('CURRENTUSERHANDLE');
      this.#addMachine(account);
      const line = new ServiceLine(name, account, client, this);
      this.#lines.push(line);
      this.#closers.push(() => line[Symbol.asyncDispose]());
    }
    this.feed.tell({ type: 'service', what: 'ready' });
  }

  async #openExchange({
    scenario: file,
    stateFolder,
  }: NonNullable<ServiceConfig['exchange']>): Promise<void> {
    const scenario = await Scenario.load(file, this.clock);
    const exchange = await Exchange.start({
      ...scenario.options,
      ...(stateFolder !== undefined && { stateFolder }),
    });
    this.#exchange = exchange;
    this.#closers.push(() => exchange.close());
    const end = await scenario.run(exchange);
    this.#closers.push(end);
  }

  async #transport({
    attach: address,
    token,
    tokenFile,
    tls,
  }: ServiceConfig['endpoints'][string]): Promise<Transport> {
    if (address.startsWith(EMBEDDED)) {
      if (this.#exchange) return new MemoryTransport(this.#exchange.endpoint(address.slice(EMBEDDED.length)));
      throw new JackfieldError(
        'ERR_INVALID_ARG',
        `${address} needs an exchange: add one to the configuration.`,
      );
    }
    const secret = token ?? (tokenFile === undefined ? undefined : await readToken(tokenFile));
    const [ca, cert, key] = await Promise.all(
      [tls?.caFile, tls?.certFile, tls?.keyFile].map((file) =>
        file === undefined ? undefined : readText(file),
      ),
    );
    return transportAt(address, {
      ...(secret !== undefined && { token: secret }),
      ...(tls && {
        tls: {
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
        },
      }),
    });
  }

  async #recorderOptions({ record }: ServiceConfig): Promise<RecorderOptions> {
    const tagsOf = (call: CallControl) => {
      const line = this.#lines.find(({ client }) => client.callById(call.id) === call);
      return line ? { [ACCOUNT_TAG]: line.account } : {};
    };
    return { ...(await recorderOptions(record ?? {})), clock: this.clock, tagsOf };
  }

  #addMachine(account: string): void {
    const archive = this.#archive;
    const { answeringMachine } = this.#config;
    if (!archive || !answeringMachine) return;
    const { maxMs, silenceMs } = answeringMachine;
    const bot = answeringBot({
      account,
      archive,
      ...(maxMs !== undefined && { maxMs }),
      ...(silenceMs !== undefined && { silenceMs }),
      onMessage: (message) => {
        const file = archive.audioFile(message) ?? '';
        const durationMs = message.durationSeconds * 1000;
        this.feed.tell({ type: 'message', account, partner: message.partner, file, durationMs });
      },
    });
    this.#machines.set(account, { bot, prompts: undefined, maxCalls: 1000, afterMs: MACHINE_RINGS_MS });
  }
}

const EMBEDDED = 'exchange:';
/** A service waits for an endpoint that is gone until it is there again. */
const PATIENT = { reattach: { giveUpAfterMs: Number.POSITIVE_INFINITY } } as const;
const ENGINES = { none: () => undefined, melody: melodyEngine, 'espeak-ng': () => espeakEngine() } as const;

/** Reads every flow with what it says: one that could not speak is refused now. */
async function attendantsOf({ bots = {} }: ServiceConfig): Promise<Map<string, Attendant>> {
  const attendants = new Map<string, Attendant>();
  for (const [
    name,
    { flow: file, prompts: folder, speech = 'none', maxCalls = DEFAULT_MAX_CALLS },
  ] of Object.entries(bots)) {
    const engine = ENGINES[speech]();
    const prompts = await Prompts.open({
      ...(folder !== undefined && { folder }),
      ...(engine && { engine }),
    });
    const bot = { ...flowBot(await readFlow(file, { prompts })), name };
    attendants.set(name, { bot, prompts, maxCalls, afterMs: 0 });
  }
  return attendants;
}
