import { type Command, Option } from 'commander';
import { type PromptSource, SPEECH_ENGINES } from '../../bot.js';

/** Options of a command's bots and their voice. */
export type PromptOptions = Pick<
  PromptSource,
  'prompts' | 'speech' | 'speechUrl' | 'speechVoice' | 'speechTokenFile' | 'cache'
>;

/** The prompts of a command's options. */
export function promptsOf(options: PromptOptions): PromptSource {
  const { prompts, speech, speechUrl, speechVoice, speechTokenFile, cache } = options;
  return { prompts, speech, speechUrl, speechVoice, speechTokenFile, cache };
}

/**
 * Adds the options of a command whose bots speak. All have the same default, so that one which checks a flow finds what
 * one which runs it would refuse.
 */
export function withPrompts(command: Command): Command {
  return command
    .option('--prompts <folder>', 'folder of recorded prompts')
    .addOption(
      new Option(
        '--speech <engine>',
        'what speaks text that is not recorded; melody is tones in its place, to try with',
      )
        .choices([...SPEECH_ENGINES])
        .default('none'),
    )
    .option(
      '--speech-url <url>',
      'a service that speaks instead, with the interface of OpenAI: .../v1/audio/speech',
    )
    .option('--speech-voice <name>', 'voice of that service (default: alloy)')
    .option('--speech-token-file <file>', 'file with the token for that service')
    .option('--cache <folder>', 'folder in which converted prompts and speech are kept');
}
