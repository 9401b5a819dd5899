import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bot } from '../../src/bot/bot.js';
import type { BotCall } from '../../src/bot/bot-call.js';
import { bridge, Room } from '../../src/bot/room.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../src/bot/test/test-caller.js';
import type { TestExchangeStarter, TestScene } from '../../src/bot/test/test-house.js';
import type { TransferFailedError } from '../../src/bot/transfer/transfer-failed-error.js';
import { attach } from '../../src/control/attach.js';
import type { CallEndedError } from '../../src/control/call/call-ended-error.js';
import type { Client } from '../../src/control/client/client.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';

/** An operation on two calls: the call of the caller, and that of somebody else. */
type Operation = (call: BotCall, limits: { timeoutMs?: number }) => Promise<string>;

const named = (call: BotCall, ended: BotCall | undefined) =>
  ended === undefined ? 'nothing' : ended === call ? 'the caller’s call' : 'the other call';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '`transfer`': async (call, limits) => {
    const { endedBy } = await call.transfer('agent', limits);
    return `resolves, \`endedBy: '${endedBy}'\``;
  },
  '`transfer`, `blind`': async (call, limits) => {
    await call.transfer('agent', { ...limits, blind: true });
    await call.pause(500).catch(() => undefined);
    return 'resolves when it is taken';
  },
  '`dial`': async (call, limits) => {
    const other = await call.dial('agent', limits);
    const waits = [call, other].map((each) =>
      each.pause(60_000).then(
        () => 'nothing',
        () => named(call, each),
      ),
    );
    return `resolves; waits on ${await Promise.race(waits)} throw \`ERR_CALL_ENDED\``;
  },
  '`bridge`': async (call, limits) => {
    const ended = await bridge(call, await call.dial('agent'), limits);
    return `resolves to ${named(call, ended)}`;
  },
  '`Room.join`': async (call, limits) => {
    const other = await call.dial('agent');
    const room = new Room();
    const others = room.join(other).catch(() => undefined);
    const stays = others.then(() => call.pause(1000)).then(() => 'goes on');
    return await Promise.race([room.join(call, limits).then(() => 'resolves'), stays]);
  },
  '`joinConference`': async (call) => {
    const other = await call.dial('agent');
    const [first, second] = [call, other].map((each) => botClient?.callById(each.call.id));
    await second!.joinConference(first!);
    expect(await second!.get('CONF_ID')).toBeGreaterThan(0);
    await Promise.race([call.call.ended(), other.call.ended()]);
    await other.pause(1000).catch(() => undefined);
    return `resolves; the other call ${other.call.over ? 'is over' : 'goes on'}`;
  },
};

/** A client of the bot's endpoint beside that of its host. It closes with the exchange. */
let botClient: Client | undefined;

/** An exchange on which whoever talks is busy for others. */
const oneCallEach: TestExchangeStarter = {
  start: async (options) => {
    const users = options.users.map((user) => ({ ...user, callWaiting: user.handle === 'the.bot' }));
    const exchange = await Exchange.start({ ...options, users });
    botClient = await attach(new MemoryTransport(exchange.endpoint('the.bot')), { clock: options.clock });
    return exchange;
  },
};

interface Event {
  readonly agent: TestScene;
  readonly caller?: TestScene;
  readonly limits?: { timeoutMs: number };
  /** False where it cannot come about when both calls are in progress. */
  readonly ringing: boolean;
}

const rung =
  (what: TestScene): TestScene =>
  async (agent) => {
    await agent.rings();
    await what(agent);
  };
const answers =
  (what: TestScene): TestScene =>
  async (agent) => {
    await agent.answers();
    await what(agent);
  };
const over: TestScene = async (person) => void (await person.call.ended());
const stays: TestScene = (person) => person.waits(8000);

const EVENTS: Readonly<Record<string, Event>> = {
  'the other refuses': { ringing: true, agent: rung((agent) => agent.call.refuse()) },
  'the other is busy': {
    ringing: true,
    agent: async (agent) => {
      await agent.dials('echo123');
      await agent.waits(4000);
    },
    caller: async (caller) => void (await caller.waits(5000)),
  },
  'nobody answers': { ringing: true, agent: rung(over) },
  '`timeoutMs` is over, ringing': { ringing: true, agent: rung(over), limits: { timeoutMs: 2000 } },
  'the caller hangs up, ringing': {
    ringing: true,
    agent: rung(over),
    caller: async (caller) => {
      await caller.waits(2000);
      await caller.hangsUp();
    },
  },
  '`timeoutMs` is over, talking': { ringing: false, agent: answers(stays), limits: { timeoutMs: 2000 } },
  'the caller hangs up, talking': {
    ringing: false,
    agent: answers(over),
    caller: async (caller) => {
      await caller.waits(3000);
      await caller.hangsUp();
    },
  },
  'the other hangs up, talking': {
    ringing: false,
    agent: answers(async (agent) => {
      await agent.waits(2000);
      await agent.hangsUp();
    }),
  },
};

/** Cells that there are: `timeoutMs` of what rings is over when somebody has answered. */
const CELLS = Object.keys(OPERATIONS).flatMap((operation) =>
  Object.entries(EVENTS).flatMap(([event, { ringing }]) => {
    const isOfEndpoint = operation === '`joinConference`';
    const hasTalk = isOfEndpoint || operation === '`bridge`' || operation === '`Room.join`';
    const isLimit = event === '`timeoutMs` is over, talking';
    const isCell = hasTalk ? !ringing && !(isOfEndpoint && isLimit) : !isLimit;
    return isCell ? [[operation, event] as const] : [];
  }),
);

/** What comes of it, in the words of the documentation. */
async function outcomeOf(operation: string, event: string): Promise<string> {
  const { agent, caller = () => Promise.resolve(), limits = {} } = EVENTS[event]!;
  let outcome = '';
  let isOver: boolean | undefined;
  let other: TestCaller | undefined;
  const script = bot(async (call) => {
    if (event.endsWith('busy')) await call.pause(2000);
    try {
      outcome = await OPERATIONS[operation]!(call, limits);
    } catch (error) {
      const { code, outcome: why = (error as CallEndedError).status } = error as TransferFailedError;
      outcome = `throws \`${code}\`${why === undefined ? '' : ` (\`${why}\`)`}`;
    }
    isOver = call.call.over;
  });
  await testBot(
    script,
    async (person) => {
      await caller(person);
      while (isOver === undefined) await person.waits(500);
    },
    {
      exchange: oneCallEach,
      others: {
        agent: async (person) => {
          other = person;
          await agent(person);
        },
      },
    },
  );
  expect(other).toBeDefined();
  return `${outcome}; ${isOver ? 'the call is over' : 'the call goes on'}`;
}

describe('outcomes of two calls', () => {
  const page = readFileSync(new URL('../../docs/bots.md', import.meta.url), 'utf8');
  const [, table = ''] = /<!-- two calls -->\n([\s\S]*?)<!-- \/two calls -->/.exec(page) ?? [];
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const documented = new Map(
    rows.map((row) => {
      const [, operation = '', event = '', outcome = ''] = row.split(/ *\| */);
      return [`${operation}: ${event}`, outcome];
    }),
  );

  it('has a row for each cell in docs/bots.md, and no other', () => {
    expect([...documented.keys()]).toEqual(CELLS.map(([operation, event]) => `${operation}: ${event}`));
  });

  it.each(CELLS)('is as docs/bots.md says: %s, %s', async (operation, event) => {
    const outcome = await outcomeOf(operation, event);
    expect(outcome).toBe(documented.get(`${operation}: ${event}`));
  });
});
