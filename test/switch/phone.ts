import { VirtualClock } from '../../src/base/time/clock.js';
import type { Attempt, Destination, Overflow } from '../../src/switch/attempt.js';
import type { EndCause } from '../../src/switch/leg.js';
import { RobotDestination } from '../../src/switch/robot.js';

/** A destination that rings, keeps the attempts that came to it, and says what became of each. */
export class Phone implements Destination {
  readonly identity;
  readonly attempts: Attempt[] = [];
  readonly withdrawn: EndCause['kind'][] = [];
  readonly #overflow: Overflow | undefined;
  readonly #arrived: (attempt: Attempt) => void;

  constructor(handle: string, arrived: (attempt: Attempt) => void = () => undefined, overflow?: Overflow) {
    this.identity = { handle, fullName: handle, network: 'P2P' } as const;
    this.#arrived = arrived;
    this.#overflow = overflow;
  }

  arrive(attempt: Attempt): void {
    this.attempts.push(attempt);
    attempt.onWithdrawn(({ kind }) => this.withdrawn.push(kind));
    attempt.ringing();
    this.#arrived(attempt);
  }

  overflow(): Overflow {
    return this.#overflow ?? { ringMs: 60_000, forwards: [], voicemail: false };
  }

  /** The attempt that came last. */
  get attempt(): Attempt {
    const attempt = this.attempts.at(-1);
    if (!attempt) throw new Error(`nobody called ${this.identity.handle}`);
    return attempt;
  }

  /** An end of a call at this phone. */
  leg() {
    const behaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;
    return new RobotDestination(this.identity, behaviour, new VirtualClock()).leg();
  }
}
