import { type CsvColumns, csvOf } from '../../base/csv.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { isoTime } from '../archive/voicemail-sidecar.js';

const COLUMNS: CsvColumns<ArchivedMessage> = {
  key: ({ key }) => key,
  account: ({ account }) => account,
  voicemail: ({ id }) => id,
  type: ({ type }) => type,
  recorded_at: ({ timestamp }) => isoTime(timestamp),
  partner: ({ partner }) => partner,
  partner_name: ({ partnerName }) => partnerName,
  duration_s: ({ durationSeconds }) => durationSeconds,
  played: ({ played }) => played,
  state: ({ state }) => state,
  complete: ({ complete }) => complete,
  failure: ({ failure }) => failure,
  original: ({ original }) => original,
  hold: ({ hold }) => hold,
  tags: ({ tags }) => tags.join(' '),
  transcript: ({ transcript }) => transcript,
  audio: ({ audio }) => audio?.path,
  samples: ({ audio }) => audio?.samples,
  missing: ({ ledger }) => ledger?.missing,
  sha256: ({ audio }) => audio?.fileSha256,
};

/** Yields a header line, and one line per message. */
export function messagesCsv(messages: Iterable<ArchivedMessage>): AsyncIterable<string> {
  return csvOf(COLUMNS, messages);
}
