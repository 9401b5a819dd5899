import { basename } from 'node:path';
import type { MaskRule } from '../analysis/words/mask-finder.js';
import type { LineQuality } from '../base/line-quality.js';
import { STEREO, samplesToMs } from '../base/pcm.js';
import { type LegEnds, type LegLedger, type LegName, lossOf } from '../stream/align/ledger.js';
import type { MaskSpan } from './masking/mask-spans.js';

/** The stream of a recorded leg; `none` when it was not requested. */
export type LegStream = 'INPUT' | 'CAPTURE_MIC' | 'OUTPUT' | 'none';

/** The recorded call, as reported by the endpoint. */
export interface RecordedCall {
  readonly id: number;
  readonly partner: string;
  readonly type: string;
  readonly status: string;
  /** Duration in seconds, as reported by the endpoint. */
  readonly duration: number;
  readonly states: readonly { readonly status: string; readonly at: string }[];
}

/** Facts that are known when a recording begins. */
export interface RecordingHead {
  /** Id of the recording, the same for all its segments. */
  readonly id: string;
  /** Number of the segment, from 1. */
  readonly segment: number;
  /** Time of the first sample. */
  readonly startedAt: string;
  readonly call: RecordedCall;
  readonly streams: { readonly local: LegStream; readonly remote: LegStream };
  readonly tags: Readonly<Record<string, string>>;
  /** Samples between the previous segment and this one that no file has. */
  readonly unwritten?: { readonly samples: number; readonly reason: 'disk-full' };
  /** Active rules and engine of live masking. Absent when it is off. */
  readonly masks?: Pick<RecordingMasking, 'looked' | 'transcriber'>;
}

/** An event at a position of the recording. */
export interface RecordingMark {
  /** Samples from the beginning of the file. */
  readonly at: number;
  readonly kind: 'paused' | 'resumed' | 'consent' | 'note';
  readonly text?: string;
}

/** Traffic on the socket of a leg. */
export interface LegTraffic {
  readonly bytes: number;
  readonly samples: number;
  /** Samples that passed the socket but were dropped before the recording. */
  readonly dropped: number;
}

/** Samples that drift correction inserted into and removed from a leg. */
export interface DriftAccount {
  readonly inserted: number;
  readonly removed: number;
}

/** One leg of a recording. */
export interface SidecarLeg {
  readonly stream: LegStream;
  readonly channel: 'left' | 'right';
  /** Traffic of the whole call up to the end of this file; absent when the recording was killed. */
  readonly traffic?: LegTraffic;
  /** Samples of the whole call up to the end of this file that arrived too late and were left out. */
  readonly late: number;
  /** Samples beyond the end of the file, when the end was not requested. */
  readonly cut: number;
  /**
   * Samples of an input that were sent but not yet played when the call ended. They are beyond the end of the file, and
   * do not count as missing. 0 when the file ends before the call. Absent for received legs, and when the recording was
   * killed.
   */
  readonly unheard?: number;
  /**
   * Drift correction of the whole call up to the end of this file. The ledger's `received` counts the samples in the
   * file; `traffic` counts the samples on the socket.
   */
  readonly drift: DriftAccount;
  /** Line quality of the whole call up to the end of this file; absent when unknown. */
  readonly quality?: LineQuality;
  /** Account of all samples of the leg. It adds up exactly to the length of the file. */
  readonly ledger: LegLedger;
}

/** The reason for the end of a file. */
export type RecordingEnd =
  | 'call-ended'
  | 'stopped'
  | 'segment'
  | 'limit'
  | 'disk-full'
  | 'connection-lost'
  | 'killed';

/** An output file of a recording. */
export interface RecordingOutput {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One masking of parts of a recording, during the call or after it. */
export interface RecordingMasking {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Rules that were applied. Rules for speech need an engine or a transcript. */
  readonly looked: readonly MaskRule[];
  /** Engine that transcribed the recording before and after masking. */
  readonly transcriber?: string;
  /** Masked stretches, silent on both legs. */
  readonly spans: readonly MaskSpan[];
  /** True for live masking, during the call: the masked audio was never on disk. Absent otherwise. */
  readonly live?: true;
}

/** Metadata of a recording; the JSON of a sidecar file (docs/recording-sidecar.schema.json). */
export interface RecordingSidecar {
  readonly schema: 'jackfield.recording/1';
  readonly id: string;
  readonly segment: number;
  readonly call: RecordedCall;
  readonly audio: {
    readonly file: string;
    readonly startedAt: string;
    readonly sampleRate: number;
    readonly channels: 2;
    /** Per channel. */
    readonly samples: number;
    readonly durationMs: number;
  };
  readonly legs: { readonly local: SidecarLeg; readonly remote: SidecarLeg };
  readonly marks: readonly RecordingMark[];
  readonly tags: Readonly<Record<string, string>>;
  readonly unwritten?: RecordingHead['unwritten'];
  readonly outputs?: readonly RecordingOutput[];
  /** Requested outputs that could not be made. */
  readonly unmade?: readonly { readonly format: string; readonly reason: string }[];
  /** Traffic of a microphone that was replaced by the input. It is counted, but not recorded. */
  readonly microphone?: Omit<LegTraffic, 'dropped'>;
  readonly end: RecordingEnd;
  /**
   * True when the file reaches the end of the call or its requested end, and neither leg has samples that are missing,
   * late, cut, concealed for a loss or masked as `undecided`.
   */
  readonly complete: boolean;
  /** The reason when it is not complete. */
  readonly reason?: string;
  /** Set when the recording process was killed: time of the recovery and its findings. */
  readonly recovered?: { readonly at: string; readonly found: string };
  /** Maskings, oldest first. Absent when live masking was off and nothing was masked after the call. */
  readonly maskings?: readonly RecordingMasking[];
}

/** The facts for {@link sidecarOf}. */
export interface SidecarFacts {
  readonly head: RecordingHead;
  readonly call: RecordedCall;
  readonly file: string;
  readonly sampleCount: number;
  readonly ledgers: Readonly<Record<'local' | 'remote', LegLedger>>;
  readonly late: LegEnds;
  readonly cut: LegEnds;
  /** Unheard samples of the local leg, if it is an input. */
  readonly unheard?: number | undefined;
  /** Drift correction of the local leg. The remote leg is not corrected. */
  readonly drift: DriftAccount;
  readonly traffic?: { readonly local?: LegTraffic; readonly remote?: LegTraffic };
  readonly quality?: { readonly [leg in LegName]?: LineQuality | undefined };
  readonly microphone?: Omit<LegTraffic, 'dropped'>;
  readonly marks: readonly RecordingMark[];
  readonly tags: Readonly<Record<string, string>>;
  readonly outputs?: readonly RecordingOutput[];
  readonly end: RecordingEnd;
  readonly reason?: string;
  readonly recovered?: RecordingSidecar['recovered'];
  readonly maskings?: readonly RecordingMasking[] | undefined;
}

const COMPLETE: ReadonlySet<RecordingEnd> = new Set(['call-ended', 'stopped', 'segment', 'limit']);

export function sidecarOf(facts: SidecarFacts): RecordingSidecar {
  const { head, sampleCount } = facts;
  const leg = (name: 'local' | 'remote'): SidecarLeg => ({
    stream: head.streams[name],
    channel: name === 'local' ? 'left' : 'right',
    ...(facts.traffic?.[name] && { traffic: facts.traffic[name] }),
    late: facts.late[name],
    cut: facts.cut[name],
    ...(name === 'local' && facts.unheard !== undefined && { unheard: facts.unheard }),
    drift: name === 'local' ? facts.drift : { inserted: 0, removed: 0 },
    ...(facts.quality?.[name] && { quality: facts.quality[name] }),
    ledger: facts.ledgers[name],
  });
  const legs = { local: leg('local'), remote: leg('remote') };
  return {
    schema: 'jackfield.recording/1',
    id: head.id,
    segment: head.segment,
    call: facts.call,
    audio: {
      file: basename(facts.file),
      startedAt: head.startedAt,
      sampleRate: STEREO.sampleRate,
      channels: 2,
      samples: sampleCount,
      durationMs: samplesToMs(sampleCount),
    },
    legs,
    marks: facts.marks,
    tags: facts.tags,
    ...(head.unwritten && { unwritten: head.unwritten }),
    ...(facts.outputs && facts.outputs.length > 0 && { outputs: facts.outputs }),
    ...(facts.microphone && { microphone: facts.microphone }),
    end: facts.end,
    complete:
      COMPLETE.has(facts.end) && facts.reason === undefined && isWhole(legs.local) && isWhole(legs.remote),
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
    ...(facts.recovered && { recovered: facts.recovered }),
    ...(facts.maskings && { maskings: facts.maskings }),
  };
}

function isWhole({ late, cut, ledger }: SidecarLeg): boolean {
  return late === 0 && cut === 0 && lossOf(ledger) === 0;
}

/** The path of an audio file with another suffix, such as `call.json` for `call.wav`. */
export function beside(audioFile: string, ending: string): string {
  return `${audioFile.replace(/\.(wav|wav\.age|flac|mp3|opus|ogg)$/i, '')}${ending}`;
}
