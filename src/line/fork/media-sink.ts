import type { PcmFormat, PcmSink } from '../../base/pcm.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { Resampler } from '../../voice/convert/resampler.js';
import type { MediaTrack } from '../dialect/media-event.js';
import { sampleBytes } from '../dialect/wire-audio.js';
import type { MediaSession } from '../media/media-session.js';

/** Audio that waits in the socket before the sink is held, in milliseconds. */
const SOCKET_MS = 100;

/**
 * Feeds a session with a stream: at the session's rate, and no faster than the other end reads. While there is no session
 * it waits, so that the policy of the sink decides what is kept.
 */
export class MediaSink implements PcmSink {
  readonly #format: PcmFormat;
  readonly #tracks: readonly MediaTrack[];
  readonly #maxLagMs: number;
  #session: MediaSession | undefined;
  #resampler: Resampler | undefined;
  #wake: (() => void) | undefined;
  #isOver = false;
  #position = 0;
  /** Position after the last sample that was sent, at the rate of the session. */
  #sent = 0;

  /**
   * @param tracks The voice of each channel; several go on one only where the dialect has channels.
   * @param maxLagMs Time for which the other end may not say that it reads.
   */
  constructor(format: PcmFormat, tracks: readonly MediaTrack[], maxLagMs: number) {
    this.#format = format;
    this.#tracks = tracks;
    this.#maxLagMs = maxLagMs;
  }

  /** Position after the last sample that was sent. */
  get position(): number {
    return this.#position;
  }

  /** Audio that waits in the socket, in milliseconds. */
  get unsentMs(): number {
    if (!this.#session) return 0;
    const { sampleRate, encoding } = this.#session.format;
    const bytes = sampleRate * this.#format.channels * sampleBytes(encoding);
    return (this.#session.bufferedBytes * 1000) / bytes;
  }

  /** Goes on with a session; without one it waits. */
  attach(session: MediaSession | undefined): void {
    this.#session = session;
    this.#resampler = undefined;
    if (session) this.#sent = this.#atSession(this.#position, session);
    this.drained();
  }

  /** Less waits to be sent than before. */
  drained(): void {
    if (!this.#isOver && !this.#hasRoom()) return;
    this.#wake?.();
    this.#wake = undefined;
  }

  write(samples: Int16Array, position: number): void | Promise<void> {
    if (this.#isOver) return;
    if (this.#hasRoom()) this.#send(samples, position);
    else return this.#later(samples, position);
  }

  /** Sends what a filter has kept back, and takes nothing more. */
  end(): void {
    this.#flush();
    this.#isOver = true;
    this.drained();
  }

  #hasRoom(): boolean {
    const session = this.#session;
    return session?.isOpen === true && this.unsentMs < SOCKET_MS && session.lagMs <= this.#maxLagMs;
  }

  async #later(samples: Int16Array, position: number): Promise<void> {
    while (!this.#isOver && !this.#hasRoom()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (!this.#isOver) this.#send(samples, position);
  }

  #send(samples: Int16Array, position: number): void {
    const session = this.#session;
    if (!session) return;
    const { channels, sampleRate } = this.#format;
    if (position !== this.#position) {
      // What comes is not what follows: the filter begins anew.
      this.#flush();
      this.#sent = this.#atSession(position, session);
    }
    this.#position = position + samples.length / channels;
    const to = session.format.sampleRate;
    if (to !== sampleRate)
      this.#resampler ??= new Resampler({ from: sampleRate, to, channels, quality: 'medium' });
    this.#say(this.#resampler?.push(samples) ?? samples, session);
  }

  #flush(): void {
    if (this.#resampler && this.#session?.isOpen) this.#say(this.#resampler.flush(), this.#session);
    this.#resampler = undefined;
  }

  /** Says samples at the rate of the session: together, or each channel as a track. */
  #say(samples: Int16Array, session: MediaSession): void {
    if (samples.length === 0) return;
    // Asked by whoever sends, never by its answer: that would go round for ever.
    session.probe();
    const { channels } = this.#format;
    const position = this.#sent;
    this.#sent += samples.length / channels;
    const said = { type: 'audio', sampleRate: session.format.sampleRate, position } as const;
    if (channels === session.format.channels) {
      const [track = 'inbound'] = channels === 1 ? this.#tracks : [];
      session.send({ ...said, samples, channels, track });
      return;
    }
    for (const [at, lane] of splitChannels(samples, channels).entries())
      session.send({ ...said, samples: lane, channels: 1, track: this.#tracks[at] ?? 'inbound' });
  }

  #atSession(position: number, session: MediaSession): number {
    return Math.round((position * session.format.sampleRate) / this.#format.sampleRate);
  }
}
