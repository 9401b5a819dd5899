import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { AnalysisReport } from '../../analysis/analysis-report.js';
import {
  type ConversationTranscript,
  TRANSCRIPT,
  transcriptOf,
} from '../../analysis/words/conversation-transcript.js';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  flag,
  object,
  type Rules,
  rule,
  text as someText,
  words,
} from '../../base/check.js';
import { asError, invalidArgument, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { Database, isDamage } from '../../files/database.js';
import { FolderLock } from '../../files/folder-lock.js';
import { removeFile } from '../../files/private-file.js';
import { renewDatabase } from '../../files/renewed-database.js';
import { filesIn, isFile, manifestsIn } from '../publication/published-files.js';
import { readSidecar } from '../read-details.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import { writeAnalysis } from './analysis-file.js';
import {
  ANNOTATE,
  ANNOTATION,
  type AnnotateOptions,
  type Annotation,
  appendAnnotation,
} from './annotation-file.js';
import { type CatalogueEntry, HELD_ROW, MIGRATIONS, RECORDING_ROW } from './catalogue-entry.js';
import { audioPath, listedFiles, recordingBeside } from './catalogue-files.js';
import { CATALOGUE_QUERY, type CatalogueQuery, conditionOf } from './catalogue-query.js';
import { CatalogueTable } from './catalogue-table.js';
import { isHeld, isHoldRest, readHold, writeHold } from './hold-file.js';
import { expendable, RETENTION, type RetentionRules } from './retention.js';
import { checkUnmasked, HEARD_RECORDING, type HeardRecording, wordsByLeg } from './still-masked.js';
import { writeTranscriptFile } from './transcript-file.js';

/** Name of the catalogue's file in the folder of recordings. */
export const CATALOGUE_FILE = 'catalogue.sqlite';
/** Prefix of the name of a damaged catalogue that was moved aside. */
export const DAMAGED_PREFIX = 'catalogue.damaged-';
const ADVICE = '`jackfield recordings index` moves it aside and builds a new one from the sidecars.';

const REASON = someText(1, 100_000);
const REPORT = rule('an analysis', (value) => typeof Object(value).talk === 'object');
const OPEN: Rules<{ existing?: boolean }> = { existing: flag };
const ENTRY = rule('an entry of the catalogue', (value) => typeof Object(value).file === 'string');

/**
 * The recordings of a folder, in a SQLite file in that folder. It holds no original data: {@link Catalogue.rebuild}
 * restores it from the sidecars, legal holds and annotations.
 */
export class Catalogue implements Disposable {
  readonly folder: string;
  readonly #table: CatalogueTable;

  private constructor(folder: string, db: Database) {
    this.folder = folder;
    this.#table = new CatalogueTable(db, folder);
  }

  /**
   * Opens the catalogue of `folder`; creates one if there is none.
   *
   * @param options.existing True to create no file: without a catalogue the result is empty. Default false.
   * @throws ERR_UNSUPPORTED without `libsql`; ERR_FILE.
   */
  static open(folder: string, options: { readonly existing?: boolean } = {}): Catalogue {
    checkArgument('folder', folder, aPath);
    checkOptions(options, OPEN);
    const path = join(folder, CATALOGUE_FILE);
    return new Catalogue(resolve(folder), Database.open(path, MIGRATIONS, { ...options, advice: ADVICE }));
  }

  /** As {@link open}, but rebuilds a lost catalogue. @throws as {@link open}. */
  static async recovered(folder: string): Promise<Catalogue> {
    const isLost = await Catalogue.isLost(folder);
    const catalogue = Catalogue.open(folder);
    if (isLost) await catalogue.rebuild();
    return catalogue;
  }

  /** True when a folder has a catalogue. */
  static isIn(folder: string): boolean {
    checkArgument('folder', folder, aPath);
    return existsSync(join(folder, CATALOGUE_FILE));
  }

  /** True when a folder has recordings but no catalogue. @throws ERR_FILE */
  static async isLost(folder: string): Promise<boolean> {
    return !Catalogue.isIn(folder) && (await manifestsIn(folder)).length > 0;
  }

  /**
   * As {@link open}, but checks the whole file and its indices. A damaged file is moved aside with SQLite's companion
   * files, and a new one is created: {@link rebuild} fills it.
   *
   * @returns the catalogue, and the new path of the damaged one.
   * @throws ERR_INVALID_STATE while a process records to the folder; as {@link open}.
   */
  static async renew(folder: string): Promise<{ readonly catalogue: Catalogue; readonly damaged?: string }> {
    checkArgument('folder', folder, aPath);
    const { database, damaged } = await renewDatabase(join(folder, CATALOGUE_FILE), MIGRATIONS, {
      advice: ADVICE,
      fullText: ['words'],
      reserve: () => FolderLock.take(folder, 'recorded to'),
    });
    const catalogue = new Catalogue(resolve(folder), database);
    return { catalogue, ...(damaged !== undefined && { damaged }) };
  }

  /** Adds or updates a recording. A legal hold stays. @throws ERR_INVALID_ARG for a file outside the folder. */
  async add(file: string, sidecar: RecordingSidecar): Promise<void> {
    checkArgument('file', file, aPath);
    checkArgument('sidecar', sidecar, object);
    const path = relative(this.folder, resolve(file));
    if (path.startsWith('..')) throw invalidArgument('file', `in ${printable(this.folder)}`, file);
    const size = (sidecar.outputs ?? []).reduce((sum, { bytes }) => sum + bytes, (await stat(file)).size);
    this.#table.put({ path, sidecar, size });
  }

  /**
   * Adds an annotation to all files of a recording, or to one, in a file beside each. The recording and its manifest do
   * not change.
   *
   * @param options.segment Default: all of them.
   * @returns the number of files.
   * @throws ERR_INVALID_STATE when earlier annotations were changed; ERR_FILE.
   */
  async annotate(id: string, annotation: Annotation, options: AnnotateOptions = {}): Promise<number> {
    checkArgument('id', id, words);
    checkOptions(annotation, ANNOTATION, 'annotation.');
    checkOptions(options, ANNOTATE);
    const { segment, clock = systemClock } = options;
    const entries = this.#table
      .entries('WHERE id = ?', id)
      .filter((entry) => segment === undefined || entry.segment === segment);
    for (const entry of entries) {
      const file = await this.fileOf(entry);
      const sidecar = await readSidecar(beside(file, '.json'));
      // The lock of the database prevents concurrent appends, also by other processes.
      this.#table.put({ path: entry.file, sidecar, size: entry.bytes }, () =>
        appendAnnotation(file, entry, annotation, new Date(clock.unixMs()).toISOString()),
      );
    }
    return entries.length;
  }

  /**
   * Writes the analysis beside its recording and its figures to the catalogue. The recording does not change. Words of
   * the report are stored as its transcript.
   *
   * @throws ERR_FILE; ERR_INVALID_STATE for one of before a masking.
   */
  async keepAnalysis(
    entry: CatalogueEntry,
    report: AnalysisReport,
    heard: HeardRecording = {},
  ): Promise<void> {
    checkArgument('report', report, REPORT);
    checkArgument('entry', entry, ENTRY);
    checkOptions(heard, HEARD_RECORDING);
    const file = await this.fileOf(entry);
    const sidecar = await readSidecar(beside(file, '.json'));
    const pressed = report.legs.map((leg) => leg.pressed);
    checkUnmasked(sidecar, pressed, entry.file, heard);
    await writeAnalysis(file, entry, report);
    const { said = [], sampleRate } = report;
    if (said.length > 0) return await this.keepTranscript(entry, transcriptOf(said, { sampleRate }), heard);
    await this.#renew(entry, file);
  }

  /**
   * Writes the transcript beside its recording and its words to the catalogue. The recording does not change.
   *
   * @throws ERR_FILE; ERR_INVALID_STATE for one of before a masking.
   */
  async keepTranscript(
    entry: CatalogueEntry,
    transcript: ConversationTranscript,
    heard: HeardRecording = {},
  ): Promise<void> {
    checkArgument('entry', entry, ENTRY);
    checkArgument('transcript', transcript, TRANSCRIPT);
    checkOptions(heard, HEARD_RECORDING);
    const file = await this.fileOf(entry);
    const sidecar = await readSidecar(beside(file, '.json'));
    checkUnmasked(sidecar, wordsByLeg(transcript), entry.file, heard);
    await writeTranscriptFile(file, entry, transcript);
    await this.#renew(entry, file);
  }

  /** Updates an entry from the files beside its audio. */
  async #renew(entry: CatalogueEntry, file: string): Promise<void> {
    const sidecar = await readSidecar(beside(file, '.json'));
    this.#table.put({ path: entry.file, sidecar, size: entry.bytes });
  }

  /**
   * Finds recordings, oldest first. {@link damaged} rows are left out.
   *
   * @throws ERR_INVALID_ARG for a `text` without a word.
   */
  search(query: CatalogueQuery = {}): CatalogueEntry[] {
    checkOptions(query, CATALOGUE_QUERY);
    const { limit = 1000 } = query;
    const { where, values } = conditionOf(query);
    return this.#table.entries(`WHERE ${where} ORDER BY started_at, segment LIMIT ?`, ...values, limit);
  }

  /** Messages about damaged entries; {@link rebuild} restores them. @throws ERR_FILE */
  damaged(): string[] {
    return this.#table.faults();
  }

  /**
   * Sets a legal hold (with a reason) on all files of a recording, or removes it. The hold is stored in a file beside
   * each.
   *
   * @returns the number of files.
   * @throws ERR_FILE
   */
  async hold(id: string, reason: string | undefined): Promise<number> {
    checkArgument('id', id, words);
    if (reason !== undefined) checkArgument('reason', reason, REASON);
    const entries = this.#table.entries('WHERE id = ?', id);
    for (const entry of entries) {
      const file = await this.fileOf(entry);
      // After a kill between the two steps the recording is still held: keepHolds() writes the file.
      if (reason !== undefined) this.#table.setHold(entry, reason);
      await writeHold(file, reason);
      if (reason === undefined) this.#table.setHold(entry, reason);
    }
    return entries.length;
  }

  /** An error (ERR_FILE) when somebody has removed or replaced the catalogue's file since it was opened. */
  get gone(): JackfieldError | undefined {
    return this.#table.gone;
  }

  /** Writes files for legal holds that are only in the catalogue, after an upgrade or a kill. @throws ERR_FILE */
  async keepHolds(): Promise<void> {
    for (const entry of this.#table.entries('WHERE hold IS NOT NULL')) {
      const [file] = await this.filesOf(entry).catch(() => []);
      if (file !== undefined && !isHeld(file)) await writeHold(file, entry.hold);
    }
  }

  /**
   * The recordings that the rules allow to delete, oldest first. Recordings under legal hold are left out.
   *
   * @throws ERR_INVALID_ARG.
   */
  purgeable(rules: RetentionRules, clock: Clock = systemClock): CatalogueEntry[] {
    checkOptions(rules, RETENTION);
    checkArgument('clock', clock, CLOCK);
    const all = this.search({ limit: -1 });
    const totalBytes = all.reduce((sum, entry) => sum + entry.bytes, 0);
    const factsOf = ({ file, startedAt, bytes, hold }: CatalogueEntry) => ({
      atMs: Date.parse(startedAt),
      bytes,
      held: hold !== undefined || isHeld(join(this.folder, file)),
    });
    return [...expendable(all, factsOf, rules, { totalBytes, nowMs: clock.unixMs() })];
  }

  /**
   * Deletes a recording's files and its entry.
   *
   * @throws ERR_INVALID_STATE when the catalogue or the file beside the recording has a legal hold; ERR_FILE.
   */
  async remove(entry: CatalogueEntry): Promise<void> {
    checkArgument('entry', entry, ENTRY);
    const now = this.#table.held(entry);
    const hold = (await readHold(await this.fileOf(entry))) ?? now?.hold ?? undefined;
    if (hold !== undefined)
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `${printable(entry.file)} is under legal hold (${hold}).`,
      );
    const files = await this.filesOf(entry);
    // The sidecar lists the files, so it is removed last: after a kill, the next purge finds the remaining files.
    const sidecarFile = beside(await this.fileOf(entry), '.json');
    for (const file of files) if (file !== sidecarFile) await removeFile(file);
    if (files.includes(sidecarFile)) await removeFile(sidecarFile);
    if (now) this.#table.forget(entry.file);
  }

  /**
   * Absolute path of the audio of a recording.
   *
   * @throws ERR_FILE for an entry that is not the audio of a recording, or that leaves the folder, directly or by a
   * link.
   */
  async fileOf(entry: Pick<CatalogueEntry, 'file'>): Promise<string> {
    checkArgument('entry', entry, ENTRY);
    return await audioPath(this.folder, entry.file);
  }

  /**
   * The existing files of a recording: audio, sidecar, manifest, outputs listed in the sidecar, annotations, analysis,
   * transcript.
   *
   * @throws ERR_FILE for an entry that leaves the folder.
   */
  async filesOf(entry: CatalogueEntry): Promise<string[]> {
    const file = await this.fileOf(entry);
    const listed = await listedFiles(file, entry);
    const files = listed.filter((path) => path === file || !this.#table.has(path));
    const there = await Promise.all(files.map(isFile));
    return files.filter((_, index) => there[index]);
  }

  /**
   * Adds every recording that has a sidecar in the folder, and removes entries without audio. Returns the number of
   * added recordings, and the error of each manifest that failed.
   */
  async rebuild(): Promise<{ readonly recordings: number; readonly failed: ReadonlyMap<string, Error> }> {
    const failed = new Map<string, Error>();
    const seen = new Set<string>();
    this.#table.forgetUnless(HELD_ROW);
    for (const path of await filesIn(this.folder, isHoldRest)) await removeFile(path);
    for (const path of await manifestsIn(this.folder)) {
      try {
        seen.add(await this.#takeIn(path.replace(/\.manifest\.json$/, '.json')));
      } catch (error) {
        if (isDamage(error)) throw error;
        failed.set(path, asError(error));
      }
    }
    this.#table.forgetUnless(RECORDING_ROW);
    await this.keepHolds();
    for (const entry of this.search({ limit: -1 })) {
      if (!seen.has(entry.file) && !(await this.#isThere(entry))) this.#table.forget(entry.file);
    }
    return { recordings: seen.size, failed };
  }

  /** Adds a recording by its sidecar. Returns the path of its audio, relative to the folder. */
  async #takeIn(sidecarFile: string): Promise<string> {
    const { file, sidecar } = await recordingBeside(sidecarFile);
    const path = relative(this.folder, file);
    await this.fileOf({ file: path });
    await this.add(file, sidecar);
    const hold = await readHold(file);
    if (hold !== undefined) this.#table.setHold({ file: path }, hold);
    return path;
  }

  /** True when the audio of an entry exists, or is missing but under legal hold. */
  async #isThere(entry: CatalogueEntry): Promise<boolean> {
    const files = await this.filesOf(entry).catch(() => undefined);
    return files !== undefined && (files.length > 0 || entry.hold !== undefined);
  }

  /**
   * Overwrites the remains of deleted rows in the catalogue's files. Takes as long as copying the catalogue.
   *
   * @throws ERR_FILE
   */
  scrub(): void {
    this.#table.scrub();
  }

  close(): void {
    this.#table.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
