import { transcribeLegs } from '../../analysis/files/transcribe-file.js';
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
import { readSidecar } from '../read-details.js';
import { isSealed, recordedLegs } from '../sealed/recorded-legs.js';
import { beside } from '../sidecar.js';
import type { Catalogue } from './catalogue.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { CATALOGUE_QUERY, type CatalogueQuery } from './catalogue-query.js';
import { spokenLines } from './transcript-file.js';

/** Options of {@link transcribeRecordings}. */
export interface TranscribeRecordingsOptions {
  readonly transcriber: Transcriber;
  /** Query for the recordings to transcribe. Those with a transcript are skipped. Default: all. */
  readonly query?: CatalogueQuery;
  readonly language?: string;
  /** Age secret key of encrypted recordings, which are decrypted in memory. Default: they are skipped. */
  readonly identity?: string;
  readonly signal?: AbortSignal;
  /** Called after each attempt. `error` is set when the engine failed. */
  readonly onRecording?: (recording: CatalogueEntry, error: Error | undefined) => void;
}

const RULES: Rules<TranscribeRecordingsOptions> = {
  transcriber: needed(having('transcribe')),
  query: nested(CATALOGUE_QUERY),
  language: line(1, 100),
  identity: line(1, 10_000),
  signal: abortSignal,
  onRecording: callback,
};
const CATALOGUE = having('search', 'keepTranscript', 'fileOf');

/**
 * Transcribes the recordings of a catalogue that have no transcript, each leg separately. The transcript is written
 * beside the recording, with the place of each word if the engine reports it. The catalogue stores a line `local: ...`
 * or `remote: ...` per utterance, and can be searched for the words. Transcripts of encrypted recordings are not
 * encrypted. A recording on which the engine fails is reported and tried again the next time. Resolves to the number of
 * transcribed recordings.
 *
 * @throws ERR_ABORTED, ERR_FILE; errors of the engine's `ready`.
 */
export async function transcribeRecordings(
  catalogue: Catalogue,
  options: TranscribeRecordingsOptions,
): Promise<number> {
  checkArgument('catalogue', catalogue, CATALOGUE);
  checkOptions(options, RULES);
  const { transcriber, query = {}, identity, signal, onRecording } = options;
  return await transcribeEach(() => catalogue.search({ limit: -1, ...query }), {
    transcriber,
    signal,
    transcribe: async (entry) => {
      const isLocked = isSealed(entry.file) && identity === undefined;
      if (entry.transcript !== undefined || isLocked) return undefined;
      const file = await catalogue.fileOf(entry);
      const { maskings = [] } = await readSidecar(beside(file, '.json'));
      const transcript = await transcribeLegs(recordedLegs(file, entry, identity), options);
      await catalogue.keepTranscript(entry, transcript, { maskings: maskings.length });
      return { ...entry, transcript: spokenLines(transcript) };
    },
    done: (entry, error) => observe('onRecording', onRecording, entry, error),
  });
}
