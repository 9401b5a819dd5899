import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions, AgentNotice } from '../../../src/bot/agent/agent-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { RealtimeStandIn } from './realtime-stand-in.js';
import { jsonOf, type StandIn, standIn } from './stand-in.js';

const opened: StandIn[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** An agent that speaks its wire format itself, whatever that is. */
interface Wire {
  serve(socket: WebSocket): void;
  /** Says so many milliseconds at a level, as the item of a turn. */
  say(turn: number, level: number, ms: number): void;
  interrupt(): void;
  /** Milliseconds of a turn's item that it was told were heard; nothing where the format has no word for that. */
  told(turn: number): number | undefined;
  /** Turns whose marks have come back. */
  readonly marks?: ReadonlySet<number>;
}

const steady = (level: number, ms: number, rate: number) => new Int16Array((ms * rate) / 1000).fill(level);
const bytesOf = (samples: Int16Array) => Buffer.from(samples.buffer);

function rawWire(): Wire {
  const heard = new Map<unknown, number>();
  let socket: WebSocket | undefined;
  return {
    serve(given) {
      socket = given;
      given.on('message', (data, isBinary) => {
        if (isBinary) return;
        const { type, item, ms } = jsonOf(data);
        if (type === 'heard') heard.set(item, Number(ms));
      });
    },
    say(turn, level, ms) {
      socket?.send(JSON.stringify({ type: 'item', item: `item-${turn}` }));
      const bytes = bytesOf(steady(level, ms, 16_000));
      for (let at = 0; at < bytes.length; at += 3333) socket?.send(bytes.subarray(at, at + 3333));
    },
    interrupt: () => socket?.send('{"type":"clear"}'),
    told: (turn) => heard.get(`item-${turn}`),
  };
}

function realtimeWire(): Wire {
  const agent = new RealtimeStandIn();
  return {
    serve: (socket) => agent.serve(socket),
    say(turn, level, ms) {
      if (agent.isResponding) agent.done();
      agent.begin();
      agent.say(`item-${turn}`, steady(level, ms, 24_000));
    },
    interrupt: () => agent.interrupt(),
    told(turn) {
      expect(agent.faults).toEqual([]);
      return agent.items.get(`item-${turn}`)?.heardMs;
    },
  };
}

function twilioWire(): Wire {
  const marks = new Set<number>();
  let socket: WebSocket | undefined;
  let streamSid: unknown;
  const send = (message: object) => socket?.send(JSON.stringify({ streamSid, ...message }));
  return {
    marks,
    serve(given) {
      socket = given;
      given.on('message', (data) => {
        const message = jsonOf(data);
        if (message['event'] === 'start') streamSid = message['streamSid'];
        if (message['event'] === 'mark') marks.add(Number(Object(message['mark']).name));
      });
    },
    say(turn, level, ms) {
      // Codes of mu-law that are nearest.
      const code = { 1000: 0xce, 2000: 0xbf, 4000: 0xaf, 8000: 0x9f }[level] ?? 0xff;
      send({ event: 'media', media: { payload: Buffer.alloc(8 * ms, code).toString('base64') } });
      send({ event: 'mark', mark: { name: String(turn) } });
    },
    interrupt: () => send({ event: 'clear' }),
    told: () => undefined,
  };
}

function pipecatWire(): Wire {
  let socket: WebSocket | undefined;
  const field = (number: number, bytes: Uint8Array) =>
    Buffer.concat([Uint8Array.of(number * 8 + 2, 0x80 | (bytes.length & 0x7f), bytes.length >> 7), bytes]);
  return {
    serve: (given) => {
      socket = given;
    },
    say(_, level, ms) {
      // 20 ms a frame, and what is left: 16 kHz is 0x80 0x7d in protobuf.
      for (let left = ms; left > 0; left -= 20) {
        const audio = field(3, bytesOf(steady(level, Math.min(20, left), 16_000)));
        socket?.send(field(2, Buffer.concat([audio, Uint8Array.of(32, 0x80, 0x7d, 40, 1)])));
      }
    },
    interrupt: () => socket?.send(field(5, new Uint8Array())),
    told: () => undefined,
  };
}

const LEVELS = [1000, 2000, 4000, 8000];
const turns = fc.array(
  fc.record({
    ms: fc.integer({ min: 60, max: 1500 }),
    cutAfterMs: fc.option(fc.integer({ min: 0, max: 1200 })),
  }),
  { minLength: LEVELS.length, maxLength: LEVELS.length },
);

it.each<[string, () => Wire, Partial<AgentBotOptions>, exactMs: number]>([
  ['raw', rawWire, {}, 0.01],
  ['pipecat', pipecatWire, { dialect: 'pipecat' }, 0.01],
  ['twilio', twilioWire, { dialect: 'twilio' }, 5],
  ['openai-realtime', realtimeWire, { dialect: 'openai-realtime', variant: 'current' }, 5],
  ['openai-realtime, earlier', realtimeWire, { dialect: 'openai-realtime', variant: 'earlier' }, 5],
])(
  'over a socket of %s the heard position of each answer is what was played to the caller, wherever it is cut',
  async (_, wireOf, options, exactMs) => {
    await fc.assert(
      fc.asyncProperty(turns, async (script) => {
        const clock = new VirtualClock();
        const wire = wireOf();
        const server = await standIn((socket) => wire.serve(socket));
        opened.push(server);
        server.pace(clock);
        const notices: AgentNotice[] = [];
        const bot = agentBot({ url: server.url, onNotice: (notice) => notices.push(notice), ...options });
        let heard: Int16Array = new Int16Array();
        const heardMs = (turn: number) => {
          const level = LEVELS[turn] ?? 0;
          return heard.filter((sample) => Math.abs(sample - level) < level / 6).length / 16;
        };
        await testBot(
          bot,
          async (caller) => {
            await caller.waits(300);
            for (const [turn, { ms, cutAfterMs }] of script.entries()) {
              wire.say(turn, LEVELS[turn] ?? 0, ms);
              await caller.waits(cutAfterMs ?? ms + 400);
              heard = caller.heard();
              // A mark that is back before any clear was played.
              if (wire.marks?.has(turn)) expect(heardMs(turn)).toBeGreaterThan(ms - exactMs);
              if (cutAfterMs !== null) wire.interrupt();
              await caller.waits(300);
            }
            heard = caller.heard();
          },
          { exchange: Exchange, clock },
        );
        const cuts = notices.flatMap((notice) => (notice.kind === 'interrupted' ? notice.heard : []));
        // Answers without a name are one, to the next cut.
        let unnamed: { turns: number[]; ms: number } = { turns: [], ms: 0 };
        for (const [turn, { ms, cutAfterMs }] of script.entries()) {
          unnamed = { turns: [...unnamed.turns, turn], ms: unnamed.ms + ms };
          const { turns: together, ms: sum } = unnamed;
          const cut = cuts.find(
            ({ item, receivedMs }) => item === `item-${turn}` || (!item && receivedMs === sum),
          );
          const isOne = cut?.item === '';
          const atEar = (isOne ? together : [turn]).reduce((total, each) => total + heardMs(each), 0);
          const told = wire.told(turn);
          // What is not cut is heard whole; of unnamed ones that is known at the cut.
          const isKnown = cut !== undefined || wire.told(turn) !== undefined || cutAfterMs === null;
          if (isKnown && !isOne)
            expect(
              Math.abs((cut?.heardMs ?? ms) - atEar),
              JSON.stringify({ turn, cuts }),
            ).toBeLessThanOrEqual(exactMs);
          if (isOne)
            expect(Math.abs(cut.heardMs - atEar), JSON.stringify({ turn, cuts })).toBeLessThanOrEqual(
              exactMs * together.length,
            );
          if (told !== undefined) expect(Math.abs(told - atEar)).toBeLessThanOrEqual(Math.max(1, exactMs));
          if (cut || cutAfterMs !== null) unnamed = { turns: [], ms: 0 };
          if (wire.marks) expect(wire.marks.has(turn)).toBe(true);
        }
        const isLost = script.some(
          ({ ms, cutAfterMs }, turn) => cutAfterMs !== null && heardMs(turn) < ms - exactMs,
        );
        if (isLost) expect(cuts.length).toBeGreaterThan(0);
      }),
      { seed: 26, numRuns: 2 },
    );
  },
);
