import type { PcmFormat, PcmSink } from '../../base/pcm.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { Resampler } from '../../voice/resample/resampler.js';
import type { MediaTrack } from '../dialect/media-event.js';
import { sampleBytes } from '../dialect/wire-audio.js';
import type { MediaSession } from '../media/media-session.js';

/** Audio in the socket above which the sink waits, in milliseconds. */
const SOCKET_MS = 100;

/**
 * Sink that sends a stream through a session, at the rate of the session and no faster than the other end reads.
 * Without a session it waits, so that the policy of the sink decides what is kept.
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
   * @param tracks Voice of each channel. Several voices share a message only if the dialect has channels.
   * @param maxLagMs Longest time without an answer of the other end that it reads, in milliseconds.
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

  /** Audio in the socket that is not sent yet, in milliseconds. */
  get unsentMs(): number {
    if (!this.#session) return 0;
    const { sampleRate, encoding } = this.#session.format;
    const bytes = sampleRate * this.#format.channels * sampleBytes(encoding);
    return (this.#session.bufferedBytes * 1000) / bytes;
  }

  /** Sets the session to send through; undefined to wait. */
  attach(session: MediaSession | undefined): void {
    this.#session = session;
    this.#resampler = undefined;
    if (session) this.#sent = this.#atSession(this.#position, session);
    this.drained();
  }

  /** Notes that less data waits to be sent than before. */
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

  /** Sends the samples that the resampler still holds, and takes no more. */
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
      // The samples do not follow the last ones, so the resampler starts again.
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

  /** Sends samples at the rate of the session: all channels together, or each as a track. */
  #say(samples: Int16Array, session: MediaSession): void {
    if (samples.length === 0) return;
    // The probe is sent with audio, and not on its answer, which would repeat for ever.
    session.probe();
    const { channels } = this.#format;
    const position = this.#sent;
    this.#sent += samples.length / channels;
    const { sampleRate } = session.format;
    // Each event is one literal: V8 makes a hidden class for every object that is spread into another.
    if (channels === session.format.channels) {
      const [track = 'inbound'] = channels === 1 ? this.#tracks : [];
      session.send({ type: 'audio', samples, sampleRate, channels, track, position });
      return;
    }
    for (const [at, lane] of splitChannels(samples, channels).entries()) {
      const track = this.#tracks[at] ?? 'inbound';
      session.send({ type: 'audio', samples: lane, sampleRate, channels: 1, track, position });
    }
  }

  #atSession(position: number, session: MediaSession): number {
    return Math.round((position * session.format.sampleRate) / this.#format.sampleRate);
  }
}
