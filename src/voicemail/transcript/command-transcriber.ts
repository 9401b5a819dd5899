import { invalidArgument } from '../../errors.js';
import { runTool } from '../../voice/process/run-tool.js';
import type { Transcriber } from './transcriber.js';

/** Options of {@link commandTranscriber}. */
export interface CommandTranscriberOptions {
  /** The program; it is found on the PATH. Never a shell line. */
  readonly command: string;
  /**
   * Its arguments; `{file}` in one stands for the path of the WAV file, `{language}` for the language (`en` where it is
   * not known).
   */
  readonly args: readonly string[];
}

const FILE = '{file}';
const MAX_BYTES = 1 << 20;

/**
 * An engine that is a command: it gets the WAV file's path, and writes the text to standard output. For instance
 * PocketSphinx, which runs on this machine without a network (Debian: `apt install pocketsphinx`):
 *
 * ```ts
 * commandTranscriber({ command: 'pocketsphinx_continuous', args: ['-infile', '{file}', '-logfn', '/dev/null'] });
 * ```
 *
 * @throws ERR_INVALID_ARG when no argument holds `{file}`.
 */
export function commandTranscriber({ command, args }: CommandTranscriberOptions): Transcriber {
  if (!args.some((arg) => arg.includes(FILE))) {
    throw invalidArgument('args', `a list in which one holds ${FILE}`, args.join(' '));
  }
  return {
    name: command,
    async transcribe({ file, language = 'en', signal }) {
      const filled = args.map((arg) => arg.replaceAll(FILE, file).replaceAll('{language}', language));
      const output = await runTool({
        tool: command,
        args: filled,
        maxBytes: MAX_BYTES,
        ...(signal && { signal }),
      });
      return { text: output.toString('utf8').replace(/\s+/g, ' ').trim() };
    },
  };
}
