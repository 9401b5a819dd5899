import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as jackfield from '../all-names.js';
import { type Door, type Parameter, publicDoors } from './public-types.js';

/** A function of a program that fails, at once or later. */
type Failing = () => never;

const boom = (): never => {
  throw new Error('boom');
};
const FAILING: readonly [when: string, failing: Failing][] = [
  ['throws', boom],
  ['rejects', (async () => boom()) as unknown as Failing],
];

const facts = { account: 'jack', id: 1, type: 'INCOMING', partner: 'anna', partnerName: '', timestamp: 1 };
const sound = { source: [new Int16Array(16_000)] as never, format: jackfield.VOICE_FORMAT };

async function archived(): Promise<jackfield.VoicemailArchive> {
  const archive = await jackfield.VoicemailArchive.open(await mkdtemp(join(tmpdir(), 'jackfield-told-')));
  archive.catalogue.see({ ...facts, durationSeconds: 1, played: false });
  return archive;
}

/** Functions that are told of something: each operation goes on, and ends as it would without them. */
const TOLD: readonly [name: string, run: (failing: Failing) => Promise<unknown>, result: unknown][] = [
  [
    'drawWaveform onProgress',
    (onProgress) => jackfield.drawWaveform({ input: sound, output: 'a.svg', onProgress }),
    undefined,
  ],
  [
    'drawSpectrogram onProgress',
    (onProgress) => jackfield.drawSpectrogram({ input: sound, output: 'b.svg', onProgress }),
    undefined,
  ],
  [
    'transcode onProgress',
    async (onProgress) => Boolean(await jackfield.transcode({ input: sound, output: 'c.wav', onProgress })),
    true,
  ],
  [
    'VoicemailArchive#verify onMessage',
    async (onMessage) => (await (await archived()).verify({}, { onMessage })).faults,
    [],
  ],
  [
    'exportArchive onMessage',
    async (onMessage) =>
      jackfield.exportArchive(await archived(), { format: 'csv', output: 'd.csv', query: {}, onMessage }),
    1,
  ],
  [
    'Outbox onFailure',
    async (onFailure) => {
      const folder = await mkdtemp(join(tmpdir(), 'jackfield-told-'));
      const clock = new jackfield.VirtualClock();
      const outbox = new jackfield.Outbox({
        folder,
        channels: { hook: boom },
        maxAttempts: 1,
        clock,
        onFailure,
      });
      await outbox.add('news', {});
      await outbox.run();
      await outbox.close();
      return (await jackfield.listOutbox(folder)).map(({ state }) => state);
    },
    ['failed'],
  ],
  [
    'flowBot onStep',
    async (onStep) => {
      const flow = await jackfield.parseFlow('name: x\nsteps:\n  end: { do: hangup }\n');
      const bot = jackfield.flowBot(flow, { onStep });
      const { results } = await jackfield.testBot(bot, async () => undefined, {
        exchange: jackfield.Exchange,
      });
      return results.map(({ outcome }) => outcome);
    },
    ['done'],
  ],
  [
    'BotHost#call onPlaced',
    async (onPlaced) => {
      await using exchange = await jackfield.Exchange.start();
      await using client = await jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint()));
      await using server = new jackfield.PcmServer();
      await using host = new jackfield.BotHost({ client, server });
      const says = jackfield.bot(async () => undefined);
      return (await host.call(says, 'echo123', { onPlaced })).outcome;
    },
    'done',
  ],
];

const warned: Error[] = [];
const unhandled: unknown[] = [];
const onWarning = (warning: Error): void => void warned.push(warning);
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
const home = process.cwd();

beforeAll(async () => {
  process.chdir(await mkdtemp(join(tmpdir(), 'jackfield-callbacks-')));
  process.on('warning', onWarning).on('unhandledRejection', onUnhandled);
});

afterAll(() => {
  process.off('warning', onWarning).off('unhandledRejection', onUnhandled);
  process.chdir(home);
});

describe.each(FAILING)('a function of the program that %s', (_when, failing) => {
  it.each(TOLD)('ends nothing but itself, and is told as a warning: %s', async (name, run, result) => {
    warned.splice(0);
    expect(await run(failing)).toEqual(result);
    await new Promise((resolve) => setImmediate(resolve));
    const [, option] = name.split(' ');
    expect(warned[0]).toMatchObject({
      code: 'ERR_LISTENER',
      message: expect.stringContaining(`"${option}"`),
    });
    expect(unhandled).toEqual([]);
  });

  it('fails the opening that it takes part in, where that asks it: onLease', async () => {
    const clock = new jackfield.VirtualClock();
    await using exchange = await jackfield.Exchange.start({ clock, patienceMs: 5000 });
    await using client = await jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint()), {
      clock,
    });
    await using server = new jackfield.PcmServer({ clock });
    const call = await client.call('echo123');
    const opening = jackfield.openCallVoice(call, server, { onLease: failing });
    await expect(opening).rejects.toThrow('boom');
    expect(unhandled).toEqual([]);
  });
});

describe('the options that are told of something', () => {
  /** Options that take part in what they are told of: what they throw fails it. */
  const TAKE_PART = ['onLease', 'onNoMicrophone'];
  /** Those that need calls, tried in asked-callbacks.test.ts. */
  const OWNED = ['onAgent', 'onQueue', 'onRecording'];

  it('are each tried above, or in asked-callbacks.test.ts', () => {
    const known = [...TOLD.map(([name]) => name.split(' ')[1]), ...TAKE_PART, ...OWNED];
    const names = new Set(publicDoors().flatMap(({ parameters }: Door) => parameters.flatMap(observersOf)));
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
  });

  function observersOf({ name, shape }: Parameter): string[] {
    const inner = shape.options().flatMap(observersOf);
    return shape.kinds.has('function') && /^on[A-Z]/.test(name) ? [name, ...inner] : inner;
  }
});
