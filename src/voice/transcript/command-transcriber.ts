import { callback, checkOptions, listOf, needed, path, type Rules, within, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import { bytesOfSamples } from '../process/pcm-bytes.js';
import { requireProgram } from '../process/require-program.js';
import { ToolProcess } from '../process/tool-process.js';
import { OPEN_LENGTH, WavHeader } from '../wav/wav-header.js';
import type { Transcriber, Transcript, TranscriptRequest } from './transcriber.js';

/** Options of {@link commandTranscriber}. */
export interface CommandTranscriberOptions {
  /** The program; it is found on the PATH. Never a shell line. */
  readonly command: string;
  /**
   * Its arguments. `{file}` stands for the path of the WAV file, or for `/dev/stdin` when the speech must not be on the
   * disk unencrypted. `{language}` stands for the language, `en` when it is not known. Without a file, or without an
   * argument that names it, the WAV comes on standard input. Default: none.
   */
  readonly args?: readonly string[];
  /** Longest run for one message, in milliseconds, after which it is stopped: 1000 to 86,400,000. Default 600,000. */
  readonly timeoutMs?: number;
  /** Reads the program's standard output. Default: all of it is the text. */
  readonly read?: (output: string) => Transcript;
}

const RULES: Rules<CommandTranscriberOptions> = {
  command: needed(path),
  args: listOf(words),
  timeoutMs: within(1000, 86_400_000, 'ms'),
  read: callback,
};
const INSTALL = 'Install it, or give its path.';
const FILE = '{file}';
const STANDARD_INPUT = '/dev/stdin';
/**
 * Shell script that runs its arguments with standard input through a pipe. Node gives a child a socket, and Linux
 * cannot open a socket by the name /dev/stdin.
 */
const PIPED = 'exec 3<&0; cat <&3 | "$@" 3<&- & p=$!; trap "kill $p" TERM; wait "$p"';
const MAX_BYTES = 1 << 20;

/**
 * Makes a transcriber from a command that reads the WAV and writes the text to standard output. PocketSphinx, for
 * instance, runs on this machine without a network (Debian: `apt install pocketsphinx pocketsphinx-en-us`):
 *
 * ```ts
 * commandTranscriber({
 *   command: 'pocketsphinx_continuous',
 *   args: ['-infile', '/dev/stdin', '-logfn', '/dev/null'],
 * });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function commandTranscriber(options: CommandTranscriberOptions): Transcriber {
  checkOptions(options, RULES);
  const { command, args = [], timeoutMs = 600_000, read = textAlone } = options;
  return {
    name: command,
    ready: () => requireProgram(command, INSTALL),
    async transcribe(request) {
      using limit = new TimeLimit(systemClock, { timeoutMs, signal: request.signal });
      const byFile = request.file !== undefined && args.some((arg) => arg.includes(FILE));
      const process = await start([command, ...args], request, limit.signal);
      try {
        const written = byFile ? process.endInput() : feed(process, request);
        const [text] = await Promise.all([textOf(process, command), written]);
        await process.exit();
        return read(text);
      } catch (error) {
        await process.stop();
        throw limit.passed ? tookTooLong(command, timeoutMs) : error;
      }
    },
  };
}

function textAlone(output: string): Transcript {
  return { text: output.replace(/\s+/g, ' ').trim() };
}

function start(
  command: readonly string[],
  { file, language = 'en' }: TranscriptRequest,
  signal: AbortSignal,
): Promise<ToolProcess> {
  const filled = command.map((part) =>
    part.replaceAll(FILE, file ?? STANDARD_INPUT).replaceAll('{language}', language),
  );
  const piped = filled.some((part) => part.includes(STANDARD_INPUT));
  const [program = '', ...args] = piped ? ['sh', '-c', PIPED, 'sh', ...filled] : filled;
  return ToolProcess.start(program, args, { install: INSTALL, signal });
}

async function textOf(process: ToolProcess, command: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.output()) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new JackfieldError(
        'ERR_TOOL',
        `${printable(command)} wrote more than ${MAX_BYTES} bytes, which is too long for a transcript.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Writes the WAV to standard input. Its length is not known yet, so readers read to the end. */
async function feed(process: ToolProcess, { samples }: TranscriptRequest): Promise<void> {
  const header = new WavHeader({ format: VOICE_FORMAT, encoding: 's16', metadata: {} });
  await process.write(header.sized(OPEN_LENGTH).slice());
  for await (const chunk of samples) await process.write(bytesOfSamples(chunk));
  process.endInput();
}

function tookTooLong(command: string, timeoutMs: number): JackfieldError {
  return new JackfieldError(
    'ERR_TIMEOUT',
    `${printable(command)} took more than ${Math.round(timeoutMs / 1000)} s.`,
  );
}
