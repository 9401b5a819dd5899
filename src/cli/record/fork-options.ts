import { type Command, Option } from 'commander';
import { readCertificates } from '../../files/key-files.js';
import type { CallRecording, Recorder, RecorderFork, RecorderOptions } from '../../recording.js';
import { tellAnalysis } from './record-analysis.js';
import type { RecordView } from './record-view.js';

/** Options for the analysis and the fork of recorded calls. */
export interface BesidesOptions {
  readonly analyse: boolean;
  readonly fork?: string;
  readonly forkCa?: string;
  readonly dialect?: RecorderFork['dialect'];
  readonly legs?: RecorderFork['legs'];
}

/** Adds the options of {@link BesidesOptions}. */
export function withBesides(command: Command): Command {
  return command
    .option(
      '--analyse',
      'report speech, silence, tones and figures of each call while it is in progress',
      false,
    )
    .option('--fork <url>', 'also send each recorded call to this URL: wss://analysis.example.com/in')
    .option('--fork-ca <file>', 'CA certificates (PEM) to check the receiver of --fork against')
    .addOption(
      new Option('--dialect <name>', 'protocol dialect of the receiver of --fork (default: raw)').choices([
        ...['raw', 'twilio', 'telnyx', 'vonage', 'asterisk', 'jambonz', 'audio-fork', 'pipecat', 'rtpengine'],
      ]),
    )
    .addOption(
      new Option('--legs <legs>', 'which legs of the call --fork sends (default: stereo)').choices([
        ...['remote', 'local', 'stereo', 'mixed'],
      ]),
    );
}

/** Converts the options to the fork of a recorder. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function forkOf({
  fork: url,
  forkCa,
  dialect,
  legs = 'stereo',
}: BesidesOptions): Promise<Pick<RecorderOptions, 'fork'>> {
  if (url === undefined) return {};
  const ca = forkCa === undefined ? {} : { ca: await readCertificates(forkCa) };
  return { fork: { url, legs, ...(dialect && { dialect }), ...ca } };
}

/** Shows each recording in the view, with its analysis if requested. */
export function watchRecordings(
  recorder: Recorder,
  view: RecordView,
  { analyse, hidesKeys }: Pick<BesidesOptions, 'analyse'> & { readonly hidesKeys?: boolean },
): void {
  recorder.on('recording', (recording: CallRecording) => {
    view.watch(recording);
    if (analyse) void tellAnalysis(recording, view, hidesKeys);
  });
}
