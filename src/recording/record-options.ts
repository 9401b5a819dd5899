import { KeyObject } from 'node:crypto';
import {
  checkOptions,
  instance,
  listOf,
  needed,
  nested,
  object,
  oneOf,
  path,
  type Rules,
  rule,
  within,
  words,
} from '../base/check.js';
import { invalidArgument } from '../base/errors.js';
import { CLOCK, type Clock } from '../base/time/clock.js';
import { type CallVoiceOptions, VOICE_RULES } from '../call/call-voice.js';
import { ALIGNER_RULES, type LegAlignerOptions } from '../stream/align/leg-aligner.js';
import { CallRecording } from './call-recording.js';
import { COMPRESSED_FORMATS, type CompressedFormat } from './file/compressed.js';
import { EncoderSlots } from './file/encoder-slots.js';
import { checkSegmentRules, MAX_RECORDING_MS, type SegmentRules } from './file/segment-rule.js';
import { checkLiveMask, LIVE_MASK_RULES, type LiveMaskOptions } from './masking/live-mask-options.js';

/** Options of {@link recordCall}. */
export interface RecordCallOptions extends CallVoiceOptions, LegAlignerOptions {
  /**
   * The WAV file to write. Its folder is created. The sidecar (`.json`) and the manifest (`.manifest.json`) are written
   * beside it. Further segments are called `name-2.wav` and so on.
   */
  readonly file: string;
  /** Clock that dates the recording and times its legs. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Rules for starting a new file. Default: one file. */
  readonly segments?: SegmentRules;
  /**
   * Longest recording, in milliseconds, 1000 to 604,800,000. The recording stops there, and the call continues.
   * Default: no limit.
   */
  readonly maxMs?: number;
  /**
   * Behaviour on a full disk. The current file ends and stays valid, and the call continues. `'end'`: the recording
   * ends. `'resume'`: a new file starts when 16 MiB are free, also when the disk was full at the start of the call. The
   * same applies to other disk errors, and to a deleted folder. Default `'end'`.
   */
  readonly onDiskFull?: 'end' | 'resume';
  /**
   * Pre-roll in milliseconds, 0 to 600000. Nothing is recorded until {@link CallRecording.begin}; the file then
   * includes this much earlier audio. Default: the recording starts at once.
   */
  readonly preRollMs?: number;
  /** Signs the manifest: an Ed25519 private key. */
  readonly signingKey?: KeyObject;
  /**
   * Age recipients (`age1...`) to which the recording is encrypted before it is written. Needs the package
   * `age-encryption`. The file is called `name.wav.age`. The sidecar and the manifest are not encrypted.
   */
  readonly encryptTo?: readonly string[];
  /**
   * Masks card numbers and phrases during the call: they are never written to disk. For this, audio is held in memory
   * for {@link LiveMaskOptions.delayMs}. Default: no masking and no delay.
   */
  readonly mask?: LiveMaskOptions;
  /**
   * Compressed files to write beside the WAV during the call (`name.flac` and so on), with title, artist, date and a
   * comment as tags. Incomplete files are called `name.flac.part`. When an encoder fails or falls half a minute behind,
   * its file is encoded from the WAV after the call. Not allowed with `encryptTo`. Default none.
   */
  readonly outputs?: readonly CompressedFormat[];
  /**
   * Limits the encoders of `outputs` over several recordings. Set by a `Recorder`. Default: 32 for this recording.
   *
   * @internal
   */
  readonly encoders?: EncoderSlots;
  /** Tags of the recording. They are stored in the sidecar and can be searched. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Mode of file writes. `'async'`: a slow disk does not block other work. `'sync'`: uses a fifth of the processor
   * time, for hundreds of recordings on a local disk. Default `'async'`.
   */
  readonly io?: 'async' | 'sync';
}

/** An Ed25519 private key. */
export const SIGNING_KEY = rule(
  'an Ed25519 private key',
  (value) => value instanceof KeyObject && value.type === 'private' && value.asymmetricKeyType === 'ed25519',
);
/** Age recipients, one or more. */
export const RECIPIENTS = listOf(words, 1);
export const TAGS = rule(
  'an object of strings',
  (value) => object.accepts(value) && Object.values(value as object).every(words.accepts),
);

/** The rules of {@link RecordCallOptions}. */
export const RECORD_RULES: Rules<RecordCallOptions> = {
  ...VOICE_RULES,
  ...ALIGNER_RULES,
  file: needed(path),
  clock: CLOCK,
  segments: object,
  maxMs: within(1000, MAX_RECORDING_MS, 'ms'),
  onDiskFull: oneOf('end', 'resume'),
  preRollMs: within(0, 600_000, 'ms'),
  signingKey: SIGNING_KEY,
  encryptTo: RECIPIENTS,
  mask: nested<LiveMaskOptions>(LIVE_MASK_RULES),
  encoders: instance(EncoderSlots),
  outputs: listOf(oneOf(...COMPRESSED_FORMATS)),
  tags: TAGS,
  io: oneOf('async', 'sync'),
};

/** @throws ERR_INVALID_ARG with the name of the option. */
export function checkRecordOptions(options: RecordCallOptions): void {
  checkOptions(options, RECORD_RULES);
  const { segments, encryptTo, outputs = [], mask } = options;
  if (mask) checkLiveMask(mask);
  checkSegmentRules(segments ?? {});
  if (outputs.length > 0 && encryptTo) {
    throw invalidArgument(
      'outputs',
      'empty when the recording is encrypted, because outputs are not encrypted',
      outputs.join(),
    );
  }
}
