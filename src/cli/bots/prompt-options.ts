import { type Command, Option } from 'commander';
import { espeakEngine, melodyEngine, Prompts } from '../../bot.js';

const ENGINES = { none: () => undefined, melody: melodyEngine, 'espeak-ng': () => espeakEngine() } as const;

/** Options of a command's bots and their voice. */
export interface PromptOptions {
  readonly prompts?: string;
  readonly speech: keyof typeof ENGINES;
  readonly cache?: string;
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
        .choices(Object.keys(ENGINES))
        .default('none'),
    )
    .option('--cache <folder>', 'folder in which converted prompts and speech are kept');
}

/** @throws ERR_FILE when the folder cannot be read. */
export async function openPrompts({ prompts, speech, cache }: PromptOptions): Promise<Prompts> {
  const engine = ENGINES[speech]();
  return await Prompts.open({
    ...(prompts !== undefined && { folder: prompts }),
    ...(cache !== undefined && { cacheFolder: cache }),
    ...(engine && { engine }),
  });
}
