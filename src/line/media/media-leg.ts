import { VOICE_FORMAT } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { type Identity, isHandle, phoneNumber } from '../../switch/identity.js';
import type { Conversation, EndCause, Leg, Placing } from '../../switch/leg.js';
import type { Party } from '../../switch/party.js';
import { changeRate } from '../../voice/convert/change-rate.js';
import { concatSamples, type PcmTransform } from '../../voice/stage.js';
import type { MediaEvent, MediaRole, MediaStart } from '../dialect/media-event.js';
import { sampleBytes } from '../dialect/wire-audio.js';
import type { MediaEnd, MediaSession } from './media-session.js';
import { PlayQueue, type PlayQueueStats } from './play-queue.js';

/** Rate of the calls of an exchange. */
const { sampleRate: RATE } = VOICE_FORMAT;
/** Audio of a media server comes in pace: little is kept, and a delay does not stay. */
const LIVE = { maxMs: 400, isLive: true };
/** An application sends ahead what is to be said. */
const AHEAD = { maxMs: 120_000, isLive: false };
/** Audio that may wait for a peer that does not read, in milliseconds. */
const MAX_UNREAD_MS = 400;

/** Counters of one call of a media server. */
export interface MediaLegStats {
  readonly received: PlayQueueStats;
  /** Frames of 20 ms that were sent, and those left out because the other end did not read. */
  readonly sentFrames: number;
  readonly skippedFrames: number;
  /** Messages that mean nothing here. */
  readonly ignoredMessages: number;
}

/** End of a call that is a session of a media server or of an application. */
export class MediaLeg implements Leg, Party {
  readonly identity: Identity;
  readonly voice: Party = this;
  readonly #role: MediaRole;
  readonly #queue: PlayQueue;
  #session: MediaSession | undefined;
  #resampler: PcmTransform | undefined;
  #rate = 0;
  #maxUnread = 0;
  #placing: Placing | undefined;
  #conversation: Conversation | undefined;
  #isOver = false;
  #sent = 0;
  #skipped = 0;

  constructor(identity: Identity, role: MediaRole, clock: Clock) {
    this.identity = identity;
    this.#role = role;
    this.#queue = new PlayQueue({
      ...(role === 'application' ? LIVE : AHEAD),
      clock,
      onMark: (name, heard) => void this.#session?.send({ type: 'marked', name, heard }),
    });
  }

  get stats(): MediaLegStats {
    const ignoredMessages = this.#session?.ignored ?? 0;
    return {
      ...{ received: this.#queue.stats, sentFrames: this.#sent },
      ...{ skippedFrames: this.#skipped, ignoredMessages },
    };
  }

  /** Gives it its session, which has begun. */
  attach(session: MediaSession): void {
    const { sampleRate, encoding } = session.format;
    this.#session = session;
    this.#rate = sampleRate;
    this.#maxUnread = (sampleRate * sampleBytes(encoding) * MAX_UNREAD_MS) / 1000;
    if (sampleRate !== RATE) this.#resampler = changeRate(RATE, sampleRate);
  }

  /** Takes what the other side of the session tells. */
  take(event: MediaEvent): void {
    if (event.type === 'audio') {
      // Until the call is connected nobody hears it: it would be a delay from then on. An agent speaks ahead.
      const isHeard = this.#role === 'provider' || this.#conversation !== undefined;
      if (isHeard && event.track !== 'outbound') this.#queue.write(event);
    } else if (event.type === 'dtmf') this.#conversation?.digit(this, event.digit);
    else if (event.type === 'mark') this.#queue.mark(event.name);
    else if (event.type === 'clear' || (event.type === 'speech' && event.speaking)) this.#queue.clear();
  }

  /** The session is over. */
  sessionEnded({ error }: MediaEnd): void {
    const cause: EndCause = error
      ? { kind: 'failed', reason: 'error', text: error.message.slice(0, 200) }
      : { kind: 'hung-up' };
    if (this.#conversation) this.#conversation.end(cause);
    else this.#placing?.cancel({ kind: 'cancelled' });
    this.#isOver = true;
  }

  place(placing: Placing): void {
    this.#placing = placing;
    if (this.#isOver) placing.cancel({ kind: 'cancelled' });
    else placing.start();
  }

  connected(conversation: Conversation): void {
    this.#placing = undefined;
    this.#conversation = conversation;
    this.#session?.send({ type: 'answer' });
    if (this.#isOver) conversation.end({ kind: 'hung-up' });
  }

  /** Tells the other end's digit, where an application hears us; a media server hears it. */
  digit(digit: string): void {
    if (this.#role === 'provider') this.#session?.send({ type: 'dtmf', digit });
  }

  ended(cause: EndCause): void {
    this.#conversation = undefined;
    this.#placing = undefined;
    this.#isOver = true;
    this.#session?.end(cause.kind);
  }

  speak(frame: Int16Array): void {
    this.#queue.read(frame);
  }

  isAwaited(): boolean {
    return this.#queue.isAwaited;
  }

  spareMs(): number | undefined {
    return this.#queue.spareMs();
  }

  hear(frame: Int16Array): void {
    const session = this.#session;
    if (!session?.isOpen) return;
    // Whoever does not read gets no backlog: what it did not take in time is left out.
    if (session.bufferedBytes > this.#maxUnread) {
      this.#skipped++;
      return;
    }
    this.#sent++;
    const samples = this.#resampler?.push(frame) ?? frame.slice();
    // A filter gives less at first. Silence in front of that is its delay; a message that waits to be full were a frame more.
    const missing =
      this.#sent > 1 ? 0 : Math.max(0, Math.round((frame.length * this.#rate) / RATE) - samples.length);
    const whole = missing === 0 ? samples : concatSamples([new Int16Array(missing), samples]);
    session.send({ type: 'audio', samples: whole, sampleRate: this.#rate, channels: 1 });
  }

  async leave(): Promise<void> {
    this.#session?.end();
  }
}

/** Longest name that is taken over from outside, in characters. */
const MAX_NAME = 100;

/** Identity of the caller that a start tells of, as an exchange can name it. */
export function callerOf({ id, from }: Pick<MediaStart, 'id' | 'from'>, fallback: string): Identity {
  const number = from === undefined ? undefined : phoneNumber(from);
  const name = printable(from ?? id) || fallback;
  if (number) return { handle: number, fullName: name, network: 'PSTN' };
  const handle = from !== undefined && isHandle(from) ? from : fallback;
  return { handle, fullName: name, network: 'P2P' };
}

/** Texts of strangers break no line. */
function printable(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
    .slice(0, MAX_NAME);
}
