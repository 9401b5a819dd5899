import { checkOptions, either, line, needed, nested, oneOf, path, type Rules } from '../../base/check.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { SERVICE_KEY_RULES } from '../../base/web/service-key.js';
import { readToken } from '../../files/key-files.js';
import { HTTP_URL } from '../../voice/transcript/http-transcriber.js';
import { espeakEngine } from './espeak-engine.js';
import type { HttpSpeechOptions } from './http-speech-engine.js';
import { melodyEngine } from './melody-engine.js';
import { Prompts } from './prompts.js';
import type { SpeechEngine } from './speech-engine.js';

/** Names of the engines for texts without a recording: none, tones, or eSpeak NG. */
export const SPEECH_ENGINES = ['none', 'melody', 'espeak-ng'] as const;

/** A speech service, as commands and configurations name it. */
export interface SpeechService {
  /** Whole address, as for {@link httpSpeechEngine}. */
  readonly url: string;
  /** Default: that of {@link httpSpeechEngine}, as for the other fields. */
  readonly voice?: string | undefined;
  readonly model?: string | undefined;
  readonly format?: 'pcm' | 'wav' | undefined;
  /** In Hz. */
  readonly sampleRate?: number | undefined;
  /** Key for the service. Default: none. */
  readonly token?: string | undefined;
  /** File with the key. */
  readonly tokenFile?: string | undefined;
  readonly tokenHeader?: string | undefined;
}

/** Prompts as commands and configurations name them. */
export interface PromptSource {
  /** Folder of recorded prompts. Default: none. */
  readonly prompts?: string | undefined;
  /** One of {@link SPEECH_ENGINES}, or a service. Default `none`. */
  readonly speech?: (typeof SPEECH_ENGINES)[number] | SpeechService | undefined;
  /** Folder in which converted prompts and speech are kept. Default: in memory only. */
  readonly cache?: string | undefined;
}

const SERVICE_RULES: Rules<SpeechService> = {
  url: needed(HTTP_URL),
  voice: line(1, 200),
  model: line(1, 200),
  format: oneOf('pcm', 'wav'),
  sampleRate: SAMPLE_RATE,
  ...SERVICE_KEY_RULES,
  tokenFile: path,
};
const RULES: Rules<PromptSource> = {
  prompts: path,
  speech: either(oneOf(...SPEECH_ENGINES), nested<SpeechService>(SERVICE_RULES)),
  cache: path,
};

/**
 * Opens the prompts of a command or a configuration, with the same defaults for checking, trying and running a bot.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE when the folder, or the key of a service, cannot be read.
 */
export async function openPrompts(source: PromptSource = {}): Promise<Prompts> {
  checkOptions(source, RULES);
  const { prompts, cache, speech = 'none' } = source;
  if (typeof speech === 'object') checkOptions(speech, SERVICE_RULES, 'speech.');
  const engine = typeof speech === 'object' ? await serviceOf(speech) : engineNamed(speech);
  return await Prompts.open({
    ...(prompts !== undefined && { folder: prompts }),
    ...(cache !== undefined && { cacheFolder: cache }),
    ...(engine && { engine }),
  });
}

async function serviceOf({ tokenFile, ...service }: SpeechService): Promise<SpeechEngine> {
  const { httpSpeechEngine } = await import('./http-speech-engine.js');
  const token = tokenFile === undefined ? service.token : await readToken(tokenFile);
  const given = Object.entries({ ...service, token }).filter(([, value]) => value !== undefined);
  return httpSpeechEngine(Object.fromEntries(given) as unknown as HttpSpeechOptions);
}

function engineNamed(name: (typeof SPEECH_ENGINES)[number]): SpeechEngine | undefined {
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
