import { checkOptions, oneOf, path, type Rules } from '../../base/check.js';
import { espeakEngine } from './espeak-engine.js';
import { melodyEngine } from './melody-engine.js';
import { Prompts } from './prompts.js';
import type { SpeechEngine } from './speech-engine.js';

/** Names of what can speak a text that has no recording: nothing, tones in its place, or eSpeak NG. */
export const SPEECH_ENGINES = ['none', 'melody', 'espeak-ng'] as const;

/** Prompts as commands and configurations name them. */
export interface PromptSource {
  /** Folder of recorded prompts. Default: none. */
  readonly prompts?: string | undefined;
  /** One of {@link SPEECH_ENGINES}. Default `none`. */
  readonly speech?: (typeof SPEECH_ENGINES)[number] | undefined;
  /** Folder in which converted prompts and speech are kept. Default: in memory only. */
  readonly cache?: string | undefined;
}

const RULES: Rules<PromptSource> = { prompts: path, speech: oneOf(...SPEECH_ENGINES), cache: path };

/**
 * Opens the prompts of a command or a configuration: one default for all that check, try or run a bot.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE when the folder cannot be read.
 */
export async function openPrompts(source: PromptSource = {}): Promise<Prompts> {
  checkOptions(source, RULES);
  const { prompts, speech = 'none', cache } = source;
  const engine = engineOf(speech);
  return await Prompts.open({
    ...(prompts !== undefined && { folder: prompts }),
    ...(cache !== undefined && { cacheFolder: cache }),
    ...(engine && { engine }),
  });
}

function engineOf(name: (typeof SPEECH_ENGINES)[number]): SpeechEngine | undefined {
  switch (name) {
    case 'none':
      return undefined;
    case 'melody':
      return melodyEngine();
    case 'espeak-ng':
      return espeakEngine();
    default:
      return name satisfies never;
  }
}
