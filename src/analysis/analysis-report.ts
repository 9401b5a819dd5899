import type { SoundDamage } from '../voice/audio-file.js';
import type { SpeechDetector } from './conversation-options.js';
import type { EchoReturn } from './leg/echo-meter.js';
import type { PressedKey } from './leg/leg-analysis.js';
import type { HeardTone } from './leg/tone-kinds.js';
import type { Span } from './speech-units.js';
import type { DeadAir } from './turns/silences.js';
import type { LegIndex, TurnEvent } from './turns/turn-events.js';
import type { WordAlert } from './words/keyword-watch.js';
import type { SaidPart } from './words/said-part.js';

/**
 * Reason why a figure cannot be computed. `no-speech`: nobody spoke; `no-pauses`: too little was heard while nobody
 * spoke; `digital-silence`: the line sends zeros instead of noise; `one-leg`: the figure needs both sides;
 * `no-changes`: the speaker never changed; `too-short`: too little was heard; `no-words`: nothing was transcribed;
 * `no-punctuation`: the transcript does not show which sentences are questions; `no-answers`: no question was answered
 * after a silence; `transcriber-failed`: words are missing because the transcriber failed; `no-packets`: nothing is
 * known of the packets of the line; `codec-unknown`: no figures are published for the line's codec.
 */
export type NotComputableReason =
  | 'no-speech'
  | 'no-pauses'
  | 'digital-silence'
  | 'one-leg'
  | 'no-changes'
  | 'too-short'
  | 'no-words'
  | 'no-punctuation'
  | 'no-answers'
  | 'transcriber-failed'
  | 'no-packets'
  | 'codec-unknown';

/** A figure that cannot be computed. */
export interface NotComputable {
  readonly notComputable: NotComputableReason;
}

/** A figure, or the reason why there is none. */
export type Figure<T = number> = T | NotComputable;

/** Distribution of lengths, in milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** 95th percentile (nearest rank). */
  readonly p95: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Quality of the line of a leg, estimated from its packets (ITU-T G.107). Ratings of different scales cannot be
 * compared.
 */
export interface LegQuality {
  /** Scale of `r`: 0 to 93.2 `narrowband`, 0 to 129 `wideband`. */
  readonly scale: 'narrowband' | 'wideband';
  /** Transmission rating. */
  readonly r: Figure;
  /** Mean opinion score of a listener, 1 to 4.5. */
  readonly mos: Figure;
  /** Inputs of `r` and `mos`, or the reason why these are missing, for a person to read. */
  readonly basis: string;
  readonly codec: string;
  /** Packets that were not played, in percent. */
  readonly lossPercent: number;
  readonly jitterMs: number;
  readonly delayMs: number;
}

/** Figures of one leg. Lengths are in milliseconds, positions in samples. */
export interface LegReport {
  readonly speechMs: number;
  /** Share of the conversation in which the leg speaks, 0 to 1. */
  readonly speechRatio: number;
  /** Share of this leg in the speech of both, 0 to 1. */
  readonly talkRatio: Figure;
  /** Lengths of its units of speech. */
  readonly unitsMs: Figure<Distribution>;
  /** Lengths of silence between two of its units within a turn. */
  readonly pausesMs: Figure<Distribution>;
  readonly turns: Figure;
  readonly longestMonologueMs: Figure;
  readonly interruptionsMade: Figure;
  readonly interruptionsSuffered: Figure;
  readonly failedBargeIns: Figure;
  readonly backchannels: Figure;
  /** Time from the end of the other leg's speech to the start of its own, where the two do not overlap. */
  readonly responseMs: Figure<Distribution>;
  /** Words that the leg says. */
  readonly words: Figure;
  /** Words divided by the minutes of its own speech. */
  readonly wordsPerMinute: Figure;
  /** Questions that the leg asks. */
  readonly questions: Figure;
  /**
   * Time from the end of the other leg's question to the start of its own speech, where there is silence between them.
   */
  readonly answerMs: Figure<Distribution>;
  readonly activeLevelDbov: Figure;
  /** Gated loudness (EBU R 128). */
  readonly loudnessLufs: Figure;
  readonly rmsDbfs: Figure;
  readonly peakDbfs: Figure;
  readonly noiseFloorDbfs: Figure;
  readonly snrDb: Figure;
  readonly clippedSamples: number;
  readonly clippedRuns: number;
  /** Mean of all samples, relative to full scale. */
  readonly dcOffset: number;
  /** Echo of the other leg in this one; null where there is none. */
  readonly echo: Figure<EchoReturn | null>;
  /** Quality of the line of the leg. */
  readonly quality: Figure<LegQuality>;
  readonly musicMs: number;
  /** Digits of the keys that were pressed, in order. */
  readonly keys: string;
  readonly holdMs: number;
  readonly maskedMs: number;
  readonly missingMs: number;
  readonly speech: readonly Span[];
  readonly music: readonly Span[];
  readonly tones: readonly HeardTone[];
  readonly pressed: readonly PressedKey[];
}

/** Figures of both legs together. Lengths are in milliseconds, positions in samples. */
export interface TalkReport {
  /** Time in which nobody speaks. */
  readonly silenceMs: number;
  readonly silenceRatio: number;
  readonly longestSilenceMs: number;
  readonly overlapMs: Figure;
  readonly overlaps: Figure;
  /** Time from the end of one speaker to the start of the next; negative where they overlap. */
  readonly transferOffsetsMs: Figure<Distribution>;
  /** Transfer offsets of 0 or more. */
  readonly gapsMs: Figure<Distribution>;
  /** Share of the changes of speaker in which the two overlap, 0 to 1. */
  readonly overlappedTransfers: Figure;
  readonly interruptions: Figure;
  readonly dualStarts: Figure;
  /** Silences of at least the threshold. */
  readonly deadAir: readonly DeadAir[];
  /** Total dead air without hold, masked and missing audio, music and tones. */
  readonly deadAirMs: number;
  readonly longestDeadAirMs: number;
  readonly events: readonly TurnEvent[];
  readonly turns: readonly (Span & { readonly leg: LegIndex })[];
  /** Keywords that were said, in order of time. */
  readonly alerts: readonly WordAlert[];
}

/** A file that does not hold the sound that its header gives. */
export interface DamagedInput extends SoundDamage {
  /** Index of the file among the files of the call: 0 or 1. */
  readonly input: number;
}

/** Report of an analysis. `docs/analysis.md` defines each figure. */
export interface AnalysisReport {
  readonly schema: 'jackfield.analysis/1';
  readonly sampleRate: number;
  /** Samples of each leg. */
  readonly samples: number;
  readonly durationMs: number;
  /** Detector that told speech from other sound. */
  readonly speechDetector: SpeechDetector;
  /** One or two; in a recording the first is the local one. */
  readonly legs: readonly LegReport[];
  readonly talk: TalkReport;
  /** Files that were cut off or never finished; absent when there are none. Figures are of the sound that is there. */
  readonly damaged?: readonly DamagedInput[];
  /** Speech of each leg in words, in order of time; empty where nothing was transcribed. */
  readonly said: readonly SaidPart[];
}
