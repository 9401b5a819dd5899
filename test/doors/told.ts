import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as analysis from '../../src/analysis.js';
import * as jackfield from '../all-names.js';
import { boom, type Failing } from './failing.js';

const facts = { account: 'jack', id: 1, type: 'INCOMING', partner: 'anna', partnerName: '', timestamp: 1 };
const sound = { source: [new Int16Array(16_000)] as never, format: jackfield.VOICE_FORMAT };

/** A file with a tone between two silences. */
async function heard(): Promise<string> {
  const output = 'heard.wav';
  const tone = Int16Array.from({ length: 48_000 }, (_, n) =>
    n > 16_000 && n < 32_000 ? 8000 * Math.sin(n / 5) : 0,
  );
  const input = { source: [tone] as never, format: jackfield.VOICE_FORMAT };
  await jackfield.transcode({ input, output });
  return output;
}

async function archived(): Promise<jackfield.VoicemailArchive> {
  const archive = await jackfield.VoicemailArchive.open(await mkdtemp(join(tmpdir(), 'jackfield-told-')));
  archive.catalogue.see({ ...facts, durationSeconds: 1, played: false });
  return archive;
}

/** Functions that are told of something: each operation goes on, and ends as it would without them. */
export const TOLD: readonly [name: string, run: (failing: Failing) => Promise<unknown>, result: unknown][] = [
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
    'analyseFile onEvent',
    async (onEvent) => (await analysis.analyseFile(await heard(), { onEvent })).legs.length,
    1,
  ],
  [
    'analyseFile onEnvelopes',
    async (onEnvelopes) => (await analysis.analyseFile(await heard(), { onEnvelopes })).legs.length,
    1,
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
