import { checkOptions, line, oneOf, path, type Rules } from '../../base/check.js';
import { readToken } from '../../files/key-files.js';
import { HTTP_URL } from '../../voice/transcript/http-transcriber.js';
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
  /** Address of a service that speaks instead, as {@link httpSpeechEngine} has it. Default: none. */
  readonly speechUrl?: string | undefined;
  /** Its voice. Default: that of {@link httpSpeechEngine}. */
  readonly speechVoice?: string | undefined;
  /** File with the token for it. Default: none. */
  readonly speechTokenFile?: string | undefined;
  /** Folder in which converted prompts and speech are kept. Default: in memory only. */
  readonly cache?: string | undefined;
}

const RULES: Rules<PromptSource> = {
  prompts: path,
  speech: oneOf(...SPEECH_ENGINES),
  speechUrl: HTTP_URL,
  speechVoice: line(1, 200),
  speechTokenFile: path,
  cache: path,
};

/**
 * Opens the prompts of a command or a configuration: one default for all that check, try or run a bot.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE when the folder cannot be read.
 */
export async function openPrompts(source: PromptSource = {}): Promise<Prompts> {
  checkOptions(source, RULES);
  const { prompts, cache } = source;
  const engine = await engineOf(source);
  return await Prompts.open({
    ...(prompts !== undefined && { folder: prompts }),
    ...(cache !== undefined && { cacheFolder: cache }),
    ...(engine && { engine }),
  });
}

async function engineOf(source: PromptSource): Promise<SpeechEngine | undefined> {
  const { speech = 'none', speechUrl: url, speechVoice: voice, speechTokenFile } = source;
  if (url !== undefined) {
    const { httpSpeechEngine } = await import('./http-speech-engine.js');
    const token = speechTokenFile === undefined ? undefined : await readToken(speechTokenFile);
    return httpSpeechEngine({
      url,
      ...(voice !== undefined && { voice }),
      ...(token !== undefined && { token }),
    });
  }
  switch (speech) {
    case 'none':
      return undefined;
    case 'melody':
      return melodyEngine();
    case 'espeak-ng':
      return espeakEngine();
    default:
      return speech satisfies never;
  }
}
