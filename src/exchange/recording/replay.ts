import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtualClock } from '../../clock.js';
import { JackfieldError, messageOf } from '../../errors.js';
import { Exchange } from '../exchange.js';
import type { ExchangeOptions } from '../exchange-options.js';
import { FileSource } from '../voice/file-stream.js';
import { readVoice } from '../voice/prompts.js';
import type { StreamStats, VoiceDestination } from '../voice/stream.js';
import type { StreamOpener } from '../voice/voice-router.js';
import { type RecordedEntry, streamName } from './wire-recorder.js';

/** What came out otherwise than it was recorded. */
export interface ReplayReport {
  /** Lines that the endpoint said in the recording. */
  readonly lines: number;
  /** Streams that went out in the recording. */
  readonly streams: number;
  /** One for each client whose lines differ, and for each stream whose samples do. */
  readonly differences: readonly string[];
}

/** After the last recorded line, in milliseconds. */
const AFTERMATH_MS = 5000;

/**
 * Plays a recording against a new exchange on a virtual clock: what clients said is said again at its time, what
 * came from redirected inputs comes from the recording, and what the exchange says and sends is compared. The
 * seconds that a call counts (DURATION) are left out: against other lines their order is a race.
 *
 * @param options those of the recorded exchange, without clock and opener.
 * @throws ERR_FILE when the recording cannot be read.
 */
export async function replay(
  folder: string,
  options: Omit<ExchangeOptions, 'clock' | 'opener' | 'stateFolder'> = {},
): Promise<ReplayReport> {
  const entries = await load(folder);
  const clock = new VirtualClock();
  const heard: { readonly name: string; readonly expected: Int16Array; readonly got: Int16Array[] }[] = [];
  const opener = await recordedOpener(folder, entries, heard);
  const exchange = await Exchange.start({ ...options, clock, opener: () => opener });
  const said = new Map<number, string[]>();
  const sessions = new Map<number, { receive(line: string): void }>();
  const sessionOf = (client: number, handle: string) => {
    const lines: string[] = [];
    const session =
      sessions.get(client) ??
      exchange.endpoint(handle).connect({ deliver: (line) => lines.push(line), closed: () => undefined });
    if (!sessions.has(client)) said.set(client, lines);
    sessions.set(client, session);
    return session;
  };
  for (const entry of entries) {
    if (!('text' in entry) || entry.direction !== 'in') continue;
    await clock.advance(Math.max(0, entry.at - clock.now()));
    sessionOf(entry.client, entry.handle).receive(entry.text);
  }
  await clock.advance(Math.max(0, (entries.at(-1)?.at ?? 0) - clock.now()) + AFTERMATH_MS);
  const closing = exchange.close();
  await clock.advance(AFTERMATH_MS);
  await closing;
  const streams = heard.flatMap(({ name, expected, got }) => streamDifference(name, expected, got) ?? []);
  const lines = linesOf(entries);
  const differences = [...lines].flatMap(
    ([client, expected]) => lineDifference(client, expected, said.get(client) ?? []) ?? [],
  );
  return {
    lines: [...lines.values()].flat().length,
    streams: heard.length,
    differences: [...differences, ...streams],
  };
}

async function load(folder: string): Promise<RecordedEntry[]> {
  const path = join(folder, 'lines.jsonl');
  try {
    const text = await readFile(path, 'utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RecordedEntry]));
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', `${path} cannot be replayed: ${messageOf(cause)}.`, { cause });
  }
}

/** Gives each stream, in the order in which they were opened, what was recorded of it. */
async function recordedOpener(
  folder: string,
  entries: readonly RecordedEntry[],
  heard: { name: string; expected: Int16Array; got: Int16Array[] }[],
): Promise<StreamOpener> {
  const tapes = new Map<string, string[]>();
  for (const entry of entries) {
    if ('stream' in entry) tapes.set(entry.stream, [...(tapes.get(entry.stream) ?? []), entry.file]);
  }
  const nextFile = (name: string) => {
    const file = tapes.get(name)?.shift();
    if (file === undefined) throw new Error(`no recording of ${name}`);
    return join(folder, file);
  };
  return {
    source: (_target, owner) => FileSource.at(nextFile(streamName(owner))),
    destination: async (_target, owner) => {
      const name = streamName(owner);
      const tape = { name, expected: await readVoice(nextFile(name)), got: [] };
      heard.push(tape);
      return new Listener(tape.got);
    },
  };
}

class Listener implements VoiceDestination {
  readonly stats: StreamStats = { moved: 0, silenceFilled: 0, dropped: 0 };
  readonly #heard: Int16Array[];

  constructor(heard: Int16Array[]) {
    this.#heard = heard;
  }

  write(frame: Int16Array): void {
    this.#heard.push(frame.slice());
  }

  async close(): Promise<void> {}
}

function linesOf(entries: readonly RecordedEntry[]): Map<number, string[]> {
  const lines = new Map<number, string[]>();
  for (const entry of entries) {
    if (!('text' in entry) || entry.direction !== 'out') continue;
    lines.set(entry.client, [...(lines.get(entry.client) ?? []), entry.text]);
  }
  return lines;
}

function lineDifference(
  client: number,
  expected: readonly string[],
  got: readonly string[],
): string | undefined {
  const [wanted, came] = [expected, got].map((lines) =>
    lines.filter((line) => !/ (VM_)?DURATION /.test(line)),
  );
  const at = (wanted ?? []).findIndex((line, index) => timeless(line) !== timeless(came?.[index] ?? ''));
  if (at < 0) return undefined;
  return `client ${client}, line ${at + 1}: ${came?.[at] ?? 'nothing'} instead of ${wanted?.[at]}`;
}

/** A line without the time of day in it. */
function timeless(line: string): string {
  return line.replace(/( TIMESTAMP) \d+$/, '$1');
}

function streamDifference(
  name: string,
  expected: Int16Array,
  got: readonly Int16Array[],
): string | undefined {
  let at = 0;
  for (const frame of got) {
    for (const sample of frame) {
      if (at < expected.length && sample !== expected[at]) return `${name}: sample ${at} differs`;
      at++;
    }
  }
  return at < expected.length ? `${name}: ${at} samples instead of ${expected.length}` : undefined;
}
