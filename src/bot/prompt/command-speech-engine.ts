import { checkOptions, line, listOf, needed, path, type Rules, words } from '../../base/check.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { requireProgram } from '../../voice/process/require-program.js';
import { ToolProcess } from '../../voice/process/tool-process.js';
import { collectSamples } from '../../voice/stage.js';
import { speechOfBytes } from './speech-bytes.js';
import type { SpeakOptions, SpeechEngine, SpeechStream } from './speech-engine.js';

/** Options of {@link commandSpeechEngine}. */
export interface CommandSpeechOptions {
  /** The program, found on the PATH. It is not run through a shell. */
  readonly command: string;
  /**
   * Its arguments; `{language}` stands for the language. It reads the text from standard input and writes the sound to
   * standard output. Default: none.
   */
  readonly args?: readonly string[];
  /** Sample rate of 16-bit output without a WAV header, in Hz. Default 22,050. */
  readonly sampleRate?: number;
  /** Advice in the error when the program is missing. Default: none. */
  readonly install?: string;
}

const RULES: Rules<CommandSpeechOptions> = {
  command: needed(path),
  args: listOf(words),
  sampleRate: SAMPLE_RATE,
  install: line(1, 500),
};

/**
 * Speaks with a command on this machine. Its first sound is played while it makes the rest. An example with Piper:
 *
 * ```ts
 * commandSpeechEngine({ command: 'piper', args: ['--model', '{language}.onnx', '--output-raw'], sampleRate: 22_050 });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function commandSpeechEngine(options: CommandSpeechOptions): SpeechEngine {
  checkOptions(options, RULES);
  const { command, args = [], install } = options;
  const stream = (text: string, given: SpeakOptions) => streamOfCommand(options, text, given);
  return {
    name: [command, ...args].join(' '),
    ready: () => requireProgram(command, install),
    stream,
    async speak(text, given) {
      const { format, samples } = await stream(text, given);
      return { format, samples: await collectSamples(samples) };
    },
  };
}

/** Runs a command that speaks a text. @throws ERR_TOOL, ERR_SYNTAX, ERR_UNSUPPORTED, ERR_ABORTED. */
export async function streamOfCommand(
  { command, args = [], sampleRate = 22_050, install }: CommandSpeechOptions,
  text: string,
  { language, signal }: SpeakOptions,
): Promise<SpeechStream> {
  const filled = args.map((arg) => arg.replaceAll('{language}', language));
  const process = await ToolProcess.start(command, filled, {
    ...(install !== undefined && { install }),
    ...(signal && { signal }),
  });
  process.endInput(text);
  return await speechOfBytes(bytesOf(process), { sampleRate, channels: 1 }, command);
}

/** Yields the output of the program. @throws ERR_TOOL with the program's message when it fails; ERR_ABORTED. */
async function* bytesOf(process: ToolProcess): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* process.output();
    await process.exit();
  } finally {
    await process.stop();
  }
}
