import type { VoicemailFacts } from '../../voicemail.js';
import { type ProgressBar, progressBar } from '../progress-bar.js';
import { printedTime } from '../terminal-text.js';

/** A progress bar, unless the output is for a program. */
export function barFor(what: string, json: boolean | undefined): ProgressBar {
  return json ? { onProgress: () => undefined, stop: () => undefined } : progressBar(what);
}

/** Formats a message as one line. */
export function messageLine({
  id,
  timestamp,
  type,
  partner,
  partnerName,
  durationSeconds,
}: VoicemailFacts): string {
  const at = printedTime(timestamp * 1000);
  const name = partnerName && partnerName !== partner ? `${partner} (${partnerName})` : partner;
  return `${id}  ${at}  ${type}  ${name}  ${durationSeconds} s`;
}
