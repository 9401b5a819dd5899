import { callback, needed, type Rules, within } from '../../base/check.js';

/**
 * Limits calls by the agents that are free. Without `maxAbandonRate`, as many calls ring as agents are free
 * (progressive). With it, more calls ring, as long as the rate holds even when all of them are answered at once
 * (predictive).
 */
export interface CampaignPacing {
  /**
   * Returns the number of agents that are free now: `() => queue.figures.free`. Called before each call, and every 200
   * ms while waiting.
   */
  readonly freeAgents: () => number;
  /** Ratio of answered calls that may find no agent: 0 to 0.5. Default 0. */
  readonly maxAbandonRate?: number;
  /** Most calls that ring for one free agent: 1 to 10. Default 3. */
  readonly maxPerAgent?: number;
}

export const PACING_RULES: Rules<CampaignPacing> = {
  freeAgents: needed(callback),
  maxAbandonRate: within(0, 0.5),
  maxPerAgent: within(1, 10),
};

/** Time between two checks of the agents, in milliseconds. */
export const PACING_LOOK_MS = 200;

/** A call as the pacing counts it. It needs an agent from its placing until it has one or needs none. */
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

  /** Records that an agent has the call. */
  take(): void {
    this.#taken = true;
    this.settle();
  }

  /** Records that the call needs no agent any more. */
  settle(): void {
    this.#pending = false;
    this.#settled();
  }
}

/** Counts calls that need an agent, and decides about placing another. */
export class Pacer {
  readonly #pacing: CampaignPacing | undefined;
  readonly #pending = new Set<PacedCall>();
  #answered = 0;
  #abandoned = 0;
  #ended = 0;

  constructor(pacing: CampaignPacing | undefined) {
    this.#pacing = pacing;
  }

  /** Number of answered calls that found no agent. */
  get abandoned(): number {
    return this.#abandoned;
  }

  place(): PacedCall {
    const call: PacedCall = new PacedCall(() => this.#pending.delete(call));
    this.#pending.add(call);
    return call;
  }

  /** Records the end of a call. @param answered True when the call was answered. */
  end(call: PacedCall, answered: boolean): void {
    this.#ended++;
    if (answered) this.#answered++;
    // An answered call that still needed an agent at its end was abandoned.
    if (answered && call.pending) this.#abandoned++;
    call.settle();
  }

  /**
   * True when one more call may be placed. If all ringing calls were answered at once, those beyond the free agents
   * would be abandoned. Their ratio to all answered calls must stay within the rate.
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
