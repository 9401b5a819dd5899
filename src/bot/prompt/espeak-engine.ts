import { checkOptions, line, path, type Rules, within } from '../../base/check.js';
import { runTool } from '../../voice/process/run-tool.js';
import { collectSamples } from '../../voice/stage.js';
import { streamOfCommand } from './command-speech-engine.js';
import type { SpeakOptions, SpeechEngine, SpeechStream } from './speech-engine.js';

const INSTALL = 'On Debian: apt-get install espeak-ng.';

export interface EspeakOptions {
  /** Default `espeak-ng`. */
  readonly command?: string;
  /** Words per minute: 80 to 450. Default 160. */
  readonly wordsPerMinute?: number;
  /** Name of an eSpeak voice. Default: that of the language. */
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
  const spoken = async (text: string, given: SpeakOptions): Promise<SpeechStream> => {
    const args = ['-v', voice ?? given.language, '-s', String(wordsPerMinute), '--stdout', '--stdin'];
    return await streamOfCommand({ command, args, install: INSTALL }, text, given);
  };
  return {
    name: `espeak-ng ${voice ?? ''} ${wordsPerMinute}`,
    async ready({ language, signal }) {
      // Runs silently, and fails when the program or the voice is missing.
      const args = ['-v', voice ?? language, '-q', '--stdin'];
      await runTool({ tool: command, args, install: INSTALL, input: 'a', ...(signal && { signal }) });
    },
    stream: spoken,
    async speak(text, given) {
      const { samples, format } = await spoken(text, given);
      return { samples: await collectSamples(samples), format };
    },
  };
}
