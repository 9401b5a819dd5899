import {
  signal as abortSignal,
  path as aPath,
  callback,
  checkArgument,
  checkOptions,
  either,
  having,
  listOf,
  type Rules,
  rule,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { LineQuality } from '../../base/line-quality.js';
import { observe } from '../../base/listener/observe.js';
import type { LedgerSpan } from '../../stream/align/ledger.js';
import type { PcmProgress } from '../../voice/pcm-input.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { AnalysisEvent } from '../analysis-event.js';
import type { AnalysisReport } from '../analysis-report.js';
import { ConversationAnalysis } from '../conversation-analysis.js';
import { CONVERSATION, type ConversationOptions } from '../conversation-options.js';
import { EnvelopeMeter } from '../report/leg-envelopes.js';
import type { LegIndex } from '../turns/turn-events.js';
import { type OpenLegs, openLegs } from './open-legs.js';
import { type HearableLegs, transcribeLegs } from './transcribe-file.js';

/** Options of {@link analyseFile}. */
export interface AnalyseFileOptions extends Omit<ConversationOptions, 'legs' | 'sampleRate'> {
  /** Ledger of each leg: its spans, in order. Default: all audio was received. */
  readonly ledgers?: readonly (readonly LedgerSpan[])[];
  /** Transcriber of each leg. Default: none, and the report has no words. */
  readonly transcriber?: Transcriber;
  /** Quality of the line of each leg, as in a sidecar. Default: unknown. */
  readonly qualities?: readonly (LineQuality | undefined)[];
  readonly onEvent?: (event: AnalysisEvent) => void;
  readonly onProgress?: (progress: PcmProgress) => void;
  /** Called at the end with the envelope of each leg, as `legEnvelopes` computes it, without reading the file again. */
  readonly onEnvelopes?: (envelopes: Float32Array[]) => void;
  readonly signal?: AbortSignal;
}

const { legs: _legs, sampleRate: _rate, ...THRESHOLDS } = CONVERSATION;
/** The rules of {@link AnalyseFileOptions}. */
export const ANALYSE_FILE_RULES: Rules<AnalyseFileOptions> = {
  ...THRESHOLDS,
  ledgers: rule('an array for each leg', (value) => Array.isArray(value) && value.every(Array.isArray)),
  transcriber: having('transcribe'),
  qualities: rule(
    'an array with one for each leg',
    (value) => Array.isArray(value) && value.every(isQuality),
  ),
  onEvent: callback,
  onProgress: callback,
  onEnvelopes: callback,
  signal: abortSignal,
};
const isQuality = (value: unknown) => value === undefined || (typeof value === 'object' && value !== null);
/** Accepts a file, or the files of both legs. */
export const ANALYSED = either(aPath, listOf(aPath, 1, 2));

/**
 * Measures a sound file. A stereo file has a leg in each channel, a mono file is one leg, and two mono files are two
 * legs that began at the same time. Of two files with different rates, the lower one is resampled to the higher rate.
 * The shorter file is continued with silence, which counts as `ended` in its ledger.
 *
 * @throws ERR_INVALID_ARG for more than two legs; the errors of `openAudio` and of the transcriber; ERR_ABORTED.
 */
export async function analyseFile(
  input: string | readonly string[],
  options: AnalyseFileOptions = {},
): Promise<AnalysisReport> {
  checkArgument('input', input, ANALYSED);
  checkOptions(options, ANALYSE_FILE_RULES);
  await options.transcriber?.ready?.();
  await using files = await openLegs(typeof input === 'string' ? [input] : input);
  return await analyseLegs(files, options);
}

/** Measures legs, read from their beginning. @throws the errors of the transcriber; ERR_ABORTED. */
export async function analyseLegs(
  files: HearableLegs & Partial<Pick<OpenLegs, 'ended' | 'damaged'>>,
  options: AnalyseFileOptions = {},
): Promise<AnalysisReport> {
  const {
    ledgers = [],
    qualities = [],
    transcriber,
    onEvent,
    onProgress,
    onEnvelopes,
    signal,
    ...thresholds
  } = options;
  const { sampleRate, sampleCount, ended = [], damaged = [] } = files;
  const analysis = new ConversationAnalysis({ ...thresholds, legs: files.legs, sampleRate });
  for (const [leg, spans] of ledgers.slice(0, files.legs).entries())
    for (const span of spans) analysis.note(leg as LegIndex, span);
  for (const [leg, quality] of qualities.slice(0, files.legs).entries())
    if (quality) analysis.noteQuality(leg as LegIndex, quality);
  for (const { leg, span } of ended) analysis.note(leg, span);
  const envelopes = onEnvelopes && new EnvelopeMeter(files.legs, sampleCount);
  for await (const legs of files.samples()) {
    if (signal?.aborted)
      throw new JackfieldError('ERR_ABORTED', 'The analysis was stopped.', { cause: signal.reason });
    const events = analysis.push(legs);
    envelopes?.push(legs);
    for (const event of events) observe('onEvent', onEvent, event);
    observe('onProgress', onProgress, { position: analysis.position, sampleCount });
  }
  const last = analysis.end();
  if (transcriber) {
    const { language } = options;
    const heard = { transcriber, ...(language !== undefined && { language }), ...(signal && { signal }) };
    for (const part of (await transcribeLegs(files, heard)).parts) last.push(...analysis.say(part));
  }
  for (const event of last) observe('onEvent', onEvent, event);
  if (envelopes) observe('onEnvelopes', onEnvelopes, envelopes.legs);
  return { ...analysis.report(), ...(damaged.length > 0 && { damaged }) };
}
