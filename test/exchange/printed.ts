import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Client, World } from './world.js';
import { settle } from './world.js';

/** One line of an example of the reference, as it prints it. */
export interface PrintedLine {
  /** The line of the reference on which it stands. */
  readonly source: number;
  readonly from: 'client' | 'endpoint';
  readonly line: string;
}

const ALL = (
  JSON.parse(readFileSync(new URL('../protocol/fixtures/transcripts.json', import.meta.url), 'utf8')) as {
    readonly lines: readonly PrintedLine[];
  }
).lines;

/** Lines of the reference's examples that stand on one of its lines. */
export function printedOn(...sources: readonly number[]): PrintedLine[] {
  return sources.flatMap((source) => ALL.filter((each) => each.source === source));
}

/** Lines of the reference on which examples that `matches` stand. */
export function sourcesOf(matches: RegExp): number[] {
  return [...new Set(ALL.filter(({ line }) => matches.test(line)).map(({ source }) => source))];
}

/** A replay: who sees each line, and how what is printed differs from what is right. */
export interface Replay {
  /** The client that sends or sees a line. Default: the first. */
  who?(line: PrintedLine, index: number): number;
  /** Gives the line as it is here: other ids, other times, without misprints. Nothing for one that is left out. */
  here?(line: string, index: number): string | undefined;
  /** Lines that come besides those that are printed. Default: none. */
  readonly besides?: RegExp;
  /** Something that somebody else does before a line. */
  before?(w: World, line: string, index: number): void | Promise<void>;
}

/** Longest wait for a printed line, in simulated milliseconds. */
const PATIENCE_MS = 120_000;
const STEP_MS = 20;

/**
 * Sends what the clients of an example sent. What is printed has to come to each in the printed order, and nothing else.
 * A blank at the end, which the reference has lost, and the case of keywords are not looked at.
 */
export async function replayPrinted(
  w: World,
  clients: readonly Client[],
  lines: readonly PrintedLine[],
  { who = () => 0, here = (line) => line, besides, before }: Replay = {},
): Promise<void> {
  for (const client of clients) client.fresh();
  const seen = clients.map((client) => client.lines.length);
  for (const [index, printed] of lines.entries()) {
    await before?.(w, printed.line, index);
    const line = here(printed.line, index);
    if (line === undefined) continue;
    const at = who(printed, index);
    const client = clients[at];
    if (!client) throw new Error(`there is no client ${at}`);
    if (printed.from === 'client') {
      client.send(line);
      continue;
    }
    const came = await nextLine(w, client, seen[at] ?? 0, besides);
    seen[at] = came.at + 1;
    expect(came.line.trimEnd().toLowerCase(), `line ${index} of ${printed.source}`).toBe(
      line.trimEnd().toLowerCase(),
    );
  }
}

async function nextLine(
  w: World,
  client: Client,
  from: number,
  besides: RegExp | undefined,
): Promise<{ readonly at: number; readonly line: string }> {
  for (let passed = 0; passed < PATIENCE_MS; passed += STEP_MS) {
    for (let at = from; at < client.lines.length; at++) {
      const line = client.lines[at] ?? '';
      if (!besides?.test(line)) return { at, line };
    }
    await settle();
    await w.clock.advance(STEP_MS);
  }
  throw new Error(`nothing came after\n${client.lines.slice(0, from).join('\n')}`);
}
