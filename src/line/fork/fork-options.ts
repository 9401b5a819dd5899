import {
  signal as abortSignal,
  either,
  line,
  nested,
  oneOf,
  type Rules,
  rule,
  wait,
  whole,
  within,
  words,
} from '../../base/check.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { CERTIFICATES } from '../../base/system/certificates.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { DIALECT_NAMES, type DialectName } from '../dialect/dialect-names.js';
import type { WireEncoding } from '../dialect/media-event.js';
import type { MediaCredentials } from '../media/connect-media.js';
import { CREDENTIALS_RULE, ENCODING, HEADERS } from '../media/media-line-options.js';

/** Voices of a call that a fork sends: one of them, both in two channels (left is local), or both mixed. */
export type ForkLegs = 'remote' | 'local' | 'stereo' | 'mixed';

/** Delays between attempts to connect again. */
export interface ForkReconnect {
  /** Delay before the first attempt, in milliseconds. Default 500. */
  readonly firstMs?: number;
  /** Longest delay, in milliseconds. Default 15,000. */
  readonly longestMs?: number;
  /** Most failed attempts in a row: 1 to 1,000,000. Default 10. */
  readonly attempts?: number;
}

/** Options of {@link fork}. */
export interface ForkOptions {
  /** Dialect of the receiver. Default `raw`, or `rtpengine` for an address with `tcp:` or `tls:`. */
  readonly dialect?: DialectName;
  readonly variant?: string;
  /** Voices to send. Default `remote`, which is the only choice for a stream. */
  readonly legs?: ForkLegs;
  /** Encoding of the audio. Default: that of the dialect. */
  readonly encoding?: WireEncoding;
  /** Sample rate, in Hz. Default: that of the dialect. */
  readonly sampleRate?: number;
  /** Policy for a receiver that is too slow. The call is never held up. Default `drop-oldest`. */
  readonly policy?: 'drop-oldest' | 'drop-newest' | 'spill';
  /** Most audio that waits for the receiver, in ms: 20 to 600,000. It bounds the delay. Default 1000. */
  readonly maxBufferedMs?: number;
  /** Identifies the call to the receiver; AudioSocket needs a UUID. Default: a random UUID. */
  readonly id?: string;
  readonly from?: string;
  readonly to?: string;
  /** Texts by name, sent to the receiver if its dialect can carry them. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly credentials?: MediaCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates of the trusted authorities, as PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** False: a lost connection ends the fork. Default: it is connected again. */
  readonly reconnect?: ForkReconnect | false;
  readonly clock?: Clock;
  /** Ends the fork. */
  readonly signal?: AbortSignal;
}

/** The rules of {@link ForkOptions}. */
export const FORK_RULES: Rules<ForkOptions> = {
  dialect: oneOf(...DIALECT_NAMES),
  variant: words,
  legs: oneOf('remote', 'local', 'stereo', 'mixed'),
  encoding: ENCODING,
  sampleRate: SAMPLE_RATE,
  policy: oneOf('drop-oldest', 'drop-newest', 'spill'),
  maxBufferedMs: within(20, 600_000, 'ms'),
  id: line(1, 200),
  from: line(0, 200),
  to: line(0, 200),
  parameters: HEADERS,
  credentials: CREDENTIALS_RULE,
  headers: HEADERS,
  ca: CERTIFICATES,
  reconnect: either(
    rule('false', (value) => value === false),
    nested<ForkReconnect>({ firstMs: wait, longestMs: wait, attempts: whole(1, 1_000_000) }),
  ),
  clock: CLOCK,
  signal: abortSignal,
};
