import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions, AgentNotice } from '../../../src/bot/agent/agent-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { MediaEvent } from '../../../src/line/dialect/media-event.js';
import type { AgentPeer } from '../../../src/line/media/agent-peer.js';
import { openAudio } from '../../../src/voice/audio-file.js';
import { collectSamples } from '../../../src/voice/stage.js';

const RATE = 16_000;
const PER_MS = RATE / 1000;

let speech: Int16Array;

/** Somebody who speaks, from the first sample on that is louder than a breath. */
beforeAll(async () => {
  await using file = await openAudio('test/fixtures/speech/goforward.wav');
  const samples = await collectSamples(file.samples());
  const begin = samples.findIndex((sample) => Math.abs(sample) > 600);
  speech = samples.subarray(begin, begin + 700 * PER_MS);
});

/** Things that are said have a level each, by which they are known where they are heard. */
const levelOf = (index: number) => 400 + 100 * index;
const sound = (index: number, ms: number, rate = RATE) =>
  new Int16Array((rate * ms) / 1000).fill(levelOf(index));
const countOf = (heard: Int16Array, index: number) =>
  heard.filter((sample) => Math.abs(sample - levelOf(index)) < 30).length;

interface Talk {
  readonly clock: VirtualClock;
  readonly told: MediaEvent[];
  readonly notices: AgentNotice[];
  agent(): AgentPeer;
}

/** Runs a scene with an agent of this program; gives what was heard, and what the agent was told. */
async function talked(
  options: Partial<AgentBotOptions>,
  scene: (caller: TestCaller, talk: Talk) => Promise<void>,
  onEvent: (event: MediaEvent, agent: AgentPeer, caller: () => TestCaller | undefined) => void = () =>
    undefined,
) {
  const clock = new VirtualClock();
  const told: MediaEvent[] = [];
  const notices: AgentNotice[] = [];
  let peer: AgentPeer | undefined;
  let person: TestCaller | undefined;
  let heard: Int16Array = new Int16Array();
  const agent = (given: AgentPeer) => {
    peer = given;
    given.listen((event) => {
      if (event.type !== 'audio') told.push(event);
      onEvent(event, given, () => person);
    });
  };
  await testBot(
    agentBot({ agent, onNotice: (notice) => notices.push(notice), ...options }),
    async (caller) => {
      person = caller;
      await caller.waits(100);
      await scene(caller, { clock, told, notices, agent: () => peer as AgentPeer });
      heard = caller.heard();
    },
    { exchange: Exchange, clock },
  );
  return { heard, told, notices };
}

describe('a caller who interrupts', () => {
  it.each([
    ['raw', 16_000],
    ['openai-realtime', 24_000],
    ['twilio', 8000],
  ] as const)(
    'silences an agent of %s within 100 ms, and the agent is told how much was heard',
    async (dialect, sampleRate) => {
      const begins: number[] = [];
      const turns = 3;
      const { heard, told, notices } = await talked(
        { dialect, sampleRate, bargeIn: 'here' },
        async (caller, { agent }) => {
          for (let turn = 0; turn < turns; turn++) {
            const samples = sound(turn, 6000, sampleRate);
            agent().say({ type: 'audio', samples, sampleRate, channels: 1, item: `item-${turn}` });
            await caller.waits(700 + 310 * turn);
            // The voice begins anywhere in a frame.
            const late = 77 * turn;
            const voice = new Int16Array(late + speech.length);
            voice.set(speech, late);
            begins.push(caller.heard().length + late);
            await caller.speaks(voice);
            await caller.waits(1000);
          }
        },
      );
      const ends = begins.map((begin) => {
        const after = heard.subarray(begin, begin + 1000 * PER_MS);
        return (after.findLastIndex((sample) => Math.abs(sample) > 200) + 1) / PER_MS;
      });
      for (const ms of ends) {
        expect(ms).toBeGreaterThan(0);
        expect(ms).toBeLessThanOrEqual(100);
      }
      const cuts = notices.flatMap((notice) => (notice.kind === 'interrupted' ? notice.heard : []));
      expect(cuts).toHaveLength(turns);
      cuts.forEach(({ heardMs, receivedMs }, turn) => {
        // Where the rate is another, the edges of a level ring for a moment.
        expect(Math.abs(heardMs - countOf(heard, turn) / PER_MS)).toBeLessThan(dialect === 'raw' ? 0.01 : 4);
        expect(receivedMs).toBe(6000);
      });
      const said = told.flatMap((event) => (event.type === 'heard' ? [event] : []));
      if (dialect === 'twilio') return expect(said).toEqual([]);
      expect(said.map(({ item }) => item)).toEqual(['item-0', 'item-1', 'item-2']);
      said.forEach(({ ms }, turn) => {
        const { heardMs = 0 } = cuts[turn] ?? {};
        expect(ms).toBe(dialect === 'raw' ? heardMs : Math.floor(heardMs));
      });
    },
  );

  it('makes the agent pause when a single sound is heard that is not speech', async () => {
    const click = Int16Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 9000 : -9000));
    const { heard, notices } = await talked({ bargeIn: 'here' }, async (caller, { agent }) => {
      agent().say({ type: 'audio', samples: sound(0, 2000), sampleRate: RATE, channels: 1 });
      await caller.waits(800);
      await caller.speaks(click);
      await caller.waits(2500);
    });
    expect(countOf(heard, 0)).toBe(2000 * PER_MS);
    expect(notices.filter(({ kind }) => kind === 'interrupted')).toEqual([]);
  });

  it('does not interrupt when the sound is the echo of the agent’s own speech', async () => {
    const answer = speech.map((sample) => sample / 2);
    const { notices } = await talked({ bargeIn: 'here' }, async (caller, { agent }) => {
      agent().say({ type: 'audio', samples: answer.slice(), sampleRate: RATE, channels: 1 });
      await caller.waits(200);
      await caller.speaks(answer.map((sample) => sample / 4));
      await caller.waits(500);
    });
    expect(notices.filter(({ kind }) => kind === 'interrupted')).toEqual([]);
  });

  it('hears nothing more of the interrupted answer, however late it arrives, and all of the next one', async () => {
    const { heard } = await talked({ dialect: 'openai-realtime' }, async (caller, { agent }) => {
      const say = (index: number, item: string) =>
        agent().say({ type: 'audio', samples: sound(index, 400), sampleRate: RATE, channels: 1, item });
      say(0, 'old');
      await caller.waits(200);
      agent().say({ type: 'speech', speaking: true });
      say(1, 'old');
      say(2, 'new');
      await caller.waits(200);
      say(1, 'old');
      await caller.waits(800);
    });
    // But for the edges of other levels, which ring at this rate.
    expect(countOf(heard, 1) / PER_MS).toBeLessThan(8);
    expect(Math.abs(countOf(heard, 2) / PER_MS - 400)).toBeLessThan(8);
  });
});

describe('an agent that was paused when the caller began to speak', () => {
  /** Speaks into what an agent says; `act` is called when the agent has heard that, and it is not known yet whether it is speech. */
  const held = async (options: Partial<AgentBotOptions>, act: (agent: AgentPeer) => void) => {
    let loud = 0;
    return await talked(
      { bargeIn: 'here', ...options },
      async (caller, { agent }) => {
        agent().say({ type: 'audio', samples: sound(0, 3000), sampleRate: RATE, channels: 1 });
        await caller.waits(800);
        await caller.speaks(speech);
        await caller.hasStatus('FINISHED', { withinMs: 10_000 });
      },
      (event, agent) => {
        const isLoud = event.type === 'audio' && event.samples.some((sample) => Math.abs(sample) > 600);
        if (isLoud && ++loud === 2) act(agent);
      },
    );
  };

  it('is heard when it answers, whenever the caller spoke', async () => {
    for (let at = 840; at <= 1100; at += 20) {
      const { heard } = await talked({ bargeIn: 'here' }, async (caller, { agent }) => {
        agent().say({ type: 'audio', samples: sound(0, 1000), sampleRate: RATE, channels: 1 });
        await caller.waits(at);
        await caller.speaks(speech);
        await caller.waits(1500);
        agent().say({ type: 'audio', samples: sound(1, 500), sampleRate: RATE, channels: 1 });
        await caller.waits(1000);
      });
      expect(countOf(heard, 1), `after ${at} ms`).toBe(500 * PER_MS);
    }
  });

  it('has the rest of its speech heard when it ends the call then', async () => {
    const { heard } = await held({}, (agent) => agent.end());
    expect(countOf(heard, 0)).toBe(3000 * PER_MS);
  });

  it('has the rest of its speech heard when it then uses a tool that takes the call', async () => {
    const { heard } = await held({ allow: { transferTo: ['nobody'] } }, (agent) => {
      agent.listen((event) => {
        if (event.type === 'tool-result') agent.end();
      });
      agent.say({ type: 'tool', id: '1', name: 'transfer', input: '{"to":"nobody"}' });
    });
    expect(countOf(heard, 0)).toBe(3000 * PER_MS);
  });
});

/** One thing that an agent does, some time after the last. */
type Act =
  | { readonly kind: 'say'; readonly afterMs: number; readonly ms: number; readonly isNew: boolean }
  | { readonly kind: 'clear' | 'mark'; readonly afterMs: number };

const acts = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('say' as const), ...timing(), isNew: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), afterMs: timing().afterMs }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('mark' as const), afterMs: timing().afterMs }) },
  ),
  { minLength: 5, maxLength: 25 },
);

/** Bursts, frames in pace, stalls. */
function timing() {
  return {
    afterMs: fc.oneof(fc.constant(0), fc.constant(20), fc.integer({ min: 0, max: 400 })),
    ms: fc.oneof(fc.constant(20), fc.integer({ min: 1, max: 900 })),
  };
}

describe('for any messages of an agent at any times', () => {
  it('the heard position is reported to the sample, and each mark when it was heard', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const items: { name: string; length: number; cut?: number }[] = [];
        const marks: { name: string; lengths: number[]; atEar?: number[] }[] = [];
        const { heard, told } = await talked(
          {},
          async (caller, { agent }) => {
            const act = (each: Act) => {
              if (each.kind === 'say') {
                if (each.isNew || items.length === 0) items.push({ name: `item-${items.length}`, length: 0 });
                const item = items.at(-1);
                if (!item) return;
                item.length += each.ms * PER_MS;
                const samples = sound(items.length - 1, each.ms);
                agent().say({ type: 'audio', samples, sampleRate: RATE, channels: 1, item: item.name });
              } else if (each.kind === 'mark') {
                const name = `mark-${marks.length}`;
                marks.push({ name, lengths: items.map(({ length }) => length) });
                agent().say({ type: 'mark', name });
              } else {
                agent().say({ type: 'clear' });
                // What comes after it is new.
                items.push({ name: `item-${items.length}`, length: 0 });
              }
            };
            await caller.waits(200);
            for (const each of script) {
              await caller.waits(each.afterMs);
              act(each);
            }
            await caller.waits(items.reduce((sum, { length }) => sum + length / PER_MS, 500));
          },
          (event, _, caller) => {
            if (event.type === 'heard') {
              const item = items.find(({ name }) => name === event.item);
              if (item) item.cut = event.ms * PER_MS;
            }
            if (event.type !== 'marked' || !event.heard) return;
            const now = caller()?.heard() ?? new Int16Array();
            const mark = marks.find(({ name }) => name === event.name);
            if (mark) mark.atEar = items.map((_item, index) => countOf(now, index));
          },
        );
        items.forEach(({ name, length, cut }, index) => {
          expect(countOf(heard, index), name).toBe(cut ?? length);
          if (cut !== undefined) expect(cut).toBeLessThan(length);
        });
        const back = told.flatMap((event) => (event.type === 'marked' ? [event.name] : []));
        expect(back).toEqual(marks.map(({ name }) => name));
        for (const { name, lengths, atEar } of marks) {
          lengths.forEach((length, index) => {
            const whole = Math.min(length, items[index]?.cut ?? length);
            if (atEar) expect(atEar[index], name).toBeGreaterThanOrEqual(whole);
            // It comes back unheard only where something before it was cut.
            else if (index === lengths.length - 1)
              expect(items.some(({ cut }) => cut !== undefined)).toBe(true);
          });
        }
      }),
      { numRuns: 6 },
    );
  });
});
