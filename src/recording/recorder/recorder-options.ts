import type { KeyObject } from 'node:crypto';
import { CALL_ANALYSIS_RULES, type CallAnalysisOptions } from '../../analysis/analyse-options.js';
import {
  callback,
  checkArgument,
  checkOptions,
  either,
  flag,
  listOf,
  needed,
  nested,
  object,
  oneOf,
  path,
  type Rules,
  rule,
  secret,
  whole,
  within,
  words,
} from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { Fence, type Tell } from '../../base/listener/fence.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { checkHoursIn, type Hours } from '../../base/time/hours.js';
import type { CallControl } from '../../call/call-control.js';
import { openAudio } from '../../voice/audio-file.js';
import { requireProgram } from '../../voice/process/require-program.js';
import { type ConsentOptions, checkConsent } from '../consent.js';
import { loadCompressed } from '../file/compressed.js';
import { AFTER_CALLS_RULES, type AfterCallsOptions } from '../masking/after-calls-options.js';
import { type FinishHookOptions, finishHook } from '../publication/finish-hook.js';
import type { Deliver } from '../publication/outbox.js';
import { OUTPUT_FORMATS, type OutputFormat } from '../publication/publish.js';
import { type WebhookOptions, webhook } from '../publication/webhook.js';
import { checkRecordOptions, type RecordCallOptions, SIGNING_KEY, TAGS } from '../record-options.js';
import { decrypterWith, encrypterTo } from '../sealed/age.js';
import { checkAfterCalls, loadAfterCalls } from './after-recorded.js';
import { loadAnalysis } from './analyse-recorded.js';
import { checkFork, RECORDER_FORK_RULES, type RecorderFork } from './fork-recorded.js';
import { loadSecrets } from './hide-secrets.js';
import { checkTemplate, DEFAULT_TEMPLATE } from './recording-path.js';

/** Calls that a {@link Recorder} records automatically. Others are recorded on request. */
export type RecordPolicy =
  | 'all'
  | 'incoming'
  | 'outgoing'
  | 'on-demand'
  /** By the name of the other party, case-insensitive. */
  | { readonly only: readonly string[] }
  | { readonly except: readonly string[] };

export interface RecorderOptions {
  /** Folder of recordings. Recordings in progress are in `.recording`, undelivered events in `.outbox`. */
  readonly folder: string;
  /** Calls that are recorded automatically. Default `'all'`. */
  readonly policy?: RecordPolicy;
  /**
   * The path of a recording in the folder, without suffix. Fields: `{date}`, `{year}`, `{month}`, `{day}`, `{time}` (in
   * `timezone`), `{partner}`, `{direction}`, `{call}`, `{id}`, `{segment}`. Default `{date}/{time}-{partner}-{id}`.
   */
  readonly template?: string;
  /**
   * Time zone of `hours`, and of dates and times in `template`, such as `Europe/Berlin`. Times inside the files are in
   * UTC. Default `UTC`.
   */
  readonly timezone?: string;
  /** Hours in which calls are recorded automatically. Default: at any time. */
  readonly hours?: Hours;
  /** Shortest recording that is kept, in milliseconds: 0 to 3,600,000. Default 0: only empty recordings are removed. */
  readonly discardBelowMs?: number;
  /** Outputs besides the stereo WAV. Default none. */
  readonly outputs?: readonly OutputFormat[];
  /** Time of encoding of compressed outputs: `'live'`, during the call, or `'after'` it. Default `'after'`. */
  readonly encode?: 'after' | 'live';
  /**
   * Largest number of parallel encoders of compressed outputs, over all calls. When none is free, the file is encoded
   * from the WAV after the call, by a quarter as many encoders. Read at the start only. Default 32.
   */
  readonly maxEncoders?: number;
  /** Announcement to the other party. Default: none. */
  readonly consent?: ConsentOptions;
  readonly hook?: FinishHookOptions;
  readonly webhook?: WebhookOptions;
  /** True to maintain a catalogue (`catalogue.sqlite`). Default true. */
  readonly catalogue?: boolean;
  /** Ed25519 private key that signs the manifests. */
  readonly signingKey?: KeyObject;
  /**
   * Age secret key that finishes encrypted recordings of a killed process, together with `recording.encryptTo`. Without
   * a key they stay unfinished.
   */
  readonly identity?: string;
  /** Options of each recording. With `preRollMs`, that much audio of calls outside the policy is held in memory. */
  readonly recording?: Pick<
    RecordCallOptions,
    | 'segments'
    | 'maxMs'
    | 'onDiskFull'
    | 'preRollMs'
    | 'tags'
    | 'io'
    | 'readClass'
    | 'maxSkewMs'
    | 'correctDrift'
    | 'encryptTo'
    | 'join'
    | 'mask'
  >;
  /**
   * Returns further tags for a call's recording, synchronously, such as the account of the call. When it throws or
   * returns another value, `failure` is emitted, and the call is recorded without these tags. Default: none.
   */
  readonly tagsOf?: (call: CallControl) => Readonly<Record<string, string>>;
  /** Receiver, such as a media server or an analysis, that also gets the audio of each recorded call. Default: none. */
  readonly fork?: RecorderFork;
  /** Analyses each call during its recording: events `heard` and `analysed`. Default false. */
  readonly analyse?: boolean | CallAnalysisOptions;
  /**
   * Transcribes and masks each recording after its call: events `transcribed`, `masked`, `undone`. Needs the catalogue,
   * and `identity` for encrypted recordings. Default: no processing.
   */
  readonly afterCalls?: AfterCallsOptions;
  /** Clock for all dates and times. Default: the machine's clock. */
  readonly clock?: Clock;
}

const POLICIES = oneOf('all', 'incoming', 'outgoing', 'on-demand');
const NAMES = listOf(words);
const POLICY = rule(
  'all, incoming, outgoing, on-demand, { only: [...] } or { except: [...] }',
  (value) =>
    POLICIES.accepts(value) ||
    (object.accepts(value) &&
      Object.entries(value as object).some(
        ([name, names]) => (name === 'only' || name === 'except') && NAMES.accepts(names),
      )),
);
/** The rules of {@link RecorderOptions}. */
export const RECORDER_RULES: Rules<RecorderOptions> = {
  folder: needed(path),
  policy: POLICY,
  template: words,
  timezone: words,
  hours: object,
  discardBelowMs: within(0, 3_600_000, 'ms'),
  outputs: listOf(oneOf(...OUTPUT_FORMATS)),
  encode: oneOf('after', 'live'),
  maxEncoders: whole(1, 1000),
  consent: object,
  hook: object,
  webhook: object,
  catalogue: flag,
  signingKey: SIGNING_KEY,
  identity: secret(words),
  recording: object,
  tagsOf: callback,
  fork: nested<RecorderFork>(RECORDER_FORK_RULES),
  analyse: either(flag, nested<CallAnalysisOptions>(CALL_ANALYSIS_RULES)),
  afterCalls: nested<AfterCallsOptions>(AFTER_CALLS_RULES),
  clock: CLOCK,
};

/** {@link RecorderOptions}, checked and complete. */
export interface ResolvedRecorderOptions
  extends Required<
    Pick<
      RecorderOptions,
      'folder' | 'policy' | 'template' | 'timezone' | 'discardBelowMs' | 'outputs' | 'encode' | 'catalogue'
    >
  > {
  readonly hours: Hours | undefined;
  readonly consent: ConsentOptions | undefined;
  readonly channels: Readonly<Record<string, Deliver>>;
  readonly recording: NonNullable<RecorderOptions['recording']>;
}

/** @throws ERR_INVALID_ARG with the name of the field. */
export function resolveRecorderOptions(options: RecorderOptions): ResolvedRecorderOptions {
  checkOptions(options, RECORDER_RULES);
  const { folder, policy = 'all', template = DEFAULT_TEMPLATE, discardBelowMs = 0, outputs = [] } = options;
  const { catalogue = true, recording = {}, consent, encode = 'after', timezone = 'UTC', hours } = options;
  checkHoursIn(hours, timezone);
  const { signingKey } = options;
  checkRecordOptions({ ...recording, file: folder, ...(signingKey && { signingKey }) });
  if (recording.encryptTo && outputs.length > 0) {
    throw invalidArgument(
      'outputs',
      'empty when recordings are encrypted, because outputs are not encrypted',
      outputs.join(', '),
    );
  }
  if (options.afterCalls)
    checkAfterCalls(options.afterCalls, catalogue, options.identity, recording.encryptTo);
  return {
    folder,
    policy,
    template: checkTemplate(template),
    timezone,
    hours,
    discardBelowMs,
    outputs,
    encode,
    catalogue,
    consent: consent && checkConsent(consent),
    channels: {
      ...(options.hook && { hook: finishHook(options.hook) }),
      ...(options.webhook && { webhook: webhook(options.webhook) }),
    },
    recording,
  };
}

/** Calls `tagsOf` for a call. A failure is reported, and the call gets no further tags. */
export function tagsFor(
  call: CallControl,
  { tagsOf }: RecorderOptions,
  tell: Tell,
): RecordCallOptions['tags'] {
  if (!tagsOf) return undefined;
  const tags: unknown = new Fence(tell).run('tagsOf', () => {
    const given: unknown = tagsOf(call);
    const refuse = () =>
      Promise.reject(invalidArgument('tagsOf', 'a function that returns tags, not a promise', given));
    if (given instanceof Promise) return given.then(refuse);
    checkArgument('the result of tagsOf', given, TAGS);
    return given;
  });
  return tags instanceof Promise ? undefined : (tags as RecordCallOptions['tags']);
}

/**
 * Options of one recording, with `further` tags. `begin` is false for a call that is held in memory until requested.
 */
export function recordOptionsFor(
  further: RecordCallOptions['tags'],
  { signingKey }: RecorderOptions,
  { recording, consent, outputs, encode }: ResolvedRecorderOptions,
  begin: boolean,
): Omit<RecordCallOptions, 'file'> {
  const { preRollMs, tags, ...rest } = recording;
  return {
    // Playback is paced by the received audio. Reading in batches would make it stutter.
    readClass: consent ? 'immediate' : 'batched',
    ...rest,
    ...((tags ?? further) && { tags: { ...tags, ...further } }),
    ...(begin ? {} : { preRollMs: preRollMs ?? 0 }),
    ...(signingKey && { signingKey }),
    ...(encode === 'live' && { outputs: outputs.filter((output) => output !== 'legs') }),
  };
}

/**
 * Checks the requirements of every recording in advance, so that errors do not appear in the middle of a call.
 * @throws ERR_INVALID_ARG for a value that is not an age recipient, or not an age secret key; ERR_FILE, ERR_WAV for the
 *   prompt; ERR_TOOL for a missing hook or a missing model of the neural detector; errors of the engine's `ready`.
 */
export async function checkMeans(options: RecorderOptions): Promise<void> {
  if (options.fork) await checkFork(options.fork);
  if (options.analyse) await loadAnalysis(options.analyse);
  if (options.afterCalls) await loadAfterCalls(options.afterCalls);
  if (options.recording?.mask || options.afterCalls?.mask) await loadSecrets();
  await options.recording?.mask?.transcriber?.ready?.();
  const { recording, identity, consent, hook, outputs = [], encode } = options;
  if (encode === 'live') await loadCompressed(outputs.filter((output) => output !== 'legs'));
  if (recording?.encryptTo) await encrypterTo(recording.encryptTo);
  if (identity !== undefined) await decrypterWith(identity);
  if (hook) await requireProgram(hook.command);
  if (consent?.prompt !== undefined) await (await openAudio(consent.prompt))[Symbol.asyncDispose]();
}
