import { type AnalysisReport, type TranscriptFormat, writeTranscript } from '../../analysis.js';
import { printDocument } from '../terminal-text.js';

/** Prints what was said, as the report of an analysis has it. */
export function printTranscript(
  { sampleRate, said }: Pick<AnalysisReport, 'sampleRate' | 'said'>,
  format: TranscriptFormat,
): void {
  printDocument(writeTranscript({ schema: 'jackfield.transcript/1', sampleRate, parts: said }, format));
}
