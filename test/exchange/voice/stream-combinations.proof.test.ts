import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SoundCard } from '../../../src/exchange/devices/sound-card.js';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { joined } from '../../same-samples.js';
import { PcmPort } from '../ports.js';
import { redirected } from '../voice-stage.js';
import { type Client, folder, type World, world } from '../world.js';

const FRAME = 320;

/** What each source says, sample by sample; no two sums of them are alike. */
const SAYS = {
  microphone: (at: number) => (at % 997) + 1,
  port: (at: number) => 2000 + (at % 499),
  file: (at: number) => 8000 + (at % 251),
  other: (at: number) => -(at % 883) - 1,
};

type Kind = 'SOUNDCARD' | 'PORT' | 'FILE';

/** All that a stream can be redirected to at once, nothing among it. */
const SUBSETS: readonly (readonly Kind[])[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
  (['SOUNDCARD', 'PORT', 'FILE'] as const).filter((_, bit) => bits & (1 << bit)),
);

interface Combination {
  readonly input: readonly Kind[];
  readonly output: readonly Kind[];
  readonly capture: readonly Kind[];
}

const COMBINATIONS: readonly Combination[] = SUBSETS.flatMap((input) =>
  SUBSETS.flatMap((output) =>
    SUBSETS.filter((capture) => !capture.includes('SOUNDCARD')).map((capture) => ({
      input,
      output,
      capture,
    })),
  ),
);

/** A sound card that says what `says` says, and keeps what it plays. */
class Card implements SoundCard {
  readonly #says: (at: number) => number;
  #at = 0;
  #played: Int16Array[] = [];

  constructor(says: (at: number) => number) {
    this.#says = says;
  }

  capture(frame: Int16Array): void {
    for (let i = 0; i < frame.length; i++) frame[i] = this.#says(this.#at++);
  }

  play(frame: Int16Array): void {
    this.#played.push(frame.slice());
  }

  /** Begins anew. @returns what was played since it last did. */
  reset(): Int16Array {
    this.#at = 0;
    const played = joined(...this.#played);
    this.#played = [];
    return played;
  }
}

/** `count` samples of `says` from `from` on. */
function samples(says: (at: number) => number, count: number, from = 0): Int16Array {
  const said = new Int16Array(count);
  for (let i = 0; i < count; i++) said[i] = says(from + i);
  return said;
}

/** What is said through an input that was redirected when the microphone had been heard for `before` samples. */
function said({ input }: Combination, count: number, before: number): Int16Array {
  return samples(
    (at) =>
      (input.length === 0 || input.includes('SOUNDCARD') ? SAYS.microphone(before + at) : 0) +
      (input.includes('PORT') ? SAYS.port(at) : 0) +
      (input.includes('FILE') ? SAYS.file(at) : 0),
    count,
  );
}

const plays = ({ output }: Combination) => output.length === 0 || output.includes('SOUNDCARD');

class Stage {
  readonly w: World;
  readonly root: string;
  readonly cards: { readonly alice: Card; readonly bob: Card };
  readonly #files: { readonly name: string; readonly samples: Int16Array }[] = [];

  private constructor(w: World, root: string, cards: Stage['cards']) {
    this.w = w;
    this.root = root;
    this.cards = cards;
  }

  static async open(): Promise<Stage> {
    const root = folder();
    await using wav = await WavWriter.create(join(root, 'input.wav'));
    await wav.write(samples(SAYS.file, 16_000));
    const cards = { alice: new Card(SAYS.microphone), bob: new Card(SAYS.other) };
    const users = Object.entries(cards).map(([handle, soundCard]) => ({ handle, soundCard }));
    return new Stage(await world({ users, fileRoots: [root] }), root, cards);
  }

  /** Redirects Alice's streams, each to all that the combination lists for it. */
  async redirect(alice: Client, combination: Combination): Promise<Redirection> {
    const call = alice.newest('CALL');
    const ports = {
      input: await PcmPort.open(),
      output: await PcmPort.open(),
      capture: await PcmPort.open(),
    };
    for (const stream of ['input', 'output', 'capture'] as const) {
      const command = { input: 'SET_INPUT', output: 'SET_OUTPUT', capture: 'SET_CAPTURE_MIC' }[stream];
      const file = stream === 'input' ? 'input.wav' : `${call}-${stream}.wav`;
      const targets = { SOUNDCARD: 'default', PORT: ports[stream].port, FILE: file };
      const list = combination[stream].map((kind) => `${kind}="${targets[kind]}"`).join(', ');
      const line = `ALTER CALL ${call} ${command} ${list}`.trimEnd();
      expect(await redirected(alice, line)).toBe(line);
      const property = command.replace('SET_', '');
      const value = list === '' && stream !== 'capture' ? 'SOUNDCARD="default"' : list;
      expect(alice.send(`GET CALL ${call} ${property}`)[0]).toBe(`CALL ${call} ${property} ${value}`);
    }
    if (combination.input.includes('PORT')) void ports.input.send(16_000, SAYS.port).catch(() => undefined);
    return { call, ports };
  }

  /** Compares what has left by ports, now, and by files, when the exchange has closed. */
  async compare(
    { call, ports }: Redirection,
    combination: Combination,
    expected: Readonly<Record<'output' | 'capture', Int16Array>>,
  ): Promise<void> {
    for (const stream of ['output', 'capture'] as const) {
      const kinds = combination[stream];
      const what = `${stream} of ${JSON.stringify(combination)}`;
      if (kinds.includes('PORT')) expect(await ports[stream].received, what).toEqual(expected[stream]);
      if (kinds.includes('FILE'))
        this.#files.push({ name: `${call}-${stream}.wav`, samples: expected[stream] });
    }
    await Promise.all(Object.values(ports).map((port) => port[Symbol.asyncDispose]()));
  }

  async close(): Promise<void> {
    await this.w[Symbol.asyncDispose]();
    expect(this.#files.length).toBeGreaterThan(0);
    for (const { name, samples } of this.#files)
      expect(await readVoice(join(this.root, name)), name).toEqual(samples);
  }
}

interface Redirection {
  readonly call: number;
  readonly ports: Readonly<Record<'input' | 'output' | 'capture', PcmPort>>;
}

describe('INPUT, OUTPUT and CAPTURE_MIC in every combination of SOUNDCARD, PORT and FILE', () => {
  it.each([
    ['before ANSWER', 0],
    ['in mid-call', 5],
  ])(
    'redirected %s',
    async (_moment, framesBefore) => {
      const stage = await Stage.open();
      const { w, cards } = stage;
      const [alice, bob] = [w.client('alice'), w.client('bob')];
      for (const combination of COMBINATIONS) {
        alice.send('CALL bob');
        await w.clock.advance(600);
        const answer = () => bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
        if (framesBefore > 0) {
          answer();
          // The first tick comes with the answer.
          await w.clock.advance(framesBefore * 20 - 10);
        }
        const redirection = await stage.redirect(alice, combination);
        if (framesBefore === 0) answer();
        await w.clock.advance(190 + (framesBefore > 0 ? 10 : 0));
        alice.send(`ALTER CALL ${redirection.call} HANGUP`);
        const before = framesBefore * FRAME;
        const count = 10 * FRAME;
        const [atAlice, atBob] = [cards.alice.reset(), cards.bob.reset()];
        const what = JSON.stringify(combination);
        expect(atBob.subarray(before), what).toEqual(said(combination, count, before));
        expect(atAlice, what).toEqual(samples(SAYS.other, before + (plays(combination) ? count : 0)));
        await stage.compare(redirection, combination, {
          output: samples(SAYS.other, count, before),
          capture: samples(SAYS.microphone, count, before),
        });
      }
      await stage.close();
    },
    120_000,
  );

  it('redirected at EARLYMEDIA', async () => {
    const stage = await Stage.open();
    const { w, cards } = stage;
    // It is heard for ten frames, then answers, listens for ten frames, and plays them back.
    const behaviour = {
      ringMs: 190,
      outcome: 'answer',
      earlyMedia: samples(SAYS.other, 16_000),
      steps: [{ record: 200 }, 'play-back'],
      stay: false,
    } as const;
    const identity = { handle: 'announcer', fullName: 'Announcer', network: 'P2P' } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    const alice = w.client('alice');
    for (const combination of COMBINATIONS) {
      alice.send('CALL announcer');
      await w.clock.advance(500 + 90);
      expect(alice.told(`CALL ${alice.newest('CALL')} STATUS`).at(-1)).toBe('EARLYMEDIA');
      const redirection = await stage.redirect(alice, combination);
      await w.clock.advance(1000);
      const [early, talk] = [5 * FRAME, 10 * FRAME];
      const input = said(combination, early + talk, early);
      const output = joined(samples(SAYS.other, early, early), new Int16Array(talk), input.subarray(early));
      const atAlice = cards.alice.reset();
      const what = JSON.stringify(combination);
      expect(atAlice.subarray(early), what).toEqual(plays(combination) ? output : new Int16Array());
      const capture = samples(SAYS.microphone, output.length, early);
      await stage.compare(redirection, combination, { output, capture });
    }
    await stage.close();
  }, 120_000);
});
