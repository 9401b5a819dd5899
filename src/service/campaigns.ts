import { asError, JackfieldError } from '../base/errors.js';
import { type Clock, sleep } from '../base/time/clock.js';
import { runCampaign } from '../bot/outbound/campaign.js';
import type { CampaignLine } from '../bot/outbound/campaign-call.js';
import { CampaignLog } from '../bot/outbound/campaign-log.js';
import { type ReadCampaign, readCampaign } from '../bot/outbound/read-campaign.js';
import { openPrompts } from '../bot/prompt/open-prompts.js';
import type { Prompts } from '../bot/prompt/prompts.js';
import type { Queue } from '../bot/queue/queue.js';
import type { AttachState } from '../control/client/attach-state.js';
import { flowVoicemail } from '../voicemail/flow-voicemail.js';
import type { CampaignStage } from './campaign-stage.js';
import type { ServiceConfig } from './config/service-config.js';
import type { EventFeed } from './feed/event-feed.js';
import type { ServiceLine } from './service-line.js';

/** Current state of a campaign. */
export interface CampaignStatus {
  readonly campaign: string;
  readonly endpoint: string;
  readonly stage: CampaignStage;
  /** Number of targets on its list. */
  readonly targets: number;
  /** Number of called targets by the outcome of their last call. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The reason of the stage `failed` or `waiting`. */
  readonly reason?: string;
}

/** The parts of a service that campaigns use. */
export interface CampaignOffice {
  readonly clock: Clock;
  readonly feed: EventFeed;
  readonly lines: readonly ServiceLine[];
  /** Queues with stored state, by folder. */
  readonly queueFolders: Map<string, Queue>;
  /** Called with each queue of a flow. */
  queue(queue: Queue): void;
}

type CampaignConfig = NonNullable<ServiceConfig['campaigns']>[string];

/** A checked campaign with the line for its calls. */
interface Plan {
  readonly name: string;
  readonly config: CampaignConfig;
  readonly campaign: ReadCampaign;
  readonly prompts: Prompts;
  readonly line: ServiceLine;
  readonly folder: string;
}

/** Pause before an endpoint that did not answer in time is tried again, in milliseconds. */
const AGAIN_MS = 60_000;
const DEFAULT_FOLDER = 'recordings';
/** Error codes of an unavailable endpoint. */
const AWAY: readonly string[] = ['ERR_ATTACH_UNAVAILABLE', 'ERR_CLOSED', 'ERR_TIMEOUT'];

/** The campaigns of a service, by name. The log stores their calls and the last requested state. */
export class Campaigns implements AsyncDisposable {
  readonly #office: CampaignOffice;
  readonly #logs = new Map<string, CampaignLog>();
  readonly #running = new Map<string, RunningCampaign>();
  /** Removed campaigns that still have calls. */
  readonly #leaving = new Set<Promise<void>>();
  #over = false;

  constructor(office: CampaignOffice) {
    this.#office = office;
  }

  /**
   * Reads the campaigns of a configuration. Resolves to a function that applies them. New campaigns start if requested.
   * Changed ones continue with the new configuration after their current calls. Removed ones are stopped.
   *
   * @throws ERR_FILE, ERR_FLOW, ERR_INVALID_ARG, as `jackfield campaign run`. After an error nothing has changed.
   */
  async prepare({ campaigns = {}, record }: ServiceConfig): Promise<() => void> {
    const plans: Plan[] = [];
    for (const [name, config] of Object.entries(campaigns)) {
      const { prompts: folder, speech, cache, endpoint, begin: _, log, ...source } = config;
      const line = this.#office.lines.find((each) => endpoint === undefined || each.name === endpoint);
      if (!line) throw new JackfieldError('ERR_INVALID_ARG', `The campaign ${name} has no endpoint.`);
      const prompts = await openPrompts({ prompts: folder, speech, cache });
      const campaign = await readCampaign(source, prompts);
      plans.push({ name, config, campaign, prompts, line, folder: log ?? record?.out ?? DEFAULT_FOLDER });
    }
    for (const { folder } of plans)
      if (!this.#logs.has(folder)) this.#logs.set(folder, CampaignLog.open(folder));
    return () => this.#apply(plans);
  }

  /** Current state of all campaigns. */
  get status(): readonly CampaignStatus[] {
    return [...this.#running.values()].map((campaign) => campaign.status);
  }

  /**
   * Starts or continues a campaign. It is started again after a restart.
   *
   * @throws ERR_INVALID_ARG; ERR_INVALID_STATE; ERR_FILE.
   */
  start(name: string): CampaignStatus {
    const campaign = this.#named(name);
    if (this.#over)
      throw new JackfieldError('ERR_INVALID_STATE', 'The service is draining: it starts no more calls.');
    campaign.want('run');
    campaign.start();
    return campaign.status;
  }

  /** Stops placing calls, also after a restart. Current calls continue. @throws ERR_INVALID_ARG; ERR_FILE. */
  stop(name: string): CampaignStatus {
    const campaign = this.#named(name);
    campaign.want('stop');
    campaign.stop();
    return campaign.status;
  }

  /** Stops placing calls until the next start. Resolves when the current calls have ended. */
  async drained(): Promise<void> {
    this.#over = true;
    for (const campaign of this.#running.values()) campaign.stop();
    await Promise.all([...this.#leaving, ...[...this.#running.values()].map((each) => each.settled)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drained();
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  #apply(plans: readonly Plan[]): void {
    for (const [name, campaign] of this.#running) {
      if (plans.some((plan) => plan.name === name)) continue;
      campaign.stop();
      this.#running.delete(name);
      const left: Promise<void> = campaign.settled.finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    for (const plan of plans) {
      const before = this.#running.get(plan.name);
      const log = this.#logs.get(plan.folder);
      if (!log) continue;
      const campaign = new RunningCampaign(plan, log, this.#office, before?.settled);
      before?.stop();
      this.#running.set(plan.name, campaign);
      const will = log.will(plan.name) ?? (plan.config.begin === 'at-once' ? 'run' : 'stop');
      if (will === 'run' && !this.#over) campaign.start();
    }
  }

  #named(name: string): RunningCampaign {
    const campaign = this.#running.get(name);
    if (campaign) return campaign;
    const names = [...this.#running.keys()].join(', ');
    const known = names ? `There is ${names}.` : 'The configuration has no campaigns.';
    throw new JackfieldError('ERR_INVALID_ARG', `There is no campaign "${name}". ${known}`);
  }
}

/** One campaign with one configuration. */
class RunningCampaign {
  readonly #plan: Plan;
  readonly #log: CampaignLog;
  readonly #office: CampaignOffice;
  #stage: CampaignStage = 'idle';
  #reason: string | undefined;
  #stop = new AbortController();
  /**
   * Settles when all earlier runs have ended. Runs do not overlap: a current call would be mistaken for one of a killed
   * process.
   */
  #settled: Promise<void>;

  constructor(
    plan: Plan,
    log: CampaignLog,
    office: CampaignOffice,
    before: Promise<void> = Promise.resolve(),
  ) {
    this.#plan = plan;
    this.#log = log;
    this.#office = office;
    this.#settled = before;
  }

  get settled(): Promise<void> {
    return this.#settled;
  }

  get status(): CampaignStatus {
    const { name, line, campaign } = this.#plan;
    const summary = this.#log.summaries().find((each) => each.campaign === name);
    return {
      ...{ campaign: name, endpoint: line.name, stage: this.#stage, targets: campaign.targets.length },
      outcomes: summary?.outcomes ?? {},
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }

  want(will: 'run' | 'stop'): void {
    this.#log.setWill(this.#plan.name, will);
  }

  start(): void {
    if (this.#stage === 'running' || this.#stage === 'waiting') return;
    this.#stop = new AbortController();
    this.#moved('running');
    const { signal } = this.#stop;
    this.#settled = this.#settled.then(() => this.#run(signal));
  }

  stop(): void {
    if (this.#stage !== 'running' && this.#stage !== 'waiting') return;
    this.#moved('stopping');
    this.#stop.abort();
  }

  /** Runs to the end of the list, also when the endpoint is lost meanwhile. Never rejects. */
  async #run(stop: AbortSignal): Promise<void> {
    const { name, line } = this.#plan;
    if (!stop.aborted) this.#tell({ what: 'begun' });
    try {
      while (!stop.aborted && !(await this.#stretch(stop)));
      // Started again meanwhile: the new run continues after this one.
      if (stop !== this.#stop.signal) return;
      if (stop.aborted) {
        this.#moved('stopped');
        this.#tell({ what: 'stopped' });
        return;
      }
      this.#log.setWill(name, undefined);
      this.#moved('ended');
      this.#tell({ what: 'ended' });
    } catch (error) {
      const { message } = asError(error);
      this.#moved('failed', message);
      this.#tell({ what: 'failed', reason: message });
      this.#office.feed.failed(`campaign ${name}`, error, { account: line.account });
    }
  }

  /** Places calls while the endpoint is available. Resolves to true at the end of the list. */
  async #stretch(stop: AbortSignal): Promise<boolean> {
    const { name, line, campaign, prompts } = this.#plan;
    const { clock, queueFolders } = this.#office;
    if (line.client.state.status === 'closed') {
      throw new JackfieldError('ERR_CLOSED', `The endpoint ${line.name} is closed.`);
    }
    if (!line.up) await this.#wait('the endpoint is disconnected', line.client.attached({ signal: stop }));
    if (stop.aborted || !line.up) return false;
    const lost = new AbortController();
    const look = ({ status }: AttachState) => {
      if (status !== 'attached') lost.abort();
    };
    line.client.on('state', look);
    const host = line.host(prompts);
    const { client, server } = line;
    const leaveVoicemail = flowVoicemail({ client, server, prompts, clock });
    const botFor = (each: CampaignLine) =>
      campaign.bot(each, {
        ...{ leaveVoicemail, queueFolders },
        onQueue: (queue) => this.#office.queue(queue),
      });
    try {
      const options = { ...campaign.options, clock, store: this.#log.store(name) };
      const signal = AbortSignal.any([stop, lost.signal]);
      for await (const call of runCampaign(host, botFor, campaign.targets, { ...options, signal })) {
        const { target, outcome, error } = call;
        this.#tell({ what: 'called', target, outcome, ...(error !== undefined && { reason: error }) });
      }
      return !lost.signal.aborted;
    } catch (error) {
      if (!(error instanceof JackfieldError && AWAY.includes(error.code))) throw error;
      await this.#wait(error.message, sleep(clock, AGAIN_MS, { signal: stop }));
      return false;
    } finally {
      line.client.off('state', look);
      await line.dismiss(host);
    }
  }

  /** Waits for a promise in the stage `waiting`. */
  async #wait(reason: string, until: Promise<unknown>): Promise<void> {
    this.#moved('waiting', reason);
    this.#tell({ what: 'waiting', reason });
    await until.catch(() => undefined);
    if (this.#stage === 'waiting') this.#moved('running');
  }

  #moved(stage: CampaignStage, reason?: string): void {
    this.#stage = stage;
    this.#reason = reason;
  }

  #tell(what: {
    readonly what: 'begun' | 'called' | 'waiting' | 'stopped' | 'ended' | 'failed';
    readonly target?: string;
    readonly outcome?: string;
    readonly reason?: string;
  }): void {
    const { name, line } = this.#plan;
    this.#office.feed.tell({ type: 'campaign', account: line.account, campaign: name, ...what });
  }
}
