import { deferred } from '../../base/deferred.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { type Identity, isHandle, phoneIdentity, phoneNumber } from '../../switch/identity.js';
import type { Conversation, EndCause, Leg, Placing } from '../../switch/leg.js';
import type { MadeUp, Party } from '../../switch/party.js';
import { changeRate } from '../../voice/convert/change-rate.js';
import { pooledSamples } from '../../voice/process/pooled-samples.js';
import { concatSamples, type PcmTransform } from '../../voice/stage.js';
import type { MediaEvent, MediaRole, MediaStart } from '../dialect/media-event.js';
import { sampleBytes } from '../dialect/wire-audio.js';
import type { MediaEnd, MediaSession } from './media-session.js';
import { PlayQueue, type PlayQueueStats } from './play-queue.js';

/** Sample rate of the calls of an exchange, in Hz. */
const { sampleRate: RATE } = VOICE_FORMAT;
/** Limits for a media server, which sends audio in real time: little is kept, and delay is removed. */
const LIVE = { maxMs: 400, isLive: true };
/** Limits for an application, which sends audio faster than it is played. */
const AHEAD = { maxMs: 120_000, isLive: false };
/** Most audio that waits for a peer that does not read, in milliseconds. */
const MAX_UNREAD_MS = 400;
/** Longest time for which the end of a call waits for audio to be played, in milliseconds. */
const LAST_VOICE_MS = 500;

/** Counters of one call with a media server or an application. */
export interface MediaLegStats {
  readonly received: PlayQueueStats;
  /** Frames of 20 ms that were sent, and frames that were left out because the other end did not read. */
  readonly sentFrames: number;
  readonly skippedFrames: number;
  /** Messages without a meaning here. */
  readonly ignoredMessages: number;
}

/** End of a call that is a session with a media server or an application. */
export class MediaLeg implements Leg, Party {
  readonly identity: Identity;
  readonly voice: Party = this;
  readonly #role: MediaRole;
  readonly #clock: Clock;
  readonly #queue: PlayQueue;
  #session: MediaSession | undefined;
  #resampler: PcmTransform | undefined;
  #maxUnread = 0;
  #placing: Placing | undefined;
  #conversation: Conversation | undefined;
  #isOver = false;
  /** Set while the end of the call waits for the last audio. */
  #lastPlayed: (() => void) | undefined;
  #sent = 0;
  #skipped = 0;

  constructor(identity: Identity, role: MediaRole, clock: Clock) {
    this.identity = identity;
    this.#role = role;
    this.#clock = clock;
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

  /** Sets the session, which has begun. */
  attach(session: MediaSession): void {
    const { sampleRate, encoding } = session.format;
    this.#session = session;
    this.#maxUnread = (sampleRate * sampleBytes(encoding) * MAX_UNREAD_MS) / 1000;
    if (sampleRate !== RATE) this.#resampler = changeRate(RATE, sampleRate, pooledSamples);
  }

  /** Takes an event of the other side of the session. */
  take(event: MediaEvent): void {
    if (event.type === 'audio') {
      // Audio of a media server before the call is connected would only be a delay. That of an agent is kept: an agent
      // may speak ahead.
      const isHeard = this.#role === 'provider' || this.#conversation !== undefined;
      if (isHeard && event.track !== 'outbound') this.#queue.write(event, this.#session?.ageMs);
    } else if (event.type === 'dtmf') this.#conversation?.digit(this, event.digit);
    else if (event.type === 'mark') this.#queue.mark(event.name);
    else if (event.type === 'clear' || (event.type === 'speech' && event.speaking)) this.#queue.clear();
  }

  /** Notes the end of the session. */
  sessionEnded({ error }: MediaEnd): void {
    const cause: EndCause = error
      ? { kind: 'failed', reason: 'error', text: error.message.slice(0, 200) }
      : { kind: 'hung-up' };
    this.#isOver = true;
    if (!this.#conversation) this.#placing?.cancel({ kind: 'cancelled' });
    else if (this.#hasLastAudio) void this.#endPlayed(cause);
    else this.#conversation.end(cause);
  }

  /** True while audio of a media server waits. What an agent has sent ahead may be minutes, and ends with it. */
  get #hasLastAudio(): boolean {
    return this.#role === 'application' && this.#queue.stats.waiting > 0;
  }

  /** Ends the conversation when all that came before the end of the session was heard. */
  async #endPlayed(cause: EndCause): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#lastPlayed = resolve;
    const cancel = this.#clock.timerAt(this.#clock.now() + LAST_VOICE_MS, resolve);
    await promise;
    cancel();
    this.#conversation?.end(cause);
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

  /** Sends a digit of the other end to an application. A media server gets it only as sound. */
  digit(digit: string): void {
    if (this.#role === 'provider') this.#session?.send({ type: 'dtmf', digit });
  }

  ended(cause: EndCause): void {
    this.#conversation = undefined;
    this.#placing = undefined;
    this.#isOver = true;
    this.#lastPlayed?.();
    this.#session?.end(cause.kind);
  }

  speak(frame: Int16Array): void {
    this.#queue.read(frame);
  }

  madeUp(): readonly MadeUp[] {
    return this.#queue.madeUp;
  }

  isAwaited(): boolean {
    return !this.#isOver && this.#queue.isAwaited;
  }

  spareMs(): number | undefined {
    return this.#queue.spareMs();
  }

  hear(frame: Int16Array): void {
    const session = this.#session;
    // All have spoken in this tick, and hear each other in it.
    if (this.#lastPlayed && !this.#hasLastAudio) this.#lastPlayed();
    if (!session?.isOpen) return;
    // A peer that does not read gets no backlog: audio that it does not take in time is left out.
    if (session.bufferedBytes > this.#maxUnread) {
      this.#skipped++;
      return;
    }
    this.#sent++;
    const { sampleRate: rate } = session.format;
    const samples = this.#resampler?.push(frame) ?? copyOf(frame);
    // A resampler returns fewer samples at first. Silence in front makes up for its delay; waiting for a full message
    // would add a frame of delay.
    const missing =
      this.#sent > 1 ? 0 : Math.max(0, Math.round((frame.length * rate) / RATE) - samples.length);
    const whole = missing === 0 ? samples : concatSamples([new Int16Array(missing), samples]);
    session.send({ type: 'audio', samples: whole, sampleRate: rate, channels: 1 });
  }

  async leave(): Promise<void> {
    this.#session?.end();
  }
}

function copyOf(frame: Int16Array): Int16Array {
  const copy = pooledSamples(frame.length);
  copy.set(frame);
  return copy;
}

/** Longest name of a caller from outside, in characters. */
const MAX_NAME = 100;

/** Makes the identity of the caller from the start of a call, in a form that an exchange accepts. */
export function callerOf({ id, from }: Pick<MediaStart, 'id' | 'from'>, fallback: string): Identity {
  const number = from === undefined ? undefined : phoneNumber(from);
  const name = printable(from ?? id) || fallback;
  if (number) return phoneIdentity(number, name);
  const handle = from !== undefined && isHandle(from) ? from : fallback;
  return { handle, fullName: name, network: 'P2P' };
}

/** Removes line breaks and control characters from a text from outside. */
function printable(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
    .slice(0, MAX_NAME);
}
