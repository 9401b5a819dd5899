import { Command } from 'commander';
import { attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { between } from '../options.js';
import { type OutputOptions, withForce } from '../outputs.js';
import { stopSignal } from '../shutdown.js';
import { runConsole } from './trace-console.js';
import { readRecording, TraceRecording } from './trace-recording.js';
import { type CommandSource, runCommands } from './trace-script.js';
import { TraceView } from './trace-view.js';

interface Options extends EndpointOptions, OutputOptions {
  readonly name: string;
  readonly protocol: number;
  readonly record?: string;
  readonly replay?: string;
  readonly pace: boolean;
  readonly follow: boolean;
  readonly color: boolean;
}

const EXAMPLES = `
Examples:
  jackfield trace --attach tcp
  jackfield trace 'GET CURRENTUSERHANDLE' 'SEARCH FRIENDS'
  echo 'CALL echo123' | jackfield trace --follow --record call.trace
  jackfield trace --replay call.trace`;

/** `jackfield trace`: a console for any endpoint. */
export function traceCommand(): Command {
  return withForce(withEndpoint(new Command('trace')))
    .argument(
      '[command...]',
      'a command to send, in quotes (default: a console, or the lines of standard input)',
    )
    .option('--name <name>', 'client name to attach with', 'jackfield')
    .option('--protocol <version>', 'newest protocol version to request', between(1, 8), 8)
    .option('--record <file>', 'write every line with its time to a new file')
    .option('--replay <file>', 'send the commands of a recorded file again, at the recorded pace')
    .option('--no-pace', 'replay as fast as the replies arrive')
    .option('-f, --follow', 'keep printing notifications after the commands', false)
    .option('--no-color', 'print without colours (as the variable NO_COLOR does)')
    .addHelpText('after', EXAMPLES)
    .action(trace);
}

async function trace(words: readonly string[], options: Options): Promise<void> {
  const coloured = options.color && process.stdout.isTTY === true && !process.env['NO_COLOR'];
  const view = new TraceView({ coloured });
  await using recording =
    options.record === undefined ? undefined : await TraceRecording.create(options.record, options);
  await using attached = await attachTo(options, { name: options.name, protocol: options.protocol });
  const { client } = attached;
  client.on('trace', (line) => recording?.write(line));
  const unread = new AbortController();
  // The reader has closed the pipe, as in `jackfield trace -f | head`.
  process.stdout.once('error', () => unread.abort());
  const signal = AbortSignal.any([stopSignal(), unread.signal]);
  if (words.length === 0 && options.replay === undefined && process.stdin.isTTY) {
    await runConsole(client, { view, signal });
    return;
  }
  const failures = await runCommands(client, {
    view,
    signal,
    source: sourceOf(words, options),
    follow: options.follow,
  });
  if (failures > 0) process.exitCode = 1;
}

function sourceOf(words: readonly string[], { replay, pace }: Options): CommandSource {
  if (replay !== undefined) return { kind: 'recording', lines: readRecording(replay), pace };
  if (words.length > 0) return { kind: 'lines', lines: words };
  return { kind: 'lines', lines: process.stdin };
}
