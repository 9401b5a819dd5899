import { readFile } from 'node:fs/promises';
import { Opening } from '../../base/opening.js';
import { fileError } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate, removeFile } from '../../files/private-file.js';
import type { LedgerSpan, LegName, SpanReason } from '../../stream/align/ledger.js';
import type { NamedStretch } from '../../stream/align/stretch-places.js';
import type { MaskSpan } from '../masking/mask-spans.js';
import type { DriftAccount, RecordedCall, RecordingHead, RecordingMark } from '../sidecar.js';

/** One line of a journal. */
export type JournalEntry =
  /** The first line: facts known at the start of the recording. */
  | { readonly t: 'head'; readonly head: RecordingHead }
  /** Facts of the call that became known later. */
  | { readonly t: 'call'; readonly call: RecordedCall }
  /** A leg has this kind from `span.from` until its next entry. */
  | { readonly t: 'span'; readonly leg: LegName; readonly span: Omit<LedgerSpan, 'samples'> }
  /** The line of a leg concealed this stretch. The entry may follow after the samples. */
  | { readonly t: 'concealed'; readonly leg: LegName; readonly stretch: NamedStretch<SpanReason> }
  /** The voice of this stretch of a leg was lost. The entry may come before or after the samples around it. */
  | { readonly t: 'lost'; readonly leg: LegName; readonly stretch: NamedStretch<SpanReason> }
  /** A stretch of both legs is masked by a rule. */
  | { readonly t: 'masked'; readonly span: MaskSpan }
  | { readonly t: 'block'; readonly index: number; readonly hash: string }
  | { readonly t: 'drift'; readonly account: DriftAccount }
  | { readonly t: 'mark'; readonly mark: RecordingMark };

/**
 * Stores the facts of a recording in progress line by line, so that the ledger and the hashes survive a kill. The file
 * is beside the audio and is removed when the sidecar is complete.
 */
export class Journal {
  readonly path: string;
  readonly #file: PositionedFile;
  #bytes = 0;
  #pump: Promise<void> = Promise.resolve();
  #pending = 0;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(path: string, file: PositionedFile) {
    this.path = path;
    this.#file = file;
  }

  /** @throws ERR_FILE. */
  static async create(path: string, head: RecordingHead): Promise<Journal> {
    try {
      await using opening = new Opening();
      const journal = new Journal(path, positionedFile(await openPrivate(path, 'w'), 'async'));
      opening.add(journal, async () => {
        await journal.close();
        await removeFile(path);
      });
      journal.add({ t: 'head', head });
      await journal.settle();
      return opening.done(journal);
    } catch (error) {
      throw fileError('create', path, error);
    }
  }

  /** True when entries are unwritten or a write has failed: see {@link settle}. */
  get pending(): boolean {
    return this.#pending > 0 || this.#error !== undefined;
  }

  /** Appends an entry, unless the journal is closed. {@link settle} reports a failure. */
  add(entry: JournalEntry): void {
    // After closing, the descriptor may belong to another file.
    if (this.#closing) return;
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const at = this.#bytes;
    this.#bytes += line.length;
    this.#pending++;
    this.#pump = this.#pump
      .then(() => this.#file.write(line, at))
      .catch((error: Error) => {
        this.#error ??= error;
      })
      .finally(() => {
        this.#pending--;
      });
  }

  /** Waits until all added entries are written. @throws ERR_FILE when a write failed. */
  async settle(): Promise<void> {
    await this.#pump;
    if (this.#error) throw fileError('write', this.path, this.#error);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#pump.then(() => this.#file.close());
    return this.#closing;
  }
}

/**
 * Reads the journal of a killed recording, up to the first incomplete line.
 * @throws ERR_FILE when the file cannot be read.
 */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
  const entries: JournalEntry[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const entry = parseEntry(line);
    if (!entry) break;
    entries.push(entry);
  }
  return entries;
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    // Only the recorder writes this file, and only its user can read it. A partial line does not parse.
    return typeof entry === 'object' && entry !== null && 't' in entry ? (entry as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** The entries of one kind, in order. */
export function journalEntries<T extends JournalEntry['t']>(
  entries: readonly JournalEntry[],
  kind: T,
): Extract<JournalEntry, { t: T }>[] {
  return entries.filter((entry): entry is Extract<JournalEntry, { t: T }> => entry.t === kind);
}
