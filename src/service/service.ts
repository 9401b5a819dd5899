import { callback, checkOptions, having, type Rules } from '../base/check.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import { Opening } from '../base/opening.js';
import { CLOCK, type Clock, systemClock } from '../base/time/clock.js';
import type { Queue } from '../bot/queue/queue.js';
import type { CallControl } from '../call/call-control.js';
import { JOINER, type VoiceJoiner } from '../call/join-voice.js';
import { attach } from '../control/attach.js';
import { MemoryTransport } from '../control/transport/memory-transport.js';
import type { Transport } from '../control/transport/transport.js';
import { transportAt } from '../control/transport/transport-address.js';
import { Exchange } from '../exchange/exchange.js';
import { Scenario } from '../exchange/scenario/scenario.js';
import { readText, readToken } from '../files/key-files.js';
import { Recorder } from '../recording/recorder/recorder.js';
import { recorderOptions } from '../recording/recorder/recorder-config.js';
import type { RecorderOptions } from '../recording/recorder/recorder-options.js';
import { VoicemailArchive } from '../voicemail/archive/voicemail-archive.js';
import { flowVoicemail } from '../voicemail/flow-voicemail.js';
import { Places, Staff } from './attendants.js';
import { Campaigns } from './campaigns.js';
import { changedConfig } from './config/changed-config.js';
import { danglingNames } from './config/dangling-names.js';
import { type ServiceConfig, serviceConfigSchema } from './config/service-config.js';
import { EMBEDDED } from './embedded-exchange.js';
import { EventFeed } from './feed/event-feed.js';
import { ACCOUNT_TAG, FeedSources } from './feed/feed-sources.js';
import { type Office, ServiceLine, type Shift } from './service-line.js';
import type { MetricsState } from './watch/feed-metrics.js';

export interface ServiceOptions {
  /** Feed for the events of the service. Default: its own feed. */
  readonly feed?: EventFeed;
  /** Clock of the service. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Exchange for endpoints with an address `exchange:HANDLE`. Default: that of the configuration. */
  readonly exchange?: Exchange;
  /** Joins the voice of calls that another process has redirected. Default: such calls are not joined. */
  readonly join?: VoiceJoiner;
  /**
   * Opens companions of the service, such as its control socket. Called when every endpoint is attached, before a call
   * is answered and before the event `ready`. An error fails the start.
   */
  readonly beside?: (service: Service) => Promise<void>;
}

const RULES: Rules<ServiceOptions> = {
  feed: having('tell', 'read'),
  clock: CLOCK,
  exchange: having('endpoint'),
  join: JOINER,
  beside: callback,
};

/** A service made by a configuration of endpoints, a recorder, bots, an answering machine and campaigns. */
export class Service implements Office, AsyncDisposable {
  readonly feed: EventFeed;
  readonly sources: FeedSources;
  readonly clock: Clock;
  readonly places = new Places();
  /** Queues with stored state, by folder. They outlive a reload, because callers wait in them. */
  readonly queueFolders = new Map<string, Queue>();
  readonly campaigns: Campaigns;
  readonly join: VoiceJoiner | undefined;
  readonly #queues = new Set<Queue>();
  #config: ServiceConfig;
  #staff: Staff | undefined;
  /** Attendants of earlier configurations with messages that are not reported yet. */
  readonly #formerStaff = new Set<Promise<void>>();
  #recorder: Recorder | undefined;
  #draining = false;
  readonly #lines: ServiceLine[] = [];
  #exchange: Exchange | undefined;
  #archive: VoicemailArchive | undefined;
  readonly #closers: (() => unknown)[] = [];

  private constructor(config: ServiceConfig, options: ServiceOptions) {
    const { feed, clock = systemClock, exchange, join } = options;
    this.join = join;
    this.#config = config;
    this.clock = clock;
    this.feed = feed ?? new EventFeed(clock);
    this.sources = new FeedSources(this.feed);
    this.#exchange = exchange;
    this.campaigns = new Campaigns(this);
  }

  /**
   * Starts all parts; resolves when every endpoint is attached.
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_FLOW, ERR_SYNTAX for the files of a part; ERR_INVALID_STATE when another
   * process uses its folder; errors of {@link attach}.
   */
  static async start(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
    checkOptions(options, RULES);
    const service = new Service(checked(config), options);
    await using opening = new Opening();
    opening.add(service, (it) => it[Symbol.asyncDispose]());
    await service.#open(options.beside);
    return opening.done(service);
  }

  get lines(): readonly ServiceLine[] {
    return this.#lines;
  }

  /** Current figures for metrics. */
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

  get calendars(): Office['calendars'] {
    return this.#config.calendars ?? {};
  }

  get staff(): Staff {
    if (this.#staff) return this.#staff;
    throw new JackfieldError('ERR_INVALID_STATE', 'The service has not started yet.');
  }

  /** The recorder of all endpoints; undefined when the configuration has none. */
  get recorder(): Recorder | undefined {
    return this.#recorder;
  }

  /** True when no more calls are answered or placed. */
  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Uses another configuration for later calls. Current calls and their bots are not affected.
   * @returns the changed parts that take effect only after a restart.
   * @throws ERR_FILE, ERR_FLOW, ERR_WAV, ERR_TOOL, ERR_INVALID_ARG; after an error nothing has changed.
   */
  async reload(config: ServiceConfig): Promise<readonly string[]> {
    const { changed, unchanged } = changedConfig(checked(config), this.#config);
    const staff = await this.#read(changed);
    const campaigns = await this.campaigns.prepare(changed);
    await using opening = new Opening();
    const shifts: Shift[] = [];
    for (const line of this.#lines) shifts.push(opening.add(await line.prepare(staff), (it) => it.cancel()));
    if (changed.record) await this.#recorder?.configure(await this.#recorderOptions(changed));
    // Nothing can fail from here on.
    const former: Promise<void> = this.staff.settled().finally(() => this.#formerStaff.delete(former));
    this.#formerStaff.add(former);
    this.#config = changed;
    this.#staff = staff;
    for (const shift of opening.done(shifts)) shift.begin();
    campaigns();
    const text = unchanged.length > 0 ? `only at the next start: ${unchanged.join(', ')}` : 'all of it';
    this.feed.tell({ type: 'service', what: 'configured', text });
    return unchanged;
  }

  /** Answers no more calls. Resolves when the last call of its bots has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.feed.tell({ type: 'service', what: 'draining' });
    // A campaign closes its host when its calls have ended.
    await this.campaigns.drained();
    await Promise.all(this.#lines.map((line) => line.drained()));
  }

  /** Ends the calls of its bots and all recordings, and resolves when their files are complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    const campaigns = this.campaigns.drained();
    // Order: bots hang up, then recordings are completed, then ports and endpoints are closed.
    const steps = [
      ...this.#lines.map((line) => () => line.quit()),
      () => campaigns,
      () => Promise.all([...this.#formerStaff, this.#staff?.settled()]),
      () => Promise.all([...this.#queues].map((queue) => queue.close())),
      () => this.#recorder?.close(),
      () => this.campaigns[Symbol.asyncDispose](),
    ];
    for (const close of [...steps, ...this.#closers.splice(0).reverse()]) {
      try {
        await close();
      } catch (error) {
        this.feed.failed('close', error);
      }
    }
    this.feed.tell({ type: 'service', what: 'ended' });
  }

  async #open(beside: ServiceOptions['beside']): Promise<void> {
    const { exchange, record, answeringMachine, endpoints } = this.#config;
    if (exchange && !this.#exchange) await this.#openExchange(exchange);
    if (this.#exchange) this.sources.exchange(this.#exchange);
    if (answeringMachine) {
      const { archive: folder, encryptTo } = answeringMachine;
      const options = { clock: this.clock, ...(encryptTo && { encryptTo }) };
      const archive = await VoicemailArchive.open(folder, options);
      this.#archive = archive;
      this.#closers.push(() => archive.close());
    }
    if (record) {
      const recorder = await Recorder.open(await this.#recorderOptions(this.#config));
      this.#recorder = recorder;
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
      const line = new ServiceLine(name, account, client, this);
      this.#lines.push(line);
      this.#closers.push(() => line[Symbol.asyncDispose]());
    }
    this.#staff = await this.#read(this.#config);
    for (const line of this.#lines) (await line.prepare(this.#staff)).begin();
    const campaigns = await this.campaigns.prepare(this.#config);
    await beside?.(this);
    for (const line of this.#lines) line.begin();
    campaigns();
    this.feed.tell({ type: 'service', what: 'ready' });
  }

  /** Takes a queue of a flow. Its events are sent to the feed, and it is closed with the service. @internal */
  queue(queue: Queue): void {
    this.#queues.add(queue);
    this.sources.queue(queue);
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
        `${address} needs an exchange: add the field "exchange" to the configuration.`,
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
      const line = this.#lineOf(call);
      return line ? { [ACCOUNT_TAG]: line.account } : {};
    };
    const options = await recorderOptions(record ?? {});
    const { join } = this;
    return {
      ...{ ...options, clock: this.clock, tagsOf },
      ...(join && { recording: { ...options.recording, join } }),
    };
  }

  #lineOf(call: CallControl): ServiceLine | undefined {
    return this.#lines.find(({ client }) => client.callById(call.id) === call);
  }

  #read(config: ServiceConfig): Promise<Staff> {
    return Staff.read(config, {
      clock: this.clock,
      archive: this.#archive,
      accounts: this.#lines,
      taker: (taker) => this.sources.machine(taker),
      queueFolders: this.queueFolders,
      queue: (queue) => this.queue(queue),
      leaveVoicemail: async (prompts, message) => {
        const line = this.#lineOf(message.call.call);
        if (!line) throw new JackfieldError('ERR_CLOSED', 'The endpoint of the call is disconnected.');
        const { client, server } = line;
        await flowVoicemail({ client, server, prompts, clock: this.clock })(message);
      },
    });
  }
}

/** A service waits for a lost endpoint without a limit. */
const PATIENT = { reattach: { giveUpAfterMs: Number.POSITIVE_INFINITY } } as const;

/** @throws ERR_INVALID_ARG for an invalid configuration. */
function checked(config: ServiceConfig): ServiceConfig {
  const parsed = serviceConfigSchema.safeParse(config);
  const issue = parsed.success ? danglingNames(parsed.data)[0] : parsed.error.issues[0];
  if (parsed.success && !issue) return parsed.data;
  throw invalidArgument(['config', ...(issue?.path ?? [])].join('.'), `right: ${issue?.message}`, config);
}
