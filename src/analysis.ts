/**
 * `jackfield/analysis`: measures of a conversation, during the call on two streams or after it on files.
 *
 * @module jackfield/analysis
 */

export { analyse, type HasLegs, type LiveAnalysis } from './analysis/analyse.js';
export type { AnalyseOptions, CallAnalysisOptions } from './analysis/analyse-options.js';
export type { AnalysisEvent } from './analysis/analysis-event.js';
export type {
  AnalysisReport,
  DamagedInput,
  Distribution,
  Figure,
  LegQuality,
  LegReport,
  NotComputable,
  NotComputableReason,
  TalkReport,
} from './analysis/analysis-report.js';
export { ConversationAnalysis } from './analysis/conversation-analysis.js';
export type {
  ConversationOptions,
  ResolvedConversation,
  SpeechDetector,
} from './analysis/conversation-options.js';
export { type AnalyseFileOptions, analyseFile } from './analysis/files/analyse-file.js';
export { AnalysisPool, type PoolOptions } from './analysis/files/analysis-pool.js';
export { type TranscribeFileOptions, transcribeFile } from './analysis/files/transcribe-file.js';
export type { ConversationTranscript } from './analysis/words/conversation-transcript.js';
export { keywordIn } from './analysis/words/keyword-text.js';
export type { Keyword, WordAlert } from './analysis/words/keyword-watch.js';
export type { MaskRule } from './analysis/words/mask-finder.js';
export type { SaidPart, SaidWord } from './analysis/words/said-part.js';
export {
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
  type WriteTranscriptOptions,
  writeTranscript,
} from './analysis/words/transcript-text.js';
export { type WordOptions, withWords } from './analysis/words/with-words.js';
export { type RunningAnalysis, runAnalysis } from './analysis/running-analysis.js';
export type { SpokenText } from './analysis/report/call-picture.js';
export { type HtmlReportOptions, htmlReport } from './analysis/report/html-report.js';
export { legEnvelopes } from './analysis/report/leg-envelopes.js';
export type { EchoReturn } from './analysis/leg/echo-meter.js';
export type { PressedKey } from './analysis/leg/leg-analysis.js';
export type { Tone } from './analysis/leg/tone-frames.js';
export type { HeardTone, ToneKind } from './analysis/leg/tone-kinds.js';
export { type Span, speechUnits } from './analysis/speech-units.js';
export type { DeadAir } from './analysis/turns/silences.js';
export type { LegIndex, TurnEvent } from './analysis/turns/turn-events.js';
export type { DtmfDigit } from './voice/tone/dtmf.js';
export type { LineQuality } from './base/line-quality.js';
export type { SoundDamage } from './voice/audio-file.js';
export type { LedgerSpan, SpanKind, SpanReason } from './stream/align/ledger.js';
export type { LegChunk, LegPair, LegTap, LegTapOptions } from './stream/align/leg-tap.js';
export type {
  Transcriber,
  Transcript,
  TranscriptRequest,
  TranscriptSegment,
  TranscriptWord,
} from './voice/transcript/transcriber.js';
export type { PcmProgress } from './voice/pcm-input.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
