import {
  type ConversationTranscript,
  TRANSCRIPT,
  transcriptOf,
} from '../../analysis/words/conversation-transcript.js';
import { path as aPath, checkArgument, object } from '../../base/check.js';
import { beside } from '../sidecar.js';
import type { AnnotatedRecording } from './annotation-file.js';
import { readOwnFile, writeOwnFile } from './own-file.js';

const LEGS = ['local', 'remote'] as const;
const LINE = /^(local|remote): ?(.*)$/;

/** Path of the transcript of a recording. */
export function transcriptFile(audioFile: string): string {
  return beside(audioFile, '.transcript.json');
}

/** Writes a transcript beside its recording, replacing an earlier one. @throws ERR_FILE */
export async function writeTranscriptFile(
  audioFile: string,
  recording: AnnotatedRecording,
  transcript: ConversationTranscript,
): Promise<void> {
  await writeOwnFile(transcriptFile(audioFile), recording, transcript);
}

/**
 * Reads the transcript of a recording; undefined when there is none, or when it belongs to another recording.
 *
 * @throws ERR_INVALID_ARG, ERR_FILE
 */
export function readTranscript(
  audioFile: string,
  recording: AnnotatedRecording,
): ConversationTranscript | undefined {
  checkArgument('audioFile', audioFile, aPath);
  checkArgument('recording', recording, object);
  return readOwnFile(transcriptFile(audioFile), recording, (found: ConversationTranscript) => {
    if (!TRANSCRIPT.accepts(found)) return undefined;
    const { schema: _, parts, ...facts } = found;
    return transcriptOf(parts, facts);
  });
}

/** The words of a transcript as the catalogue stores them: one line per utterance. */
export function spokenLines({ parts }: Pick<ConversationTranscript, 'parts'>): string {
  return parts.map(({ leg, text }) => `${LEGS[leg]}: ${text.replace(/\s+/g, ' ').trim()}`).join('\n');
}

/** Splits such lines by leg. Lines that name no leg are ignored. */
export function spokenBy(lines: string): Readonly<Record<(typeof LEGS)[number], string>> {
  const said = { local: '', remote: '' };
  for (const line of lines.split('\n')) {
    const [, leg, text = ''] = LINE.exec(line) ?? [];
    if (leg === 'local' || leg === 'remote') said[leg] += `${text}\n`;
  }
  return said;
}
