import type { Clock } from '../base/clock.js';
import { sleep } from '../base/clock.js';
import type { Bot } from '../bot/bot.js';
import type { BotCall } from '../bot/bot-call.js';
import { BotHost } from '../bot/bot-host.js';
import type { Prompts } from '../bot/prompt/prompts.js';
import type { Client } from '../control/client/client.js';
import type { Call } from '../control/state/call.js';
import type { Recorder } from '../recording/archive/recorder.js';
import { PcmServer } from '../tcp/pcm-server.js';
import { type AnswerRule, ruleFor } from './answer-rules.js';
import { NOBODY } from './config/service-config.js';
import type { EventFeed } from './feed/event-feed.js';
import type { FeedSources } from './feed/feed-sources.js';

/** Somebody who can answer. */
export interface Attendant {
  readonly bot: Bot;
  readonly prompts: Prompts | undefined;
  readonly maxCalls: number;
  /** Rings so long, in milliseconds, where the rule does not say. */
  readonly afterMs: number;
}

/** Everything that a line asks of the service at each call: a reload changes it for the calls to come. */
export interface Office {
  readonly clock: Clock;
  readonly feed: EventFeed;
  readonly sources: FeedSources;
  readonly recorder: Recorder | undefined;
  readonly rules: readonly AnswerRule[];
  readonly draining: boolean;
  attendant(name: string, account: string): Attendant | undefined;
}

/**
 * One endpoint of a service. It decides once who answers each call, by the rules; everything else listens on the one
 * redirection of the call.
 */
export class ServiceLine implements AsyncDisposable {
  readonly name: string;
  readonly account: string;
  readonly client: Client;
  readonly server = new PcmServer();
  readonly #office: Office;
  readonly #hosts = new Map<Attendant, BotHost>();
  readonly #talks = new Map<Call['id'], { readonly talk: BotCall; readonly bot: string }>();
  readonly #stop = new AbortController();
  readonly #onCall = (call: Call) =>
    void this.#meet(call).catch((error: unknown) => this.#failed(error, call));

  constructor(name: string, account: string, client: Client, office: Office) {
    this.name = name;
    this.account = account;
    this.client = client;
    this.#office = office;
    office.sources.client(name, account, client);
    office.sources.server(this.server, account);
    client.on('call', this.#onCall);
  }

  /** True while the endpoint is attached. */
  get up(): boolean {
    return this.client.state.status === 'attached';
  }

  /** The calls that go on, as far as was heard. */
  get calls(): readonly Call[] {
    return [...this.client.calls];
  }

  /** The conversation of a bot on this call. */
  talk(call: number): BotCall | undefined {
    return this.#talks.get(call)?.talk;
  }

  /** Name of the bot that talks on this call. */
  botOn(call: number): string | undefined {
    return this.#talks.get(call)?.bot;
  }

  /** Takes no more calls, lets bots talk to the end of theirs. */
  async drained(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
  }

  /** Takes no more calls, and hangs up those of its bots. */
  async quit(): Promise<void> {
    this.client.off('call', this.#onCall);
    this.#stop.abort();
    await Promise.all([...this.#hosts.values()].map((host) => host[Symbol.asyncDispose]()));
  }

  /** Quits, and lets go of the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit();
    await this.client.close();
    await this.server.close();
  }

  async #meet(call: Call): Promise<void> {
    const { recorder, draining } = this.#office;
    const attendant = draining ? undefined : await this.#decide(call);
    if (call.over) return;
    // Whoever answers redirects the voice, and is recorded there; of any other call the recorder does it itself.
    if (attendant) await this.#host(attendant).run(attendant.bot, call);
    else recorder?.meet(call, this.server);
  }

  /** The one decision; it waits as long as the call is to ring. */
  async #decide(call: Call): Promise<Attendant | undefined> {
    const { clock, feed, rules } = this.#office;
    const ask = (property: string) => call.text(property).catch(() => '');
    const [type, caller] = await Promise.all([ask('TYPE'), ask('PARTNER_HANDLE')]);
    if (!type.startsWith('INCOMING')) return undefined;
    const rule = ruleFor(rules, { endpoint: this.name, caller, unixMs: clock.unixMs() });
    const answer = rule?.answer === NOBODY ? undefined : rule?.answer;
    feed.tell({
      ...{ type: 'decision', account: this.account, call: call.id, rule: rule?.name ?? '' },
      ...(answer !== undefined && { answer }),
    });
    const attendant = answer === undefined ? undefined : this.#office.attendant(answer, this.account);
    if (!attendant || !(await this.#rings(call, rule?.afterMs ?? attendant.afterMs))) return undefined;
    if (this.#host(attendant).activeCalls < attendant.maxCalls) return attendant;
    feed.tell({
      type: 'bot',
      account: this.account,
      call: call.id,
      bot: attendant.bot.name,
      what: 'refused',
    });
    await call.refuse().catch(() => undefined);
    return undefined;
  }

  /** True when the call still rings after this time. */
  async #rings(call: Call, afterMs: number): Promise<boolean> {
    if (afterMs === 0) return !call.over;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    const rung = sleep(this.#office.clock, afterMs, { signal }).then(() => true);
    const answered = call.reached('INPROGRESS', { signal }).then(() => false);
    return await Promise.race([rung, answered])
      .catch(() => false)
      .finally(() => stop.abort());
  }

  #host(attendant: Attendant): BotHost {
    const known = this.#hosts.get(attendant);
    if (known) return known;
    const { clock, recorder, sources } = this.#office;
    const { client, server } = this;
    const host = new BotHost({
      ...{ client, server, clock },
      ...(attendant.prompts && { prompts: attendant.prompts }),
      ...(recorder && { record: recorder }),
    });
    sources.host(host, this.account);
    host.on('talking', (talk, { name: bot }) => this.#talks.set(talk.id, { talk, bot }));
    host.on('result', ({ callId }) => this.#talks.delete(callId));
    this.#hosts.set(attendant, host);
    return host;
  }

  #failed(error: unknown, { id }: Call): void {
    this.#office.feed.failed(`line ${this.name}`, error, { account: this.account, call: id });
  }
}
