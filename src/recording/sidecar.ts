import { basename } from 'node:path';
import type { MaskRule } from '../analysis/words/mask-finder.js';
import type { LineQuality } from '../base/line-quality.js';
import { STEREO, samplesToMs } from '../base/pcm.js';
import { type LegEnds, type LegLedger, type LegName, lossOf } from '../stream/align/ledger.js';
import type { MaskSpan } from './masking/mask-spans.js';

/** The stream that a leg was recorded from; `none` where it was not asked for. */
export type LegStream = 'INPUT' | 'CAPTURE_MIC' | 'OUTPUT' | 'none';

/** The call that was recorded, as far as the endpoint has told. */
export interface RecordedCall {
  readonly id: number;
  readonly partner: string;
  readonly type: string;
  readonly status: string;
  /** Seconds, as the endpoint counted them. */
  readonly duration: number;
  readonly states: readonly { readonly status: string; readonly at: string }[];
}

/** Facts that are known when a recording begins. */
export interface RecordingHead {
  /** Of the recording; all its segments have the same. */
  readonly id: string;
  /** From 1. */
  readonly segment: number;
  /** Time of the first sample. */
  readonly startedAt: string;
  readonly call: RecordedCall;
  readonly streams: { readonly local: LegStream; readonly remote: LegStream };
  readonly tags: Readonly<Record<string, string>>;
  /** Samples that no file holds, between the segment before and this one. */
  readonly unwritten?: { readonly samples: number; readonly reason: 'disk-full' };
  /** Masking while the call goes on: rules that are looked for, and the engine. Absent where there is none. */
  readonly masks?: Pick<RecordingMasking, 'looked' | 'transcriber'>;
}

/** Something that happened at a place of the recording. */
export interface RecordingMark {
  /** Samples from the beginning of the file. */
  readonly at: number;
  readonly kind: 'paused' | 'resumed' | 'consent' | 'note';
  readonly text?: string;
}

/** Samples that passed the socket of a leg. */
export interface LegTraffic {
  readonly bytes: number;
  readonly samples: number;
  /** Samples that passed the socket but were given up on the way to the recording. */
  readonly dropped: number;
}

/** Changes of a leg by drift correction, in samples. */
export interface DriftAccount {
  readonly inserted: number;
  readonly removed: number;
}

/** One leg of a recording. */
export interface SidecarLeg {
  readonly stream: LegStream;
  readonly channel: 'left' | 'right';
  /** Of the whole call up to the end of this file; absent when the recording was killed. */
  readonly traffic?: LegTraffic;
  /** Samples that came after their place was final, of the whole call up to the end of this file: they are left out. */
  readonly late: number;
  /** Samples that came and lie beyond the end of the file, though nobody told it to end there. */
  readonly cut: number;
  /**
   * Of an input: samples that were sent and not yet heard when the call ended. They lie beyond the end of the file, and
   * nothing is missing for them. 0 where the file ends before the call. Absent for legs that were received, and when the
   * recording was killed.
   */
  readonly unheard?: number;
  /**
   * Samples that drift correction put in and took out, of the whole call up to the end of this file: the ledger's
   * `received` counts what is in the file, the socket's samples what came.
   */
  readonly drift: DriftAccount;
  /** Quality of the line that it came by, of the whole call up to the end of this file; absent where it is not known. */
  readonly quality?: LineQuality;
  /** Adds up to the length of the file, to the sample. */
  readonly ledger: LegLedger;
}

/** The reason why a file ends where it does. */
export type RecordingEnd =
  | 'call-ended'
  | 'stopped'
  | 'segment'
  | 'limit'
  | 'disk-full'
  | 'connection-lost'
  | 'killed';

/** Another file that was made of a recording. */
export interface RecordingOutput {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One time that parts of a recording were masked: while the call went on, or after it. */
export interface RecordingMasking {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Rules that were looked for; those of words only where an engine or a transcript was there. */
  readonly looked: readonly MaskRule[];
  /** Engine that listened for words, before and after. */
  readonly transcriber?: string;
  /** Stretches that are silent now, on both legs. */
  readonly spans: readonly MaskSpan[];
  /** True when it was done while the call went on: what is masked was never on the disk. Absent otherwise. */
  readonly live?: true;
}

/** The facts of a recording beside its audio; the JSON of a sidecar file (docs/recording-sidecar.schema.json). */
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
  /** Outputs that were asked for and could not be made. */
  readonly unmade?: readonly { readonly format: string; readonly reason: string }[];
  /** Audio of a microphone that was replaced by the input: counted, not recorded. */
  readonly microphone?: Omit<LegTraffic, 'dropped'>;
  readonly end: RecordingEnd;
  /**
   * True when the file reaches to the end of the call, or to the end that it was told, and all of it came in time: on
   * neither leg anything is missing, made up for what was lost, late or cut.
   */
  readonly complete: boolean;
  /** The reason why it is not complete. */
  readonly reason?: string;
  /** The process that recorded was killed; when the file was repaired, and what was found. */
  readonly recovered?: { readonly at: string; readonly found: string };
  /** Oldest first; absent where nothing was masked after the call, and nothing was to be masked while it went on. */
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
  /** Of the local leg, where that is an input. */
  readonly unheard?: number | undefined;
  /** Of the local leg, which is the one that is corrected. */
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

/** The path beside an audio file with another ending, as `call.wav` and `call.json`. */
export function beside(audioFile: string, ending: string): string {
  return `${audioFile.replace(/\.(wav|wav\.age|flac|mp3|opus|ogg)$/i, '')}${ending}`;
}
