import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  having,
  line,
  needed,
  nested,
  type Rules,
} from '../../base/check.js';
import { observe } from '../../base/listener/observe.js';
import { transcribeEach } from '../../voice/transcript/transcribe-each.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import { ARCHIVE_QUERY, type ArchiveQuery } from './archive-query.js';
import type { ArchivedMessage } from './archived-message.js';
import { isSealedAudio } from './message-files.js';
import { ARCHIVE, type VoicemailArchive } from './voicemail-archive.js';

/** Options of {@link transcribeArchive}. */
export interface TranscribeArchiveOptions {
  readonly transcriber: Transcriber;
  /** Query for the messages to transcribe. Those with a transcript are skipped. Default: all stored messages. */
  readonly query?: ArchiveQuery;
  readonly language?: string;
  readonly signal?: AbortSignal;
  /** Called after each attempt. `error` is set when the engine failed. */
  readonly onMessage?: (message: ArchivedMessage, error: Error | undefined) => void;
}

const RULES: Rules<TranscribeArchiveOptions> = {
  transcriber: needed(having('transcribe')),
  query: nested(ARCHIVE_QUERY),
  language: line(1, 100),
  signal: abortSignal,
  onMessage: callback,
};

/**
 * Transcribes the messages of an archive that have no transcript. The words can then be searched. Encrypted messages
 * are decrypted in memory if the archive was opened with an identity. A message on which the engine fails is reported
 * and tried again the next time. Resolves to the number of transcribed messages.
 *
 * @throws ERR_ABORTED, ERR_FILE; errors of the engine's `ready`.
 */
export async function transcribeArchive(
  archive: VoicemailArchive,
  options: TranscribeArchiveOptions,
): Promise<number> {
  checkArgument('archive', archive, ARCHIVE);
  checkOptions(options, RULES);
  const { transcriber, query = {}, language, signal, onMessage } = options;
  return await transcribeEach<ArchivedMessage>(() => archive.find({ ...query, state: 'stored' }), {
    transcriber,
    signal,
    transcribe: async (message) => {
      const file = archive.audioFile(message);
      if (!file || !message.audio || message.transcript !== '') return undefined;
      const { text } = await transcriber.transcribe({
        ...(!isSealedAudio(message.audio) && { file }),
        samples: archive.samples(message),
        ...(language !== undefined && { language }),
        ...(signal && { signal }),
      });
      await archive.setTranscript(message.key, text);
      return archive.catalogue.message(message.key);
    },
    done: (message, error) => observe('onMessage', onMessage, message, error),
  });
}
