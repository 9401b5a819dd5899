import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOptions, line, path, type Rules, within } from '../../base/check.js';
import { runTool } from '../../voice/process/run-tool.js';
import { collectSamples } from '../../voice/stage.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import type { SpeechEngine } from './speech-engine.js';

const INSTALL = 'On Debian: apt-get install espeak-ng.';

export interface EspeakOptions {
  /** Default `espeak-ng`. */
  readonly command?: string;
  /** Words per minute: 80 to 450. Default 160. */
  readonly wordsPerMinute?: number;
  /** Its name for a voice, instead of that of the language. */
  readonly voice?: string;
}

const RULES: Rules<EspeakOptions> = {
  command: path,
  wordsPerMinute: within(80, 450),
  voice: line(1, 200),
};

/** Speaks with the command `espeak-ng` (Debian: `apt install espeak-ng`). @throws ERR_INVALID_ARG */
export function espeakEngine(options: EspeakOptions = {}): SpeechEngine {
  checkOptions(options, RULES);
  const { command = 'espeak-ng', wordsPerMinute = 160, voice } = options;
  return {
    name: `espeak-ng ${voice ?? ''} ${wordsPerMinute}`,
    async ready({ language, signal }) {
      // Without a sound: it fails where the program or the voice is missing.
      const args = ['-v', voice ?? language, '-q', '--stdin'];
      await runTool({ tool: command, args, install: INSTALL, input: 'a', ...(signal && { signal }) });
    },
    async speak(text, { language, signal }) {
      const folder = await mkdtemp(join(tmpdir(), 'jackfield-speech-'));
      try {
        const file = join(folder, 'speech.wav');
        const args = ['-v', voice ?? language, '-s', String(wordsPerMinute), '-w', file, '--stdin'];
        await runTool({ tool: command, args, install: INSTALL, input: text, ...(signal && { signal }) });
        await using reader = await WavReader.open(file);
        return { samples: await collectSamples(reader), format: reader.format };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
