import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MaskFinder } from '../../../src/analysis/words/mask-finder.js';
import { transcribeFile } from '../../../src/analysis.js';
import type { RecordingSidecar } from '../../../src/recording/sidecar.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { pocketSphinx } from '../../../src/voice/transcript/pocket-sphinx.js';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import type { Client } from '../../recording/siprec/recording-client.js';
import { dialled, ended, started } from './siprec-process.js';

const GRAMMAR = 'test/fixtures/speech/card.gram';
const RATE = 8000;
const BEFORE = 'My card number is.';
const DIGITS = 'four one one one. one one one one. one one one one. one one one one.';
const AFTER = 'Thank you very much.';

function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-masked-speech-'));
});
afterEach(ended);
afterAll(() => rm(folder, { recursive: true }));

/** What espeak-ng says, at 8 kHz. */
function said(text: string): Int16Array {
  const wav = execFileSync('espeak-ng', ['-v', 'en-us', '-s', '130', '-g', '4', '--stdout', text]);
  const raw = execFileSync(
    'sox',
    ['-t', 'wav', '-', '-t', 'raw', '-r', `${RATE}`, '-e', 'signed', '-b', '16', '-'],
    {
      input: wav,
    },
  );
  return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

/** Sends what the caller says, as fast as it is said. The agent's side has soft noise. */
async function speak(client: Client, voice: Int16Array): Promise<void> {
  const agent = Int16Array.from({ length: RATE }, (_, i) => ((i * 7919) % 41) - 20);
  const packets = Math.ceil(voice.length / 160);
  const startedAt = performance.now();
  await new Promise<void>((resolve) => {
    let sent = 0;
    // timer: a recording client sends by the clock, and the recorder masks by it.
    const timer = setInterval(() => {
      for (; sent < packets && performance.now() - startedAt >= sent * 20; sent++) {
        const second = Math.floor(sent / 50) * RATE;
        client.send(0, agent);
        client.send(1, voice.subarray(second, second + RATE));
      }
      if (sent < packets) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
}

it.skipIf(!['pocketsphinx_continuous', 'espeak-ng', 'sox'].every(has))(
  'a card number that is said leaves nothing behind (needs pocketsphinx, espeak-ng and sox)',
  async () => {
    const parts = [said(BEFORE), said(DIGITS), said(AFTER)] as const;
    const pause = new Int16Array(RATE * 0.4);
    const voice = concatSamples([pause, ...parts.flatMap((part) => [part, pause])]);
    const out = await mkdtemp(join(folder, 'out-'));
    const options = ['--out', out, '--template', '{partner}-{segment}', '--mask', 'cards'];
    const engine = ['--mask-delay', '20000', '--transcribe', `pocketsphinx:${GRAMMAR}`];
    const { child, exited, next, event } = started(...options, ...engine);
    const { port } = await next(({ event, transport }) => event === 'listening' && transport === 'UDP');
    await event('ready');
    const { client, call } = await dialled(port);
    await event('begun');
    await speak(client, voice);
    await call.end();
    await event('masked');
    child.kill('SIGINT');
    await exited;

    const file = join(out, '+4930123-1.wav');
    const sidecar = JSON.parse(await readFile(join(out, '+4930123-1.json'), 'utf8')) as RecordingSidecar;
    expect(sidecar.maskings?.[0]).toMatchObject({ live: true, transcriber: 'PocketSphinx' });
    const masked = sidecar.maskings?.[0]?.spans.reduce((sum, { samples }) => sum + samples, 0) ?? 0;
    expect(masked).toBeGreaterThan(parts[1].length);
    // What is left of the voice is no more than what was said before and after.
    const { samples } = decodeWav(await readFile(file));
    const left = samples.filter((_, i) => i % 2 === 1);
    expect(energyOf(left) / 2).toBeLessThan(1.3 * (energyOf(parts[0]) + energyOf(parts[2])));
    // And the engine hears no number any more.
    const heard = await transcribeFile(file, { transcriber: pocketSphinx({ grammar: GRAMMAR }) });
    const finder = new MaskFinder({ cards: true, phrases: [] });
    expect(finder.inCall(heard.parts, [[], []], heard.sampleRate)).toEqual([]);
    for (const name of await readdir(out, { recursive: true })) {
      if (name.endsWith('.wav') || (await stat(join(out, name))).isDirectory()) continue;
      expect(await readFile(join(out, name), 'latin1'), name).not.toMatch(/(?:\b(?:one|four)\s+){4}/i);
    }
  },
  240_000,
);

function energyOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}
