import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import type { ArchiveQuery } from './archive-query.js';
import type { ArchivedMessage } from './archived-message.js';
import { csvOf } from './export-csv.js';
import { mboxOf } from './export-mbox.js';
import type { ExportWriter } from './export-writer.js';
import { zipOf } from './export-zip.js';
import type { VoicemailArchive } from './voicemail-archive.js';

/** What messages of an archive are written out as. */
export const EXPORT_FORMATS = ['zip', 'csv', 'mbox'] as const;

/**
 * `zip`: audio, sidecars, `manifest.json` and `SHA256SUMS` (for `sha256sum -c`). `csv`: one line for each message,
 * RFC 4180. `mbox`: one mail for each message, with the transcript as its text and the audio attached (RFC 4155).
 */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Options of {@link exportArchive}. */
export interface ExportArchiveOptions {
  readonly format: ExportFormat;
  /** The file to write. It appears complete or not at all; one of that name is replaced. */
  readonly output: string;
  /** Which messages; those without audio are in the CSV only. Default: all that are stored. */
  readonly query?: ArchiveQuery;
  readonly signal?: AbortSignal;
  /** Told of each message that is written. */
  readonly onMessage?: (message: ArchivedMessage) => void;
}

const WRITERS: Readonly<Record<ExportFormat, ExportWriter>> = { zip: zipOf, csv: csvOf, mbox: mboxOf };

/**
 * Writes messages of an archive into one file, in constant memory but for the manifest of a zip. Resolves to how many.
 *
 * @throws ERR_FILE; ERR_ABORTED; ERR_INVALID_ARG for an unknown format.
 */
export async function exportArchive(
  archive: VoicemailArchive,
  options: ExportArchiveOptions,
): Promise<number> {
  const { format, output, query = { state: 'stored' }, signal, onMessage } = options;
  if (!EXPORT_FORMATS.includes(format)) {
    throw invalidArgument('format', `one of ${EXPORT_FORMATS.join(', ')}`, format);
  }
  let count = 0;
  const messages = function* () {
    for (const message of archive.find(query)) {
      if (!message.audio && format !== 'csv') continue;
      yield message;
      count++;
      onMessage?.(message);
    }
  };
  const part = `${output}.part`;
  try {
    const source = WRITERS[format](archive, messages());
    await pipeline(source, createWriteStream(part), signal ? { signal } : {});
    await rename(part, output);
    return count;
  } catch (cause) {
    await rm(part, { force: true });
    const code = signal?.aborted ? 'ERR_ABORTED' : 'ERR_FILE';
    throw new JackfieldError(code, `${output} was not written: ${messageOf(cause)}`, { cause });
  }
}
