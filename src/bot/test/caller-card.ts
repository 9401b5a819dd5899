import { msToSamples } from '../../base/pcm.js';

const CHUNK = msToSamples(60_000);

/**
 * Sound card of a scripted caller: plays the caller's speech into the microphone, and keeps the received audio. It runs
 * in the ticks of the exchange, so that timing is the same in every run.
 */
export class CallerCard {
  readonly #toSay: { samples: Int16Array; offset: number; readonly said: () => void }[] = [];
  readonly #chunks: Int16Array[] = [];
  readonly #listeners = new Set<() => void>();
  #length = 0;

  /** Samples heard so far, in all calls. */
  get length(): number {
    return this.#length;
  }

  /** Fills `frame` with the caller's speech. */
  capture(frame: Int16Array): void {
    frame.fill(0);
    let filled = 0;
    while (filled < frame.length) {
      const speech = this.#toSay[0];
      if (!speech) return;
      const part = speech.samples.subarray(speech.offset, speech.offset + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      speech.offset += part.length;
      if (speech.offset < speech.samples.length) return;
      this.#toSay.shift();
      speech.said();
    }
  }

  /** Keeps a received frame. */
  play(frame: Int16Array): void {
    for (let at = 0; at < frame.length; ) {
      const offset = this.#length % CHUNK;
      if (offset === 0) this.#chunks.push(new Int16Array(CHUNK));
      const part = frame.subarray(at, at + CHUNK - offset);
      this.#chunks.at(-1)?.set(part, offset);
      this.#length += part.length;
      at += part.length;
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** Queues `samples` as speech; resolves when they have been played. */
  say(samples: Int16Array): Promise<void> {
    return new Promise((resolve) => this.#toSay.push({ samples, offset: 0, said: resolve }));
  }

  /** Returns the samples received from `start` to `end`. */
  heard(start: number, end: number = this.#length): Int16Array {
    const from = Math.max(0, start);
    const samples = new Int16Array(Math.max(0, Math.min(end, this.#length) - from));
    for (let at = 0; at < samples.length; ) {
      const offset = (from + at) % CHUNK;
      const chunk = this.#chunks[Math.floor((from + at) / CHUNK)] ?? new Int16Array();
      const part = chunk.subarray(offset, offset + samples.length - at);
      samples.set(part, at);
      at += part.length;
    }
    return samples;
  }

  /** Calls `listener` after each frame; returns a function that stops it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
