import { callback, needed, type Rules, within } from '../../base/check.js';

/**
 * Calls kept to the agents who can take them. Without `maxAbandonRate` as many ring as agents are free (progressive);
 * with it more do, as far as the rate is kept even if all that ring are answered at once (predictive).
 */
export interface CampaignPacing {
  /** Agents who could take a caller now: `() => queue.figures.free`. Looked at before each call, and every 200 ms. */
  readonly freeAgents: () => number;
  /** Part of the answered calls that may find no agent: 0 to 0.5. Default 0. */
  readonly maxAbandonRate?: number;
  /** Calls that ring for one free agent, at most: 1 to 10. Default 3. */
  readonly maxPerAgent?: number;
}

export const PACING_RULES: Rules<CampaignPacing> = {
  freeAgents: needed(callback),
  maxAbandonRate: within(0, 0.5),
  maxPerAgent: within(1, 10),
};

/** Between two looks at the agents, in milliseconds. */
export const PACING_LOOK_MS = 200;

/** A call, for the pace: it needs an agent from the moment at which it is placed until it has one, or needs none. */
export class PacedCall {
  #pending = true;
  #taken = false;
  readonly #settled: () => void;

  constructor(settled: () => void) {
    this.#settled = settled;
  }

  get taken(): boolean {
    return this.#taken;
  }

  /** True while it may need an agent. */
  get pending(): boolean {
    return this.#pending;
  }

  /** An agent has it. */
  take(): void {
    this.#taken = true;
    this.settle();
  }

  /** The call needs no agent. */
  settle(): void {
    this.#pending = false;
    this.#settled();
  }
}

/** Counts calls that need an agent, and says whether another may be placed. */
export class Pacer {
  readonly #pacing: CampaignPacing | undefined;
  readonly #pending = new Set<PacedCall>();
  #answered = 0;
  #abandoned = 0;
  #ended = 0;

  constructor(pacing: CampaignPacing | undefined) {
    this.#pacing = pacing;
  }

  /** Answered calls for which there was no agent. */
  get abandoned(): number {
    return this.#abandoned;
  }

  place(): PacedCall {
    const call: PacedCall = new PacedCall(() => this.#pending.delete(call));
    this.#pending.add(call);
    return call;
  }

  /** A call is over. @param answered True when a person was there. */
  end(call: PacedCall, answered: boolean): void {
    this.#ended++;
    if (answered) this.#answered++;
    // A person who answers and reaches no agent, though one was needed to the end, was abandoned.
    if (answered && call.pending) this.#abandoned++;
    call.settle();
  }

  /**
   * True when one more call may be placed. Were all that ring answered at once, those beyond the free agents would be
   * abandoned: their part of all answered calls has to stay within the rate.
   */
  mayCall(): boolean {
    if (!this.#pacing) return true;
    const { freeAgents, maxAbandonRate = 0, maxPerAgent = 3 } = this.#pacing;
    const free = freeAgents();
    const ringing = this.#pending.size + 1;
    if (ringing <= free) return true;
    if (free === 0 || ringing > free * Math.min(maxPerAgent, this.#ended / Math.max(1, this.#answered)))
      return false;
    return this.#abandoned + ringing - free <= maxAbandonRate * (this.#answered + ringing);
  }
}
