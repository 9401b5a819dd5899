import { createHash } from 'node:crypto';
import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { object, type Rules, rule, text, whole, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { fileError } from '../../files/file-error.js';
import { openPrivateSync } from '../../files/private-file.js';
import { beside } from '../sidecar.js';

// Annotations are stored beside their recordings, one JSON object per line. The manifest does not cover them, so a
// recording still verifies. Each line holds its own hash and the hash of the line before: changing or removing a line
// in the middle can be detected. Lines cut off the end cannot.

/** An addition to a recording after it was made. */
export interface Annotation {
  /** Tags to add. A value of null removes the tag. */
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
  /** Note to add. */
  readonly note?: string | undefined;
  /** Transcript; it replaces an earlier one. */
  readonly transcript?: string | undefined;
}

/** Limits of `Catalogue.annotate`. */
export interface AnnotateOptions {
  /** Number of one file of the recording, from 1. Default: all files. */
  readonly segment?: number | undefined;
  /** Times the annotation. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

const TAGS = rule(
  'an object of strings; null removes a tag',
  (value) =>
    object.accepts(value) &&
    Object.values(value as object).every((each) => each === null || typeof each === 'string'),
);
/** The rules of an {@link Annotation}. */
export const ANNOTATION: Rules<Annotation> = { tags: TAGS, note: text(1, 1_000_000), transcript: words };
/** The rules of {@link AnnotateOptions}. */
export const ANNOTATE: Rules<AnnotateOptions> = { segment: whole(1, 1_000_000), clock: CLOCK };

/** A note on a recording. */
export interface RecordingNote {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly text: string;
}

/** All annotations of a recording together. */
export interface Annotations {
  readonly tags: Readonly<Record<string, string | null>>;
  readonly notes: readonly RecordingNote[];
  readonly transcript: string;
  /** Number of lines with a valid place in the chain. */
  readonly count: number;
  /** Fault of the first invalid line. The lines after it are ignored. */
  readonly fault?: string;
}

/** The recording that a file of annotations belongs to. */
export interface AnnotatedRecording {
  readonly id: string;
  readonly segment: number;
}

const LINE = z.strictObject({
  schema: z.literal('jackfield.annotation/1'),
  id: z.string(),
  segment: z.int(),
  at: z.iso.datetime(),
  tags: z.record(z.string(), z.string().nullable()).optional(),
  note: z.string().optional(),
  transcript: z.string().optional(),
  before: z.string(),
  hash: z.string(),
});
type Line = z.infer<typeof LINE>;

const FIRST = '0'.repeat(64);
const NONE: Annotations = { tags: {}, notes: [], transcript: '', count: 0 };

/** Path of the annotations of a recording. */
export function annotationFile(audioFile: string): string {
  return beside(audioFile, '.annotations.jsonl');
}

/** Reads the annotations of a recording; empty when there is no file. @throws ERR_FILE */
export function readAnnotations(audioFile: string, recording: AnnotatedRecording): Annotations {
  return read(annotationFile(audioFile), recording).annotations;
}

/**
 * Appends an annotation and flushes it to the medium. Overwrites the partial line of a killed process. The caller must
 * prevent concurrent calls.
 *
 * @throws ERR_INVALID_STATE when earlier annotations were changed; ERR_FILE.
 */
export function appendAnnotation(
  audioFile: string,
  recording: AnnotatedRecording,
  annotation: Annotation,
  at: string,
): Annotations {
  const path = annotationFile(audioFile);
  const { annotations, last, length } = read(path, recording);
  checkIntact(path, annotations);
  const { tags, note, transcript } = annotation;
  const line = {
    ...{ schema: 'jackfield.annotation/1' as const, id: recording.id, segment: recording.segment, at },
    ...(tags && { tags }),
    ...(note !== undefined && { note }),
    ...(transcript !== undefined && { transcript }),
    before: last,
  };
  const whole: Line = { ...line, hash: hashOf(line) };
  const bytes = Buffer.from(`${JSON.stringify(whole)}\n`);
  try {
    const descriptor = openPrivateSync(path, constants.O_RDWR | constants.O_CREAT);
    try {
      ftruncateSync(descriptor, length);
      for (let at = 0; at < bytes.length; )
        at += writeSync(descriptor, bytes, at, bytes.length - at, length + at);
      fsyncSync(descriptor);
    } catch (error) {
      ftruncateSync(descriptor, length);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileError('write', path, error);
  }
  return withLine(annotations, whole);
}

/**
 * Returns the content of an annotation file with replaced texts and a new chain; undefined when there is no file, or no
 * text changes.
 *
 * @throws ERR_INVALID_STATE when the annotations were changed; ERR_FILE.
 */
export function changedAnnotations(
  audioFile: string,
  recording: AnnotatedRecording,
  change: (text: string, what: 'tag' | 'note' | 'transcript') => string,
): string | undefined {
  const path = annotationFile(audioFile);
  if (!existsSync(path)) return undefined;
  checkIntact(path, read(path, recording).annotations);
  let [last, isChanged] = [FIRST, false];
  const text = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((json) => {
      const { hash: _, before: __, tags, note, transcript, ...line } = LINE.parse(JSON.parse(json));
      const changedTags = Object.entries(tags ?? {}).map(([name, value]) => [
        change(name, 'tag'),
        value === null ? null : change(value, 'tag'),
      ]);
      const texts = {
        ...(tags && { tags: Object.fromEntries(changedTags) as Record<string, string | null> }),
        ...(note !== undefined && { note: change(note, 'note') }),
        ...(transcript !== undefined && { transcript: change(transcript, 'transcript') }),
      };
      isChanged ||= JSON.stringify(texts) !== JSON.stringify({ ...(tags && { tags }), note, transcript });
      const next = { ...line, ...texts, before: last };
      last = hashOf(next);
      return `${JSON.stringify({ ...next, hash: last })}\n`;
    });
  return isChanged ? text.join('') : undefined;
}

function checkIntact(path: string, { fault }: Annotations): void {
  if (fault === undefined) return;
  const message = `${printable(path)} was changed since it was written (${fault}): move it away to start a new one.`;
  throw new JackfieldError('ERR_INVALID_STATE', message);
}

function read(
  path: string,
  recording: AnnotatedRecording,
): { readonly annotations: Annotations; readonly last: string; readonly length: number } {
  if (!existsSync(path)) return { annotations: NONE, last: FIRST, length: 0 };
  let all: string;
  try {
    all = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
  const whole = all.slice(0, all.lastIndexOf('\n') + 1);
  let [annotations, last] = [NONE, FIRST];
  for (const [index, each] of whole.split('\n').slice(0, -1).entries()) {
    const line = lineOf(each);
    const fault =
      typeof line === 'string'
        ? line
        : line.id !== recording.id || line.segment !== recording.segment
          ? 'belongs to another recording'
          : line.before !== last || line.hash !== hashOf(line)
            ? 'breaks the chain'
            : undefined;
    if (fault !== undefined || typeof line === 'string') {
      annotations = { ...annotations, fault: `line ${index + 1} ${fault}` };
      break;
    }
    annotations = withLine(annotations, line);
    last = line.hash;
  }
  return { annotations, last, length: Buffer.byteLength(whole) };
}

function withLine(before: Annotations, { at, tags, note, transcript }: Line): Annotations {
  return {
    tags: { ...before.tags, ...tags },
    notes: note === undefined ? before.notes : [...before.notes, { at, text: note }],
    transcript: transcript ?? before.transcript,
    count: before.count + 1,
  };
}

/** Parses a line; returns the reason as text when it is invalid. */
function lineOf(json: string): Line | string {
  try {
    return LINE.parse(JSON.parse(json));
  } catch (error) {
    return `is not an annotation: ${messageOf(error).split('\n')[0]}`;
  }
}

/** SHA-256 of a line without its hash. The order of fields is fixed. */
function hashOf(line: Omit<Line, 'hash'>): string {
  const { schema, id, segment, at, tags, note, transcript, before } = line;
  const entries = tags && Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fields = [schema, id, segment, at, entries ?? null, note ?? null, transcript ?? null, before];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
