import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { path as aPath, checkArgument, checkOptions, type Rules, secret, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { Opening } from '../../base/opening.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { fileError } from '../../files/file-error.js';
import { removeFile } from '../../files/private-file.js';
import type { LegEnds } from '../../stream/align/ledger.js';
import { LedgerKeeper, type LegLedger, type LegName } from '../../stream/align/ledger.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { repairWav } from '../../voice/wav/wav-repair.js';
import { BlockHasher } from '../evidence/block-chain.js';
import { joinedMasks, maskWithin } from '../masking/mask-spans.js';
import { RECIPIENTS, SIGNING_KEY } from '../record-options.js';
import { openSealed } from '../sealed/open-sealed.js';
import { isSealed } from '../sealed/recorded-legs.js';
import { SealedFile } from '../sealed/sealed-file.js';
import { readTails, type TailContents, tailFiles } from '../sealed/sealed-tail.js';
import { beside, type RecordingHead, type RecordingMasking, sidecarOf } from '../sidecar.js';
import { COMPRESSED_FORMATS } from './compressed.js';
import { type JournalEntry, journalEntries, readJournal } from './journal.js';
import { liveOutputPath } from './live-output.js';
import { journalFile, markWithin, reserveFile, type SegmentResult, writeDetails } from './segment.js';
import { readLegEnds } from './stereo-file.js';

export interface RecoverOptions {
  /** Signs the manifest: an Ed25519 private key. */
  readonly signingKey?: KeyObject;
  /** Age secret key of one of the recipients. Needed for encrypted recordings. */
  readonly identity?: string;
  /** Age recipients of the finished file. Needed for encrypted recordings. */
  readonly encryptTo?: readonly string[];
  /** Clock that dates the recovery. Default: the machine's clock. */
  readonly clock?: Clock;
}

const RULES: Rules<RecoverOptions> = {
  signingKey: SIGNING_KEY,
  identity: secret(words),
  encryptTo: RECIPIENTS,
  clock: CLOCK,
};

/** Finds the audio files of unfinished recordings in `folder` and its subfolders. */
export async function findUnfinished(folder: string): Promise<readonly string[]> {
  checkArgument('folder', folder, aPath);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read', folder, error);
  });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.journal')) continue;
    const base = join(entry.parentPath, entry.name.slice(0, -'.journal'.length));
    found.push(existsSync(`${base}.wav.age`) ? `${base}.wav.age` : `${base}.wav`);
  }
  return found.sort();
}

/**
 * Finishes a recording whose process was killed: corrects the header to count all samples in the file, and writes the
 * sidecar and manifest from the journal, marked as recovered. Call it only when no process writes the file any more.
 *
 * @throws ERR_FILE; ERR_WAV when the file is not a recording; ERR_INVALID_STATE when its journal is empty.
 */
export async function recoverRecording(file: string, options: RecoverOptions = {}): Promise<SegmentResult> {
  checkArgument('file', file, aPath);
  checkOptions(options, RULES);
  const { clock = systemClock, signingKey } = options;
  const entries = await readJournal(journalFile(file));
  const head = entries.find((entry) => entry.t === 'head')?.head;
  if (!head) {
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      `The journal of ${printable(file)} has no usable entry: repair the WAV file without it.`,
    );
  }
  await removeFile(reserveFile(file));
  const known = journalEntries(entries, 'block').map(({ hash }) => hash);
  const { found, hashed } = isSealed(file)
    ? await resealed(file, options, known)
    : await repaired(file, known);
  const at = new Date(clock.unixMs()).toISOString();
  const sidecar = sidecarOf({
    ...recoveredFacts(file, head, entries, hashed),
    recovered: { at, found: describeFound(found, hashed.changed) },
    maskings: recoveredMaskings(head, entries, hashed.sampleCount, at),
  });
  const result = await writeDetails(file, sidecar, hashed.blocks, signingKey);
  await removeTraces(file);
  return result;
}

/** Removes the files of a recording that was killed before its first sample or its journal head. */
export async function discardUnfinished(file: string): Promise<void> {
  checkArgument('file', file, aPath);
  await removeFile(file);
  await removeFile(beside(file, '.json'));
  await removeTraces(file);
}

/** Removes the temporary files beside the audio, the journal last. */
export async function removeTraces(file: string): Promise<void> {
  const traces = [reserveFile(file), beside(file, '.json.part'), beside(file, '.manifest.json.part')];
  for (const path of [...traces, ...halfMade(file), ...tailFiles(file), journalFile(file)]) {
    await removeFile(path);
  }
}

/** Partial compressed files. */
function halfMade(file: string): string[] {
  return COMPRESSED_FORMATS.map((format) => `${liveOutputPath(file, format)}.part`);
}

/** True when an unfinished recording has audio and a journal head. */
export async function isWorthRecovering(file: string): Promise<boolean> {
  checkArgument('file', file, aPath);
  const size = await stat(file).then(
    ({ size: bytes }) => bytes,
    () => 0,
  );
  return size > 0 && (await readJournal(journalFile(file))).some(({ t }) => t === 'head');
}

function recoveredFacts(
  file: string,
  head: RecordingHead,
  entries: readonly JournalEntry[],
  { sampleCount, ends }: Recovered['hashed'],
): Omit<Parameters<typeof sidecarOf>[0], 'recovered'> {
  const ledger = (leg: LegName) => recoveredLedger(entries, leg, sampleCount, ends?.[leg] ?? sampleCount);
  return {
    head,
    call: journalEntries(entries, 'call').at(-1)?.call ?? head.call,
    file,
    sampleCount,
    ledgers: { local: ledger('local'), remote: ledger('remote') },
    late: { local: 0, remote: 0 },
    cut: { local: 0, remote: 0 },
    drift: journalEntries(entries, 'drift').at(-1)?.account ?? { inserted: 0, removed: 0 },
    marks: journalEntries(entries, 'mark').map(({ mark }) => markWithin(mark, sampleCount)),
    tags: head.tags,
    end: 'killed',
    reason: 'The recording process was killed.',
  };
}

/** Rebuilds the ledger of a leg. The journal has the start of each span; the file has the end of the leg. */
function recoveredLedger(
  entries: readonly JournalEntry[],
  leg: LegName,
  sampleCount: number,
  end: number,
): LegLedger {
  const keeper = new LedgerKeeper();
  const spans = journalEntries(entries, 'span')
    .filter((entry) => entry.leg === leg)
    .map(({ span }) => span);
  for (const [index, { from, kind, reason }] of spans.entries()) {
    keeper.add('missing', Math.min(from, end) - keeper.end, 'killed');
    const next = spans[index + 1]?.from ?? end;
    keeper.add(kind, Math.min(next, end) - keeper.end, reason);
  }
  keeper.add('missing', sampleCount - keeper.end, 'killed');
  for (const { leg: of, stretch } of journalEntries(entries, 'concealed')) {
    if (of === leg) keeper.conceal(stretch.from, stretch.samples, stretch.reason);
  }
  for (const { leg: of, stretch } of journalEntries(entries, 'lost')) {
    if (of === leg) keeper.lose(stretch.from, stretch.samples, stretch.reason);
  }
  for (const { span } of journalEntries(entries, 'masked')) keeper.mask(span.from, span.samples, span.rule);
  return keeper.slice(0, sampleCount);
}

/** The stretches that were masked before the process was killed. */
function recoveredMaskings(
  { masks }: RecordingHead,
  entries: readonly JournalEntry[],
  sampleCount: number,
  at: string,
): RecordingMasking[] | undefined {
  if (!masks) return undefined;
  const spans = journalEntries(entries, 'masked').flatMap(
    ({ span }) => maskWithin(span, 0, sampleCount) ?? [],
  );
  return [{ at, ...masks, spans: joinedMasks(spans), live: true }];
}

interface Recovered {
  readonly found: string;
  readonly hashed: {
    readonly blocks: readonly string[];
    readonly sampleCount: number;
    readonly changed: number;
    /** End of each leg. The file may not count the last samples yet. */
    readonly ends: LegEnds | undefined;
  };
}

async function repaired(file: string, known: readonly string[]): Promise<Recovered> {
  const ends = await readLegEnds(file);
  const { found } = await repairWav(file, { keepOriginal: false });
  await using reader = await WavReader.open(file);
  return { found, hashed: await hashSamples(reader, known, ends) };
}

const NO_TAIL: TailContents = { sampleCount: 0, legs: { local: 0, remote: 0 }, pieces: [] };

/** Combines the age file and its tail in a new age file. */
async function resealed(file: string, options: RecoverOptions, known: readonly string[]): Promise<Recovered> {
  const { identity, encryptTo } = options;
  if (!identity || !encryptTo) {
    const text = `${printable(file)} is encrypted: give an identity and recipients to finish it.`;
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  const tail = await readTails(file, identity);
  const whole = `${file.replace(/\.wav\.age$/, '')}-whole.wav.age`;
  await using opening = new Opening();
  const target = opening.add(await SealedFile.create(whole, encryptTo), async (it) => {
    await it.close().catch(() => undefined);
    for (const half of [whole, ...tailFiles(whole)]) await removeFile(half);
  });
  async function* copied(): AsyncGenerator<Int16Array> {
    // The file may be truncated even when its tail has no record.
    for await (const samples of openSealed(file, identity ?? '', tail ?? NO_TAIL)) {
      await target.final(samples);
      yield samples;
    }
  }
  const hashed = await hashSamples(copied(), known, tail?.legs);
  await target.close();
  opening.done(target);
  await rename(whole, file);
  for (const old of tailFiles(file)) await removeFile(old);
  return { found: tail ? 'truncated' : 'ok', hashed };
}

async function hashSamples(
  source: AsyncIterable<Int16Array>,
  known: readonly string[],
  counted: LegEnds | undefined,
): Promise<Recovered['hashed']> {
  const hasher = new BlockHasher();
  const ends = counted && { ...counted };
  for await (const samples of source) {
    const position = hasher.sampleCount;
    hasher.push(samples);
    if (!ends) continue;
    ends.local = Math.max(ends.local, soundEnd(samples, 0, position, ends.local));
    ends.remote = Math.max(ends.remote, soundEnd(samples, 1, position, ends.remote));
  }
  const { sampleCount } = hasher;
  const blocks = hasher.end();
  return { blocks, sampleCount, ends, changed: known.findIndex((hash, index) => blocks[index] !== hash) };
}

/**
 * End of the last non-zero sample of a channel, in stereo samples that begin at `position`. 0 when it is not after
 * `end`.
 */
function soundEnd(stereo: Int16Array, channel: 0 | 1, position: number, end: number): number {
  for (let at = stereo.length / 2 - 1; at >= 0 && position + at >= end; at--) {
    if (stereo[at * 2 + channel] !== 0) return position + at + 1;
  }
  return 0;
}

function describeFound(state: string, changed: number): string {
  const header =
    state === 'ok' ? 'The header agreed with the file' : `The header did not agree with the file (${state})`;
  const audio =
    changed < 0
      ? 'the blocks hashed before the kill are unchanged'
      : `block ${changed} differs from what was recorded`;
  return `${header}; ${audio}.`;
}
