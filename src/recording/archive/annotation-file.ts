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

// Annotations lie beside the recordings that they are about, one JSON object a line. No manifest covers them, so that a
// recording stays as it was verified. Each line has the hash of the one before it and its own: what was annotated cannot
// be changed or taken out of the middle without a trace. Lines that are cut off the end leave none.

/** Something that was noted of a recording after it was made. */
export interface Annotation {
  /** Adds these to the recording's tags, or takes those away whose value is null. */
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
  /** Adds a note. */
  readonly note?: string | undefined;
  /** Words that were said, in the place of earlier ones. */
  readonly transcript?: string | undefined;
}

/** Limits of `Catalogue.annotate`. */
export interface AnnotateOptions {
  /** The file of a recording of several, from 1. Default: all of them. */
  readonly segment?: number | undefined;
  /** Times the annotation. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

const TAGS = rule(
  'an object of texts, or null to take a tag away',
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
  /** Number of lines whose place in the chain is right. */
  readonly count: number;
  /** Fault of the first line that is not as it was written; what follows does not count. */
  readonly fault?: string;
}

/** The recording that a file of annotations is about. */
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

/** The annotations of a recording; none where there is no such file. @throws ERR_FILE */
export function readAnnotations(audioFile: string, recording: AnnotatedRecording): Annotations {
  return read(annotationFile(audioFile), recording).annotations;
}

/**
 * Adds an annotation, on the medium when this returns. What a killed process left of a line is written over. Two
 * at once have to be kept apart by the caller.
 *
 * @throws ERR_INVALID_STATE where the earlier ones are not as they were written; ERR_FILE.
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
 * The text of a recording's file of annotations with other texts in it, its chain made anew; nothing where there are none,
 * or all texts stay.
 *
 * @throws ERR_INVALID_STATE where they are not as they were written; ERR_FILE.
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
  const message = `${printable(path)} is not as it was written (${fault}): move it away to begin anew.`;
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
          ? 'is about another recording'
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

/** The line, or the reason in words why it is not valid. */
function lineOf(json: string): Line | string {
  try {
    return LINE.parse(JSON.parse(json));
  } catch (error) {
    return `is no annotation: ${messageOf(error).split('\n')[0]}`;
  }
}

/** SHA-256 of a line without its hash, with its fields in one order. */
function hashOf(line: Omit<Line, 'hash'>): string {
  const { schema, id, segment, at, tags, note, transcript, before } = line;
  const entries = tags && Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fields = [schema, id, segment, at, entries ?? null, note ?? null, transcript ?? null, before];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
