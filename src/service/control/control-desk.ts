import { checkArgument, having, object, oneOf, words } from '../../base/check.js';
import { issuesText, NothingThere, RequestError } from '../../base/request-error.js';
import type { Call } from '../../control/call/call.js';
import type { Service } from '../service.js';
import type { ServiceLine } from '../service-line.js';
import {
  CONTROL_COMMANDS,
  type ControlArguments,
  type ControlCommand,
  type ControlResult,
} from './control-commands.js';

/** Callbacks to the owner of the service. */
export interface ControlHooks {
  /** Reads the configuration again. Resolves to the parts that cannot change now. */
  reload(): Promise<readonly string[]>;
  /** Called when the last call has ended after `drain`. */
  drained(): void;
}

type Handlers = {
  readonly [C in ControlCommand]: (args: ControlArguments<C>) => Promise<ControlResult<C>> | ControlResult<C>;
};

/** The call of a request, and its line. */
interface Found {
  readonly line: ServiceLine;
  readonly call: Call;
}

const COMMAND = oneOf(...Object.keys(CONTROL_COMMANDS));

/** Carries out the commands for a service, from all sources. */
export class ControlDesk {
  readonly service: Service;
  readonly #hooks: ControlHooks;
  readonly #startedAt: string;
  readonly #handlers: Handlers;

  /** @throws ERR_INVALID_ARG. */
  constructor(service: Service, hooks: ControlHooks) {
    checkArgument('service', service, having('drain', 'reload'));
    checkArgument('hooks', hooks, having('reload', 'drained'));
    this.service = service;
    this.#hooks = hooks;
    this.#startedAt = new Date(service.clock.unixMs()).toISOString();
    this.#handlers = this.#made();
  }

  /**
   * Checks the arguments of a command and carries it out. Commands that change something are reported on the feed.
   * @param by Name of the client on the feed.
   * @throws ERR_INVALID_ARG, ERR_INVALID_STATE; errors of the endpoint.
   */
  async obey<C extends ControlCommand>(name: C, args: object, by: string): Promise<ControlResult<C>> {
    checkArgument('name', name, COMMAND);
    checkArgument('args', args, object);
    checkArgument('by', by, words);
    const { at, takes } = CONTROL_COMMANDS[name];
    const { data, error } = takes.safeParse(args);
    if (!data) throw new RequestError('ERR_INVALID_ARG', issuesText(error.issues));
    const result = await this.#handlers[name](data as ControlArguments<C>);
    if (at.startsWith('POST')) {
      const { account, call } = { ...data, ...result } as { account?: string; call?: number };
      const about = { ...(account !== undefined && { account }), ...(call !== undefined && { call }) };
      this.service.feed.tell({ type: 'control', ...about, command: name, by });
    }
    return result;
  }

  #made(): Handlers {
    const { service } = this;
    return {
      status: () => this.#status(),
      calls: () => service.lines.flatMap((line) => line.calls.map((call) => view({ line, call }, service))),
      call: async ({ to, account, bot }) => {
        const line = this.#line(account);
        const targets = to.split(',').map((each) => each.trim());
        const { id } = await (bot === undefined ? line.client.call(targets) : this.#have(bot, line, targets));
        return { call: id, account: line.account };
      },
      answer: (args) => this.#act(args, ({ call }) => call.answer()),
      hangup: (args) => this.#act(args, ({ call }) => call.hangUp()),
      hold: (args) => this.#act(args, ({ call }) => call.hold()),
      resume: (args) => this.#act(args, ({ call }) => call.resume()),
      digits: (args) => this.#act(args, ({ call }) => call.sendDtmf(args.digits)),
      transfer: (args) => this.#act(args, ({ call }) => call.transfer(args.to)),
      say: (args) => this.#act(args, (found) => say(found, args.text)),
      'record-pause': (args) => this.#act(args, ({ call }) => this.#recording(call).pause('by control')),
      'record-resume': (args) => this.#act(args, ({ call }) => this.#recording(call).resume('by control')),
      campaigns: () => [...service.campaigns.status],
      'campaign-start': ({ campaign }) => service.campaigns.start(campaign),
      'campaign-stop': ({ campaign }) => service.campaigns.stop(campaign),
      drain: () => {
        void service.drain().then(() => this.#hooks.drained());
        return { calls: service.lines.reduce((sum, { calls }) => sum + calls.length, 0) };
      },
      reload: async () => ({ unchanged: [...(await this.#hooks.reload())] }),
      tail: () => ({}),
    };
  }

  async #act(
    { call: id, account }: { readonly call: number; readonly account?: string | undefined },
    act: (found: Found) => unknown,
  ): Promise<{ call: number; account: string }> {
    const found = this.#find(id, account);
    await act(found);
    return { call: id, account: found.line.account };
  }

  #find(id: number, account: string | undefined): Found {
    const found = this.service.lines.flatMap((line) => {
      const call = account === undefined || line.account === account ? line.client.callById(id) : undefined;
      return call && !call.over ? [{ line, call }] : [];
    });
    const [first, second] = found;
    if (!first) throw new NothingThere('ERR_INVALID_ARG', `There is no call ${id}.`, 'a call in progress');
    if (second) throw several(`Several accounts have a call ${id}.`, found);
    return first;
  }

  /** The line of an account. Without an account, the only line of the service. */
  #line(account: string | undefined): ServiceLine {
    const { lines } = this.service;
    const found = account === undefined ? lines : lines.filter((line) => line.account === account);
    const [first, second] = found;
    if (!first) {
      const accounts = lines.map((line) => line.account).join(', ');
      throw new NothingThere('ERR_INVALID_ARG', `There is no account ${account}.`, `account: ${accounts}`);
    }
    if (second)
      throw several(
        'The service has several accounts.',
        found.map((line) => ({ line })),
      );
    return first;
  }

  /** Places a call for a bot. */
  async #have(bot: string, line: ServiceLine, [to = '', ...others]: readonly string[]): Promise<Call> {
    const bots = this.service.staff.bots;
    const attendant = bots.find(({ name }) => name === bot);
    if (!attendant) {
      const expected = bots.length > 0 ? `bot: one of ${bots.map(({ name }) => name).join(', ')}` : 'no bot';
      throw new NothingThere('ERR_INVALID_ARG', `The configuration has no bot ${bot}.`, expected);
    }
    if (others.length > 0)
      throw new RequestError(
        'ERR_INVALID_ARG',
        'A bot places one call at a time.',
        'to: one handle or number',
      );
    return await line.place(to, attendant);
  }

  #recording(call: Call) {
    const found = this.service.recorder?.recordings.find((recording) => recording.call === call);
    if (found) return found;
    throw new RequestError(
      'ERR_INVALID_STATE',
      `Call ${call.id} is not being recorded.`,
      'a call that is recorded',
    );
  }

  #status(): ControlResult<'status'> {
    const { lines, recorder, feed, draining } = this.service;
    return {
      pid: process.pid,
      startedAt: this.#startedAt,
      draining,
      endpoints: lines.map(({ name, account, up, calls }) => ({ name, account, up, calls: calls.length })),
      recordings: recorder?.recordings.length ?? 0,
      readers: feed.readers.map(({ name, waiting, dropped }) => ({ name, waiting, dropped })),
    };
  }
}

async function say({ line, call }: Found, text: string): Promise<void> {
  const talk = line.talk(call.id);
  if (!talk) {
    throw new RequestError('ERR_INVALID_STATE', `Call ${call.id} has no bot.`, 'a call with a bot');
  }
  await talk.say(talk.hasPrompt(text) ? text : { text });
}

function several(what: string, found: readonly Pick<Found, 'line'>[]): RequestError {
  const accounts = found.map(({ line }) => line.account).join(', ');
  return new RequestError(
    'ERR_INVALID_ARG',
    `${what} Give one of ${accounts}.`,
    `account: one of ${accounts}`,
  );
}

function view({ line, call }: Found, { recorder }: Service): ControlResult<'calls'>[number] {
  const recording = recorder?.recordings.find((each) => each.call === call);
  const bot = line.botOn(call.id);
  const type = call.properties.get('TYPE') ?? '';
  return {
    endpoint: line.name,
    account: line.account,
    call: call.id,
    partner: call.properties.get('PARTNER_HANDLE') ?? '',
    direction: type.startsWith('INCOMING') ? 'in' : type.startsWith('OUTGOING') ? 'out' : 'unknown',
    status: call.status,
    ...(bot !== undefined && { bot }),
    recorded: recording?.begun ?? false,
    paused: recording?.paused ?? false,
  };
}
