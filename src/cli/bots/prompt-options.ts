import { type Command, Option } from 'commander';
import { espeakEngine, melodyEngine, Prompts } from '../../bot.js';

const ENGINES = { none: () => undefined, melody: melodyEngine, 'espeak-ng': () => espeakEngine() } as const;

/** What says how a command's bots speak. */
export interface PromptOptions {
  readonly prompts?: string;
  readonly speech: keyof typeof ENGINES;
  readonly cache?: string;
}

/** Adds the options of a command whose bots speak. */
export function withPrompts(command: Command, speech: PromptOptions['speech']): Command {
  return command
    .option('--prompts <folder>', 'folder of recorded prompts')
    .addOption(
      new Option('--speech <engine>', 'what speaks text').choices(Object.keys(ENGINES)).default(speech),
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
