import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  needed,
  nested,
  oneOf,
  path,
  type Rules,
} from '../../base/check.js';
import { observe } from '../../base/listener/observe.js';
import { writeWhole } from '../../files/whole-file.js';
import { ARCHIVE_QUERY, type ArchiveQuery } from '../archive/archive-query.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { ARCHIVE, type VoicemailArchive } from '../archive/voicemail-archive.js';
import { messagesCsv } from './export-csv.js';
import { messagesMbox } from './export-mbox.js';
import { messagesZip } from './messages-zip.js';

/** Export formats for messages of an archive. */
export const EXPORT_FORMATS = ['zip', 'csv', 'mbox'] as const;

/**
 * `zip`: audio, sidecars, `manifest.json` and `SHA256SUMS` (for `sha256sum -c`). `csv`: one line per message (RFC
 * 4180). `mbox`: one mail per message, with the transcript as text and the audio attached (RFC 4155).
 */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Options of {@link exportArchive}. */
export interface ExportArchiveOptions {
  readonly format: ExportFormat;
  /** The file to write. It appears complete or not at all. An existing file is replaced. */
  readonly output: string;
  /** Query for the messages to export. Those without audio are only in CSV. Default: all stored messages. */
  readonly query?: ArchiveQuery;
  readonly signal?: AbortSignal;
  /** Called after each written message. */
  readonly onMessage?: (message: ArchivedMessage) => void;
}

const RULES: Rules<ExportArchiveOptions> = {
  format: needed(oneOf(...EXPORT_FORMATS)),
  output: needed(path),
  query: nested(ARCHIVE_QUERY),
  signal: abortSignal,
  onMessage: callback,
};

/** Writer of one format: yields the chunks of a file. */
type ExportWriter = (
  archive: VoicemailArchive,
  messages: Iterable<ArchivedMessage>,
) => AsyncIterable<Uint8Array | string>;

const WRITERS: Readonly<Record<ExportFormat, ExportWriter>> = {
  zip: messagesZip,
  csv: (_, messages) => messagesCsv(messages),
  mbox: messagesMbox,
};

/**
 * Exports messages of an archive to one file. Uses constant memory, except for the manifest of a zip. Resolves to the
 * number of messages.
 *
 * @throws ERR_FILE; ERR_ABORTED; ERR_INVALID_ARG for an unknown format.
 */
export async function exportArchive(
  archive: VoicemailArchive,
  options: ExportArchiveOptions,
): Promise<number> {
  checkArgument('archive', archive, ARCHIVE);
  checkOptions(options, RULES);
  const { format, output, query = { state: 'stored' }, signal, onMessage } = options;
  let count = 0;
  const messages = function* () {
    for (const message of archive.find(query)) {
      if (!message.audio && format !== 'csv') continue;
      yield message;
      count++;
      observe('onMessage', onMessage, message);
    }
  };
  await writeWhole(output, WRITERS[format](archive, messages()), signal ? { signal } : {});
  return count;
}
