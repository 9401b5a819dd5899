import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  path as aPath,
  callback,
  checkArgument,
  checkOptions,
  instance,
  type Rules,
} from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { PTIME_MS } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { VirtualClock } from '../../base/time/clock.js';
import { hasLineBreak } from '../../protocol/serialize.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import type { Session } from '../api/session.js';
import { Exchange } from '../exchange.js';
import { EXCHANGE_RULES, type ExchangeOptions } from '../exchange-options.js';
import { FileSource } from '../voice/file-stream.js';
import { readVoice } from '../voice/prompt-files.js';
import type { StreamStats, VoiceDestination } from '../voice/stream.js';
import type { StreamOpener } from '../voice/voice-router.js';
import { type RecordedEntry, streamName } from './wire-recorder.js';

/** Differences between a replay and its recording. */
export interface ReplayReport {
  /** Number of lines that the endpoint sent in the recording. */
  readonly lines: number;
  /** Number of output streams in the recording. */
  readonly streams: number;
  /** One entry for each client whose lines differ, and for each stream whose samples differ. */
  readonly differences: readonly string[];
}

/** Options of a replay, including those of the recorded exchange. */
export interface ReplayOptions extends Omit<ExchangeOptions, 'clock' | 'opener' | 'stateFolder'> {
  /** The clock of the robots in the options. Default: a new one. */
  readonly clock?: VirtualClock;
  /** Called when the exchange has started, for example to start the calls of a scenario. Default: nothing. */
  readonly begin?: (exchange: Exchange) => Promise<void>;
}

const { clock, opener, stateFolder, ...REPLAYED } = EXCHANGE_RULES;
const RULES: Rules<ReplayOptions> = { ...REPLAYED, clock: instance(VirtualClock), begin: callback };

/** Time that the replay goes on after the last recorded line, in milliseconds. */
const AFTERMATH_MS = 5000;
/**
 * Most frames that a stream of a punctual exchange may be shifted. A command arrives between two ticks. The tick that
 * follows depends on the delay of real timers, a fraction of a millisecond. On a busy machine timers are later: then
 * streams may be shifted further, by as much as the lines of the recording came late.
 */
const MAX_SHIFT_FRAMES = 5;

/**
 * Replays a recording against a new exchange on a virtual clock. Lines of clients are sent at their recorded time.
 * Redirected inputs read the recorded samples. The lines and samples of the exchange are compared with the recording.
 * The seconds of a call (DURATION) are not compared, because their order relative to other lines is not fixed. A stream
 * may begin earlier or later, by 100 ms and by as much as the lines of the recording came late on a busy machine.
 *
 * @throws ERR_FILE when the recording cannot be read, ERR_SYNTAX when it is not a recording.
 */
export async function replay(folder: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  checkArgument('folder', folder, aPath);
  checkOptions(options, RULES);
  const { clock = new VirtualClock(), begin, ...rest } = options;
  const entries = await load(folder);
  const heard: Tape[] = [];
  const opener = await recordedOpener(folder, entries, heard);
  const exchange = await Exchange.start({ ...rest, clock, opener: () => opener });
  await begin?.(exchange);
  const said = await sayAgain(exchange, clock, entries);
  const lines = linesOf(entries);
  const compared = [...lines].map(([client, expected]) =>
    compareLines(client, expected, said.get(client) ?? []),
  );
  const shift = MAX_SHIFT_FRAMES + Math.ceil(Math.max(0, ...compared.map(({ late }) => late)) / PTIME_MS);
  return {
    lines: [...lines.values()].flat().length,
    streams: heard.length,
    differences: [
      ...compared.flatMap(({ difference }) => difference ?? []),
      ...heard.flatMap((tape) => streamDifference(tape, shift) ?? []),
    ],
  };
}

/**
 * Sends the lines of the clients, each at its time, then ends the exchange.
 *
 * @returns the lines of the exchange, by client.
 */
async function sayAgain(
  exchange: Exchange,
  clock: VirtualClock,
  entries: readonly RecordedEntry[],
): Promise<Map<number, SentLine[]>> {
  const said = new Map<number, SentLine[]>();
  const sessions = new Map<number, Session>();
  const sessionOf = (client: number, handle: string): Session => {
    const known = sessions.get(client);
    if (known) return known;
    const lines: SentLine[] = [];
    const session = exchange.endpoint(handle).connect({
      deliver: (text) => lines.push({ at: clock.now(), text }),
      closed: () => undefined,
    });
    said.set(client, lines);
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
  return said;
}

async function load(folder: string): Promise<RecordedEntry[]> {
  const path = join(folder, 'lines.jsonl');
  try {
    const text = await readFile(path, 'utf8');
    // The last line may be incomplete when the recorder was killed.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line, index) => entryOf(line, `${path}:${index + 1}`));
  } catch (cause) {
    if (cause instanceof JackfieldError) throw cause;
    throw new JackfieldError('ERR_FILE', printable(`${path} cannot be replayed: ${messageOf(cause)}.`), {
      cause,
    });
  }
}

function entryOf(line: string, place: string): RecordedEntry {
  try {
    const entry: unknown = JSON.parse(line);
    if (isEntry(entry)) return entry;
  } catch {
    // The error below names the line.
  }
  throw new JackfieldError(
    'ERR_SYNTAX',
    `${printable(place)} is not an entry of a recording of lines and streams.`,
  );
}

/** Checks an entry of a recording like data from the network. Its files are in the same folder. */
function isEntry(value: unknown): value is RecordedEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { at, text, stream, file, handle, client, direction }: Record<string, unknown> = { ...value };
  if (typeof at !== 'number' || !(at >= 0 && at <= Number.MAX_SAFE_INTEGER)) return false;
  if (typeof stream === 'string') return typeof file === 'string' && file !== '' && basename(file) === file;
  const said = typeof text === 'string' && !hasLineBreak(text) && typeof handle === 'string';
  return said && typeof client === 'number' && (direction === 'in' || direction === 'out');
}

/** Gives the recorded samples to each stream, in the order in which the streams were opened. */
async function recordedOpener(
  folder: string,
  entries: readonly RecordedEntry[],
  heard: Tape[],
): Promise<StreamOpener> {
  const tapes = new Map<string, string[]>();
  for (const entry of entries) {
    if ('stream' in entry) tapes.set(entry.stream, [...(tapes.get(entry.stream) ?? []), entry.file]);
  }
  const nextFile = (name: string) => {
    const file = tapes.get(name)?.shift();
    if (file === undefined) throw new Error(`no recording of ${printable(name)}`);
    return join(folder, file);
  };
  return {
    source: (_target, owner) => FileSource.at(nextFile(streamName(owner))),
    destination: async (_target, owner) => {
      const name = streamName(owner);
      const tape: Tape = { name, expected: await readVoice(nextFile(name)), got: [] };
      heard.push(tape);
      return new Listener(tape.got);
    },
  };
}

/** A recorded output stream, and the output of the replay. */
interface Tape {
  readonly name: string;
  readonly expected: Int16Array;
  readonly got: Int16Array[];
}

class Listener implements VoiceDestination {
  readonly over = false;
  readonly stats: StreamStats = { moved: 0, late: 0, silenceFilled: 0, dropped: 0 };
  readonly #heard: Int16Array[];

  constructor(heard: Int16Array[]) {
    this.#heard = heard;
  }

  write(frame: Int16Array): void {
    this.#heard.push(frame.slice());
  }

  async close(): Promise<void> {}
}

/** A line that the exchange sent, and when, in milliseconds from the start. */
interface SentLine {
  readonly at: number;
  readonly text: string;
}

function linesOf(entries: readonly RecordedEntry[]): Map<number, SentLine[]> {
  const lines = new Map<number, SentLine[]>();
  for (const entry of entries) {
    if (!('text' in entry) || entry.direction !== 'out') continue;
    lines.set(entry.client, [...(lines.get(entry.client) ?? []), entry]);
  }
  return lines;
}

/** Finds the first line that differs, and the most milliseconds by which the lines that are the same differ in time. */
function compareLines(
  client: number,
  expected: readonly SentLine[],
  got: readonly SentLine[],
): { readonly difference: string | undefined; readonly late: number } {
  const [wanted = [], came = []] = [expected, got].map((lines) =>
    lines.filter(({ text }) => !/ (VM_)?DURATION /.test(text)),
  );
  let late = 0;
  let difference: string | undefined;
  for (const [index, { at, text }] of wanted.entries()) {
    const line = came[index];
    if (line && timeless(text) === timeless(line.text)) late = Math.max(late, Math.abs(at - line.at));
    else difference ??= `client ${client}, line ${index + 1}: ${line?.text ?? 'nothing'} instead of ${text}`;
  }
  return { difference, late };
}

/** Removes the time of day from a line. */
function timeless(line: string): string {
  return line.replace(/( TIMESTAMP) \d+$/, '$1');
}

/** @param shift Most frames that the stream may be shifted. */
function streamDifference({ name, expected, got }: Tape, shift: number): string | undefined {
  const samples = new Int16Array(got.length * FRAME_SAMPLES);
  for (const [index, frame] of got.entries()) samples.set(frame, index * FRAME_SAMPLES);
  const tolerated = shift * FRAME_SAMPLES;
  if (samples.length < expected.length - tolerated)
    return `${name}: ${samples.length} samples instead of ${expected.length}`;
  let furthest = 0;
  for (let moved = -tolerated; moved <= tolerated; moved += FRAME_SAMPLES) {
    const at = firstDifference(expected, samples, moved);
    if (at === undefined) return undefined;
    furthest = Math.max(furthest, at);
  }
  return `${name}: sample ${furthest} differs`;
}

/** First position at which the two differ, compared as far as both go. `got` begins `shift` samples later. */
function firstDifference(expected: Int16Array, got: Int16Array, shift: number): number | undefined {
  const end = Math.min(expected.length, got.length - shift);
  for (let at = Math.max(0, -shift); at < end; at++) if (expected[at] !== got[at + shift]) return at;
  return undefined;
}
