import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { linesOf } from '../../base/line-reader.js';
import type { TraceLine } from '../../control.js';
import { type Client, sleep, systemClock } from '../../control.js';
import { ApiError } from '../../protocol.js';
import { drawText } from '../terminal-text.js';
import type { TraceView } from './trace-view.js';

/** Source of commands without a console. */
export type CommandSource =
  | { readonly kind: 'lines'; readonly lines: Iterable<string> | Readable }
  /** The commands of a recorded trace. With `pace` the time between them is kept. */
  | { readonly kind: 'recording'; readonly lines: AsyncIterable<TraceLine>; readonly pace: boolean };

/** Options of {@link runCommands}. */
export interface ScriptOptions {
  readonly view: TraceView;
  readonly source: CommandSource;
  /** True to listen until the signal fires. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Sends commands one by one, each after the answer to the previous one. Resolves to the number of failed ones. */
export async function runCommands(client: Client, options: ScriptOptions): Promise<number> {
  const { view, source, follow, signal } = options;
  const print = (line: TraceLine) => drawText(`${view.format(line)}\n`);
  client.on('trace', print);
  let failures = 0;
  try {
    for await (const command of commandsOf(source, signal)) {
      if (signal.aborted) break;
      try {
        await client.invoke(withoutId(command), { signal });
      } catch (error) {
        failures++;
        if (!(error instanceof ApiError)) throw error;
      }
    }
    if (follow && !signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    client.off('trace', print);
  }
  return failures;
}

/** Removes the identifier of a command. The client adds its own. */
export function withoutId(line: string): string {
  return line.trim().replace(/^#\S+\s+/, '');
}

/** Commands that the client sends itself when attaching. */
const INTRODUCTION = /^(NAME|PROTOCOL)\b/i;

async function* commandsOf(source: CommandSource, signal: AbortSignal): AsyncGenerator<string, void, void> {
  if (source.kind === 'recording') {
    yield* recordedCommands(source, signal);
    return;
  }
  const lines = Symbol.iterator in source.lines ? source.lines : linesOf(source.lines, signal);
  for await (const line of lines) if (line.trim() !== '') yield line;
}

async function* recordedCommands(
  { lines, pace }: Extract<CommandSource, { kind: 'recording' }>,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  let last: number | undefined;
  for await (const { direction, line, atMs } of lines) {
    if (direction !== 'sent' || INTRODUCTION.test(withoutId(line))) continue;
    if (pace && last !== undefined) await sleep(systemClock, Math.max(0, atMs - last), { signal });
    last = atMs;
    yield line;
  }
}
