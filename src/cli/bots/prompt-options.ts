import { type Command, Option } from 'commander';
import { type PromptSource, SPEECH_ENGINES } from '../../bot.js';
import { keyOf } from '../service-keys.js';

/** Options for the prompts and the voice of bots. */
export interface PromptOptions {
  readonly prompts?: string;
  readonly speech?: (typeof SPEECH_ENGINES)[number];
  readonly speechUrl?: string;
  readonly speechVoice?: string;
  readonly speechModel?: string;
  readonly speechTokenFile?: string;
  readonly speechTokenHeader?: string;
  readonly cache?: string;
}

/** Converts the options of a command. The key of a speech service may be in the environment. */
export function promptsOf(options: PromptOptions): PromptSource {
  const { prompts, speech, speechUrl: url, cache } = options;
  const { speechVoice: voice, speechModel: model } = options;
  const { speechTokenFile: tokenFile, speechTokenHeader: tokenHeader } = options;
  if (url === undefined) return { prompts, speech, cache };
  const token = tokenFile === undefined ? keyOf('JACKFIELD_SPEECH_TOKEN') : undefined;
  return { prompts, speech: { url, voice, model, token, tokenFile, tokenHeader }, cache };
}

/**
 * Adds the options of a command with speaking bots. The defaults are the same for all commands, so that checking a flow
 * finds the same faults as running it.
 */
export function withPrompts(command: Command): Command {
  return command
    .option('--prompts <folder>', 'folder of recorded prompts')
    .addOption(
      new Option(
        '--speech <engine>',
        'speech engine for text without a recording; melody plays tones instead, for tests',
      )
        .choices([...SPEECH_ENGINES])
        .default('none'),
    )
    .option(
      '--speech-url <url>',
      'speech service with the OpenAI interface, in place of the engine: .../v1/audio/speech',
    )
    .option('--speech-voice <name>', 'voice of that service (default: alloy)')
    .option('--speech-model <name>', 'model of that service (default: tts-1)')
    .option(
      '--speech-token-file <file>',
      'file with the key for that service (default: the variable JACKFIELD_SPEECH_TOKEN)',
    )
    .option(
      '--speech-token-header <header>',
      'header that carries the key: xi-api-key, or "Authorization: Token" (default: "Authorization: Bearer")',
    )
    .option('--cache <folder>', 'folder for converted prompts and speech');
}
