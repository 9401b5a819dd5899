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
   * The WAV file to write; its folder is made. Beside it lie the sidecar (`.json`) and the manifest
   * (`.manifest.json`). Files after the first, where there are segments, are called `name-2.wav` and so on.
   */
  readonly file: string;
  /** Dates the recording and times its legs. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Rules for going on in a new file. Default: one file. */
  readonly segments?: SegmentRules;
  /** Longest recording, in milliseconds, 1000 to 604,800,000: it stops there, and the call goes on. Default: none. */
  readonly maxMs?: number;
  /**
   * On a full disk the file ends there, valid, and the call goes on. `'end'`: the recording ends. `'resume'`: a new
   * file begins when there are 16 MiB of room again, also when there was no room at the beginning of the call. The
   * same rule holds for other errors of the disk, and for a folder that is deleted. Default `'end'`.
   */
  readonly onDiskFull?: 'end' | 'resume';
  /**
   * Records nothing until {@link CallRecording.begin}, and then from this many milliseconds before: 0 to 600000.
   * Default: the recording begins at once.
   */
  readonly preRollMs?: number;
  /** Signs the manifest: an Ed25519 private key. */
  readonly signingKey?: KeyObject;
  /**
   * Encrypts the recording on its way to the disk, to these age recipients (`age1...`); needs the package
   * `age-encryption`. The file is called `name.wav.age`. Sidecar and manifest are not encrypted.
   */
  readonly encryptTo?: readonly string[];
  /**
   * Masks card numbers and phrases while the call goes on: they never come to the disk, in whatever file. Audio is held in
   * memory for a while for that ({@link LiveMaskOptions.delayMs}). Default: nothing is masked, and nothing held.
   */
  readonly mask?: LiveMaskOptions;
  /**
   * Compressed files that are written beside the WAV while the call goes on (`name.flac` and so on), with title,
   * artist, date and a comment as tags; until they are complete they are called `name.flac.part`. An encoder that fails
   * or falls half a minute behind holds nothing up: its file is made of the WAV in the end. Not with `encryptTo`.
   * Default none.
   */
  readonly outputs?: readonly CompressedFormat[];
  /**
   * Bounds the encoders of `outputs` over several recordings; given by a `Recorder`. Default: 32 for this one.
   *
   * @internal
   */
  readonly encoders?: EncoderSlots;
  /** Further facts of the recording; they go to the sidecar and can be searched for. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * `'async'`: a slow disk stalls nothing else. `'sync'`: a fifth of the processor time, for hundreds of recordings
   * on a local disk. Default `'async'`.
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
  'an object of texts',
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
      'none where the recording is encrypted: they would not be',
      outputs.join(),
    );
  }
}
