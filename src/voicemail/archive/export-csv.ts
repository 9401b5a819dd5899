import type { ArchivedMessage } from './archived-message.js';
import type { ExportWriter } from './export-writer.js';
import { isoTime } from './sidecar.js';

/** The columns, in order. Text that another person chose goes through {@link harmless}. */
const COLUMNS: Readonly<Record<string, (message: ArchivedMessage) => string | number>> = {
  key: ({ key }) => key,
  account: ({ account }) => account,
  voicemail: ({ id }) => id,
  type: ({ type }) => type,
  recorded_at: ({ timestamp }) => isoTime(timestamp),
  partner: ({ partner }) => harmless(partner),
  partner_name: ({ partnerName }) => harmless(partnerName),
  duration_s: ({ durationSeconds }) => durationSeconds,
  played: ({ played }) => String(played),
  state: ({ state }) => state,
  complete: ({ complete }) => String(complete),
  failure: ({ failure }) => failure ?? '',
  original: ({ original }) => original,
  hold: ({ hold }) => String(hold),
  tags: ({ tags }) => harmless(tags.join(' ')),
  transcript: ({ transcript }) => harmless(transcript),
  audio: ({ audio }) => audio?.path ?? '',
  samples: ({ audio }) => audio?.samples ?? '',
  sha256: ({ audio }) => audio?.fileSha256 ?? '',
};

/** One line for each message, with a line of names first (RFC 4180). */
export const csvOf: ExportWriter = async function* (_archive, messages) {
  yield lineOf(Object.keys(COLUMNS));
  const columns = Object.values(COLUMNS);
  for (const message of messages) yield lineOf(columns.map((column) => String(column(message))));
};

function lineOf(fields: readonly string[]): string {
  const quoted = fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(',')}\r\n`;
}

/** A spreadsheet would run a name such as `=HYPERLINK(...)`; with an apostrophe before it, it is text. */
function harmless(text: string): string {
  return /^(?:[=@\t\r]|[+-](?!\d))/.test(text) ? `'${text}` : text;
}
