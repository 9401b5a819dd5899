import {
  checkOptions,
  either,
  having,
  needed,
  object,
  oneOf,
  type Rules,
  rule,
  whole,
} from '../base/check.js';
import { invalidArgument } from '../base/errors.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../base/pcm.js';
import type { Direction, ReadClass } from '../stream/pcm-stream.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';
import type { LeaseOptions, StreamKind } from './lease.js';

const STREAM_KINDS: readonly StreamKind[] = ['input', 'output', 'capture_mic'];
const DIRECTIONS: readonly Direction[] = ['receive', 'send', 'both'];
export const READ_CLASSES: readonly ReadClass[] = ['batched', 'immediate'];
export const READ_CLASS = oneOf(...READ_CLASSES);
export const READ_INTERVAL = whole(20, 1000, 'ms');
const RULES: Rules<LeaseOptions> = {
  object: needed(
    rule(
      'one line of 1 to 200 characters, such as CALL 14',
      (value) => typeof value === 'string' && value.length <= 200 && /^[^\p{Cc}]+$/u.test(value),
    ),
  ),
  stream: needed(oneOf(...STREAM_KINDS)),
  direction: needed(oneOf(...DIRECTIONS)),
  format: object,
  readClass: READ_CLASS,
  readIntervalMs: READ_INTERVAL,
  claimTimeoutMs: whole(1, 3_600_000, 'ms'),
  port: whole(1, 65_535),
  timeline: either(oneOf('received'), having('follow')),
  timelineStart: whole(0, Number.MAX_SAFE_INTEGER),
  leadMs: whole(20, 1000, 'ms'),
};

const DEFAULT_LEAD_MS = 60;
const DEFAULT_CLAIM_TIMEOUT_MS = 30_000;

/** {@link LeaseOptions}, checked and complete. */
export interface ResolvedLeaseOptions {
  readonly object: string;
  readonly stream: StreamKind;
  readonly direction: Direction;
  readonly format: PcmFormat;
  readonly readClass: ReadClass;
  /** Undefined: the server's option applies. */
  readonly readIntervalMs: number | undefined;
  readonly claimTimeoutMs: number;
  readonly port: number | undefined;
  readonly timeline: SampleTimeline | 'received' | undefined;
  readonly timelineStart: number;
  readonly leadSamples: number;
}

/** @throws ERR_INVALID_ARG with the name of the field. */
export function resolveLeaseOptions(options: LeaseOptions): ResolvedLeaseOptions {
  checkOptions(options, RULES);
  const { object, stream, direction, port, timeline } = options;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const resolved = {
    object,
    stream,
    direction,
    format,
    readClass: options.readClass ?? defaultReadClass(direction),
    readIntervalMs: options.readIntervalMs,
    claimTimeoutMs: options.claimTimeoutMs ?? DEFAULT_CLAIM_TIMEOUT_MS,
    port,
    timeline,
    timelineStart: options.timelineStart ?? 0,
    leadSamples: msToSamples(options.leadMs ?? DEFAULT_LEAD_MS, format),
  };
  checkTimeline(resolved);
  return Object.freeze(resolved);
}

function defaultReadClass(direction: Direction): ReadClass {
  return direction === 'receive' ? 'batched' : 'immediate';
}

function checkTimeline({ timeline, direction, format }: ResolvedLeaseOptions): void {
  if (timeline === undefined) return;
  if (direction === 'receive') {
    throw invalidArgument('timeline', 'given only to a lease that sends', timeline);
  }
  if (timeline === 'received') {
    if (direction !== 'both')
      throw invalidArgument('timeline', "'received' only when direction is 'both'", timeline);
    return;
  }
  if (timeline.sampleRate !== format.sampleRate) {
    throw invalidArgument(
      'timeline',
      `a timeline of ${format.sampleRate} samples a second`,
      timeline.sampleRate,
    );
  }
}
