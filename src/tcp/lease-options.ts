import { invalidArgument } from '../errors.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../pcm.js';
import type { Direction, LeaseOptions, ReadClass, StreamKind } from './lease.js';
import type { SampleTimeline } from './sample-timeline.js';

export const STREAM_KINDS: readonly StreamKind[] = ['input', 'output', 'capture_mic'];
export const DIRECTIONS: readonly Direction[] = ['receive', 'send', 'both'];
export const READ_CLASSES: readonly ReadClass[] = ['batched', 'immediate'];
const DEFAULT_LEAD_MS = 60;
const DEFAULT_CLAIM_TIMEOUT_MS = 30_000;

/** {@link LeaseOptions}, checked and complete. */
export interface ResolvedLeaseOptions {
  readonly object: string;
  readonly stream: StreamKind;
  readonly direction: Direction;
  readonly format: PcmFormat;
  readonly readClass: ReadClass;
  /** Nothing: the server's. */
  readonly readIntervalMs: number | undefined;
  readonly claimTimeoutMs: number;
  readonly port: number | undefined;
  readonly timeline: SampleTimeline | 'received' | undefined;
  readonly timelineStart: number;
  readonly leadSamples: number;
}

/** @throws ERR_INVALID_ARG with the name of the field. */
export function resolveLeaseOptions(options: LeaseOptions): ResolvedLeaseOptions {
  const { object, stream, direction, port, timeline } = options;
  if (typeof object !== 'string' || object.length > 200 || !/^[^\p{Cc}]+$/u.test(object)) {
    throw invalidArgument('object', 'one line of 1 to 200 characters, such as CALL 14', object);
  }
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const resolved = {
    object,
    stream: oneOf('stream', stream, STREAM_KINDS),
    direction: oneOf('direction', direction, DIRECTIONS),
    format,
    readClass: oneOf('readClass', options.readClass ?? defaultReadClass(direction), READ_CLASSES),
    readIntervalMs: readInterval(options.readIntervalMs),
    claimTimeoutMs: within(
      'claimTimeoutMs',
      options.claimTimeoutMs ?? DEFAULT_CLAIM_TIMEOUT_MS,
      1,
      3_600_000,
    ),
    port: port === undefined ? undefined : within('port', port, 1, 65_535),
    timeline,
    timelineStart: within('timelineStart', options.timelineStart ?? 0, 0, Number.MAX_SAFE_INTEGER),
    leadSamples: msToSamples(within('leadMs', options.leadMs ?? DEFAULT_LEAD_MS, 20, 1000), format),
  };
  checkTimeline(resolved);
  return Object.freeze(resolved);
}

/** @throws ERR_INVALID_ARG when a connection cannot be read each `ms`. */
export function readInterval(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : within('readIntervalMs', ms, 20, 1000);
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
      throw invalidArgument('timeline', "'received' only where direction is 'both'", timeline);
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

/** @throws ERR_INVALID_ARG when `value` is not among `allowed`. */
export function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw invalidArgument(name, `one of ${allowed.join(', ')}`, value);
}

/** @throws ERR_INVALID_ARG when `value` is not an integer from `min` to `max`. */
export function within(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw invalidArgument(name, `an integer from ${min} to ${max}`, value);
}
