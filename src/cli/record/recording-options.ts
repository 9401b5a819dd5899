import { type Command, Option } from 'commander';
import { OUTPUT_FORMATS, type RecordConfig, readRecordConfig } from '../../recording.js';

/** Options for the folder and format of recordings. */
export interface RecordingOptions {
  readonly config?: string;
  readonly out?: string;
  readonly template?: string;
  readonly format?: RecordConfig['format'];
  readonly encode?: 'after' | 'live';
  readonly encrypt?: string[];
  readonly sign?: string;
}

/** Adds the options of a command that records to a folder. */
export function withRecording(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (JSON); options on the command line override it')
    .option('-o, --out <folder>', 'folder for recordings (default: recordings)')
    .option('--template <path>', 'path of a recording, such as {date}/{partner}-{id}')
    .addOption(
      new Option('-f, --format <format...>', 'other formats to write besides the WAV').choices(
        OUTPUT_FORMATS,
      ),
    )
    .addOption(
      new Option('--encode <when>', 'write these formats after the call, or during the call').choices([
        ...['after', 'live'],
      ]),
    )
    .option('--encrypt <recipient...>', 'encrypt to these age recipients (age1...)')
    .option('--sign <file>', 'sign the manifests with this Ed25519 key (PEM)');
}

/** Merges the configuration file with the options, which take precedence. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function recordingConfig(options: RecordingOptions): Promise<RecordConfig> {
  const { config, out, template, format, encode, encrypt, sign } = options;
  return {
    ...(config && (await readRecordConfig(config))),
    ...(out !== undefined && { out }),
    ...(template !== undefined && { template }),
    ...(format !== undefined && { format }),
    ...(encode !== undefined && { encode }),
    ...(encrypt !== undefined && { encryptTo: encrypt }),
    ...(sign !== undefined && { signingKeyFile: sign }),
  };
}
