import type { Command } from 'commander';
import { afterCalls, type Recorder, type RecorderOptions } from '../../recording.js';
import { transcriberOf } from '../analysis/words-options.js';
import type { RecordView } from './record-view.js';
import { phrasesIn } from './recordings-mask.js';

/** Options that say what is done with a recording once its call is over. */
export interface AfterCallsArguments {
  readonly transcribe?: string;
  readonly language?: string;
  readonly mask?: string;
}

/** Adds the options of {@link AfterCallsArguments}. */
export function withAfterCalls(command: Command): Command {
  return command
    .option(
      '--transcribe <engine>',
      'have what was said written down after each call, as in analyse: pocketsphinx, a URL or a command',
    )
    .option('--language <code>', 'language that is spoken, such as en')
    .option(
      '--mask <what>',
      'take out of each recording after its call: cards, the phrases of a file (one a line), or both: cards,FILE',
    );
}

/** True when card numbers are to be masked. */
export function masksCards({ mask }: AfterCallsArguments): boolean {
  return mask?.split(',').includes('cards') ?? false;
}

/** Follows the recordings of a recorder, where that is asked for. @throws as `afterCalls`. */
export async function followCalls(
  recorder: Recorder,
  view: RecordView,
  { folder, identity, signingKey, recording }: RecorderOptions,
  options: AfterCallsArguments,
): Promise<AsyncDisposable | undefined> {
  const { transcribe, language, mask } = options;
  if (transcribe === undefined && mask === undefined) return undefined;
  const files = (mask?.split(',') ?? []).filter((part) => part !== 'cards');
  const phrases = (await Promise.all(files.map(phrasesIn))).flat();
  const encryptTo = recording?.encryptTo;
  return await afterCalls(recorder, {
    folder,
    ...(transcribe !== undefined && { transcriber: transcriberOf(transcribe) }),
    ...(language !== undefined && { language }),
    ...(identity !== undefined && { identity }),
    ...(mask !== undefined && {
      mask: {
        cards: masksCards(options),
        phrases,
        ...(signingKey && { signingKey }),
        ...(encryptTo && { encryptTo }),
      },
    }),
    onTranscribed: ({ file }) => view.note({ event: 'transcribed', fields: { file } }),
    onMasked: ({ file }, { masking, looked }) =>
      view.note({ event: 'masked', fields: { file, stretches: masking?.spans.length ?? 0, looked } }),
    onFailed: (file, { message }) =>
      view.note({ event: 'after-call-failed', fields: { file, reason: message } }),
  });
}
