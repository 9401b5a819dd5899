import type { ArchivedMessage } from './archived-message.js';
import type { VoicemailArchive } from './voicemail-archive.js';

/** Writes messages out in one format, as pieces of a file. */
export type ExportWriter = (
  archive: VoicemailArchive,
  messages: Iterable<ArchivedMessage>,
) => AsyncIterable<Uint8Array | string>;
