import { checkArgument, having, number } from '../base/check.js';
import { SAMPLE_RATE } from '../base/pcm.js';
/** Listener of a {@link SampleTimeline}. */
export interface TimelineFollower {
  /** `position` has grown. */
  advance(): void;
  /** `position` will not grow again. */
  end(): void;
}

/**
 * Number of samples that have come due, with notices when it grows. A sender writes as far as its timeline goes, plus a
 * small lead. So the timeline alone decides the speed: the wall clock, or another stream.
 */
export interface SampleTimeline {
  /** Samples per channel that have come due. Never decreases. */
  readonly position: number;
  /** Sample rate in which `position` counts, in Hz. */
  readonly sampleRate: number;
  /** Calls `follower` from now on. Returns a function that stops it. A timeline that has ended calls `end` at once. */
  follow(follower: TimelineFollower): () => void;
}

/** Accepts a {@link TimelineFollower}. */
const FOLLOWER = having('advance', 'end');

/** A timeline that its owner moves. */
export class ManualTimeline implements SampleTimeline {
  readonly sampleRate: number;
  #position = 0;
  #ended = false;
  readonly #followers = new Set<TimelineFollower>();

  constructor(sampleRate: number) {
    checkArgument('sampleRate', sampleRate, SAMPLE_RATE);
    this.sampleRate = sampleRate;
  }

  get position(): number {
    return this.#position;
  }

  follow(follower: TimelineFollower): () => void {
    checkArgument('follower', follower, FOLLOWER);
    if (this.#ended) {
      follower.end();
      return () => {};
    }
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Moves on to `position`. A smaller position than before is ignored. */
  advanceTo(position: number): void {
    checkArgument('position', position, number);
    if (this.#ended || position <= this.#position) return;
    this.#position = position;
    if (this.#followers.size === 0) return;
    for (const follower of this.#followers) follower.advance();
  }

  /** Ends the timeline. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const followers = [...this.#followers];
    this.#followers.clear();
    for (const follower of followers) follower.end();
  }
}
