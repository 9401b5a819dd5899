import { checkArgument, whole } from '../base/check.js';
import { Opening } from '../base/opening.js';
import { RequestError } from '../base/request-error.js';
import type { Clock } from '../base/time/clock.js';
import { sleep } from '../base/time/clock.js';
import type { BotCall } from '../bot/bot-call.js';
import { BotHost } from '../bot/bot-host.js';
import type { Prompts } from '../bot/prompt/prompts.js';
import type { CallControl } from '../call/call-control.js';
import type { VoiceJoiner } from '../call/join-voice.js';
import type { Call } from '../control/call/call.js';
import type { Client } from '../control/client/client.js';
import type { Recorder } from '../recording/recorder/recorder.js';
import { PcmServer } from '../tcp/pcm-server.js';
import {
  type AnswerRule,
  type Calendars,
  type OfferedCall,
  type Verdict,
  weighRules,
} from './answer-rules.js';
import type { Attendant, Places, ServedAccount, Staff } from './attendants.js';
import { NOBODY } from './config/service-config.js';
import type { EventFeed } from './feed/event-feed.js';
import type { FeedSources } from './feed/feed-sources.js';

/** Settings of the service that a line reads for each call. A reload changes them for later calls. */
export interface Office {
  readonly clock: Clock;
  readonly feed: EventFeed;
  readonly sources: FeedSources;
  readonly recorder: Recorder | undefined;
  readonly rules: readonly AnswerRule[];
  readonly calendars: Calendars;
  readonly staff: Staff;
  readonly places: Places;
  readonly draining: boolean;
  readonly join: VoiceJoiner | undefined;
}

/** Attendants that are ready to replace those of a line. */
export interface Shift {
  /** Makes the new attendants answer. The old ones keep their current calls. */
  begin(): void;
  /** Drops the new attendants. */
  cancel(): Promise<void>;
}

/** An attendant with a reserved place for a call. */
interface Seat {
  readonly attendant: Attendant;
  readonly host: BotHost;
  leave(): void;
}

/**
 * One endpoint of a service. It decides by the rules who answers each call. Bots and recorder share one redirection of
 * the call's voice.
 */
export class ServiceLine implements ServedAccount, AsyncDisposable {
  readonly name: string;
  readonly account: string;
  readonly client: Client;
  readonly server = new PcmServer();
  readonly #office: Office;
  /** Hosts of the attendants in the current configuration. */
  #posts = new Map<Attendant, BotHost>();
  /** All hosts, including those of campaigns, and those of earlier configurations that still have calls. */
  readonly #hosts = new Set<BotHost>();
  readonly #talks = new Map<Call['id'], { readonly talk: BotCall; readonly bot: string }>();
  /** Calls placed on request whose bot has not finished. */
  readonly #placed = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #onCall = (call: Call) =>
    void this.#meet(call).catch((error: unknown) => this.#failed(error, call));

  /** @internal */
  constructor(name: string, account: string, client: Client, office: Office) {
    this.name = name;
    this.account = account;
    this.client = client;
    this.#office = office;
    office.sources.client(name, account, client);
    office.sources.server(this.server, account);
  }

  /** True while the endpoint is attached. */
  get up(): boolean {
    return this.client.state.status === 'attached';
  }

  /** The current calls known to the client. */
  get calls(): readonly Call[] {
    return [...this.client.calls];
  }

  /** The conversation of the bot on this call. */
  talk(call: number): BotCall | undefined {
    checkArgument('call', call, whole(0, Number.MAX_SAFE_INTEGER));
    return this.#talks.get(call)?.talk;
  }

  /** Name of the bot on this call. */
  botOn(call: number): string | undefined {
    checkArgument('call', call, whole(0, Number.MAX_SAFE_INTEGER));
    return this.#talks.get(call)?.bot;
  }

  /** Takes calls from now on, including those that arrived since it was attached. */
  begin(): void {
    this.client.on('call', this.#onCall);
    for (const call of this.calls) this.#onCall(call);
  }

  /** Prepares new attendants to replace the current ones. */
  async prepare(staff: Staff): Promise<Shift> {
    const posts = new Map<Attendant, BotHost>();
    await using opening = new Opening();
    for (const attendant of staff.of(this.account)) {
      const host = opening.add(this.host(attendant.prompts), (it) => this.dismiss(it));
      posts.set(attendant, host);
      await host.prepare(attendant.bot);
    }
    return opening.done({
      begin: () => {
        for (const host of this.#posts.values()) void this.dismiss(host);
        this.#posts = posts;
      },
      cancel: async () => {
        for (const host of posts.values()) await this.dismiss(host);
      },
    });
  }

  /** Creates a host of bots on this line. */
  host(prompts: Prompts): BotHost {
    const { clock, recorder, sources, join } = this.#office;
    const { client, server } = this;
    const host = new BotHost({
      ...{ client, server, clock, prompts },
      ...(recorder && { record: recorder }),
      ...(join && { join }),
    });
    sources.host(host, this.account);
    host.on('talking', (talk, { name: bot }) => this.#talks.set(talk.id, { talk, bot }));
    host.on('result', ({ callId }) => this.#talks.delete(callId));
    this.#hosts.add(host);
    return host;
  }

  /**
   * Places a call for an attendant, which talks when it is answered. Resolves when the call is placed.
   * @throws ERR_INVALID_STATE while the service drains, and when the attendant has no free place; as `BotHost.call`.
   */
  async place(to: string, attendant: Attendant): Promise<Call> {
    const { draining, places } = this.#office;
    if (draining)
      throw new RequestError('ERR_INVALID_STATE', 'The service is draining: it places no more calls.', RUNS);
    const leave = places.take(attendant);
    if (!leave) {
      const text = `${attendant.name} has reached its limit of ${attendant.maxCalls} calls.`;
      throw new RequestError('ERR_INVALID_STATE', text, 'a bot with fewer calls');
    }
    // A separate host, so that a reload does not affect the call.
    const host = this.host(attendant.prompts);
    return await new Promise<Call>((onPlaced, reject) => {
      const talked: Promise<void> = host
        .call(attendant.bot, to, { signal: this.#stop.signal, onPlaced })
        .then(() => undefined, reject)
        .finally(() => {
          leave();
          this.#placed.delete(talked);
          return this.dismiss(host);
        });
      this.#placed.add(talked);
    });
  }

  /** Stops giving calls to a host. It is removed when its last call has ended. */
  async dismiss(host: BotHost): Promise<void> {
    await host.close();
    this.#hosts.delete(host);
  }

  /** Number of hosts: those of attendants and campaigns, and those of earlier configurations that still have calls. */
  get hostCount(): number {
    return this.#hosts.size;
  }

  /** Takes no more calls, and resolves when the bots have finished theirs. */
  async drained(): Promise<void> {
    await Promise.all([...this.#placed, ...[...this.#hosts].map((host) => host.close())]);
  }

  /** Takes no more calls, and hangs up the calls of its bots. */
  async quit(): Promise<void> {
    this.client.off('call', this.#onCall);
    this.#stop.abort();
    await Promise.all([...this.#hosts].map((host) => host[Symbol.asyncDispose]()));
  }

  /** Quits, and detaches from the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit();
    await this.client.close();
    await this.server.close();
  }

  readonly offered = async (call: CallControl): Promise<OfferedCall> => {
    const ask = (property: string) => call.text(property).catch(() => '');
    const [caller, number, userStatus] = await Promise.all([
      ask('PARTNER_HANDLE'),
      ask('TARGET_IDENTITY'),
      this.client.parameters.get('USERSTATUS').catch(() => ''),
    ]);
    // TARGET_IDENTITY has the called number for calls from a phone (reference, "CALL object").
    const called = number === '' ? this.account : number;
    return { endpoint: this.name, caller, called, userStatus, unixMs: this.#office.clock.unixMs() };
  };

  async #meet(call: Call): Promise<void> {
    const type = await call.text('TYPE').catch(() => '');
    // An attendant redirects the voice of its calls, and they are recorded there. The recorder redirects all other
    // calls itself.
    if (await this.#hasPlaced(call)) return;
    const seat = type.startsWith('INCOMING') ? await this.#decide(call) : undefined;
    try {
      if (call.over) return;
      if (seat) await seat.host.run(seat.attendant.bot, call);
      else this.#office.recorder?.meet(call, this.server);
    } finally {
      seat?.leave();
    }
  }

  async #hasPlaced(call: Call): Promise<boolean> {
    const placed = await Promise.all([...this.#hosts].map((host) => host.hasPlaced(call)));
    return placed.includes(true);
  }

  /**
   * Decides who answers, and waits for the time of ringing. If the attendant has no free place, the next matching rule
   * decides; without another rule the call is refused. After a reload the new rules decide.
   */
  async #decide(call: Call): Promise<Seat | undefined> {
    const office = this.#office;
    const heardAt = office.clock.now();
    const full = new Set<AnswerRule>();
    while (!office.draining && !call.over) {
      const { staff } = office;
      const verdict = weighRules(office.rules, office.calendars, await this.offered(call)).find(
        ({ rule, fits }) => fits && !full.has(rule),
      );
      const attendant = this.#attendantOf(verdict);
      this.#tell(call, verdict, attendant, full);
      if (!attendant) {
        if (full.size > 0 && !verdict) await call.refuse().catch(() => undefined);
        return undefined;
      }
      const afterMs = verdict?.rule.afterMs ?? attendant.afterMs;
      if (!(await this.#rings(call, heardAt + afterMs))) return undefined;
      if (office.staff !== staff || office.draining) continue;
      const host = this.#posts.get(attendant);
      const leave = office.places.take(attendant);
      if (host && leave) return { attendant, host, leave };
      office.feed.tell({
        ...{ type: 'bot', account: this.account, call: call.id, bot: attendant.name, what: 'refused' },
        reason: `It has reached its limit of ${attendant.maxCalls} calls.`,
      });
      if (verdict) full.add(verdict.rule);
    }
    return undefined;
  }

  #attendantOf(verdict: Verdict<AnswerRule> | undefined): Attendant | undefined {
    if (!verdict || verdict.rule.answer === NOBODY) return undefined;
    return this.#office.staff.find(verdict.rule.answer, this.account);
  }

  #tell(
    { id }: Call,
    verdict: Verdict<AnswerRule> | undefined,
    attendant: Attendant | undefined,
    full: ReadonlySet<AnswerRule>,
  ): void {
    const busy = [...full].map(({ name, answer }) => `${name}: ${answer} has no free place`);
    const why = [...busy, verdict?.reason ?? 'no rule matches'].join('; ');
    this.#office.feed.tell({
      ...{ type: 'decision', account: this.account, call: id, rule: verdict?.rule.name ?? '' },
      ...(attendant && { answer: attendant.name }),
      reason: why,
    });
  }

  /** Waits until this time on the clock. Resolves to true if the call is still ringing. */
  async #rings(call: Call, at: number): Promise<boolean> {
    const { clock } = this.#office;
    if (at <= clock.now()) return isRinging(call);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    const rung = sleep(clock, at - clock.now(), { signal }).then(() => isRinging(call));
    const answered = call.reached('INPROGRESS', { signal }).then(() => false);
    return await Promise.race([rung, answered])
      .catch(() => false)
      .finally(() => stop.abort());
  }

  #failed(error: unknown, { id }: Call): void {
    this.#office.feed.failed(`line ${this.name}`, error, { account: this.account, call: id });
  }
}

const RUNS = 'a service that is not draining';

function isRinging({ over, state }: Call): boolean {
  return !over && (state === undefined || state.phase === 'placing');
}
