import { type AnalysisReport, type TranscriptFormat, writeTranscript } from '../../analysis.js';
import { printDocument } from '../terminal-text.js';

/** Prints the transcript in the report of an analysis. */
export function printTranscript(
  { sampleRate, said }: Pick<AnalysisReport, 'sampleRate' | 'said'>,
  format: TranscriptFormat,
): void {
  printDocument(writeTranscript({ schema: 'jackfield.transcript/1', sampleRate, parts: said }, format));
}
