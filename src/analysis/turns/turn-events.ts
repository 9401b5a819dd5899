import { type Rule, rule } from '../../base/check.js';
import type { Span } from '../speech-units.js';

/** Index of a leg in the input: 0 or 1. In a recording 0 is the local leg. */
export type LegIndex = 0 | 1;

/** Accepts a leg of a conversation with `count` legs. */
export function legOf(count: number): Rule {
  return rule(`a leg of ${count}, from 0`, (value) => (value === 0 || value === 1) && value < count);
}

/**
 * Event between the two speakers. `at` is the sample at which `leg` begins to speak.
 *
 * - `transfer`: the floor goes from the other leg to `leg`. `offset` is the number of samples from the end of the other
 *   leg's speech to `at`; negative where they overlap.
 * - `interruption`: a transfer in which `leg` begins while the other speaks, and the other stops first.
 * - `failed-barge-in`: `leg` begins while the other speaks, and stops before the other does.
 * - `backchannel`: as a failed barge-in, but short: `mhm`.
 * - `dual-start`: both begin at nearly the same time, after a silence; `leg` is the second to begin.
 */
export type TurnEvent =
  | {
      readonly kind: 'transfer' | 'interruption';
      readonly leg: LegIndex;
      readonly at: number;
      readonly offset: number;
    }
  | {
      readonly kind: 'failed-barge-in' | 'backchannel' | 'dual-start';
      readonly leg: LegIndex;
      readonly at: number;
    };

/** Thresholds of {@link turnEvents}, in samples. */
export interface TurnRules {
  /** Longest backchannel. */
  readonly backchannel: number;
  /**
   * Shortest time for which the other goes on after the start of an interruption. A shorter overlap is the end of a
   * turn.
   */
  readonly interruption: number;
  /** Most time between two starts that are a dual start. */
  readonly dualStart: number;
  /** Longest time until the other speaks again after a backchannel. */
  readonly resume: number;
  /** Silence after which nobody has the floor. */
  readonly lapse: number;
}

/** Course of a conversation: its events, and the turns of the speakers. */
export interface Turns {
  readonly events: readonly TurnEvent[];
  /** Turns. Each runs from taking the floor to the end of the last speech before the other takes it. */
  readonly turns: readonly (Span & { readonly leg: LegIndex })[];
}

interface Unit extends Span {
  readonly leg: LegIndex;
}

/**
 * Finds the turns and events of two legs from their units of speech (see `speechUnits`), which are in order of time.
 */
export function turnsOf(legs: readonly [readonly Span[], readonly Span[]], rules: TurnRules): Turns {
  const units = [...legs[0].map((unit) => ofLeg(unit, 0)), ...legs[1].map((unit) => ofLeg(unit, 1))];
  units.sort((a, b) => a.from - b.from || a.leg - b.leg);
  const table = new TurnTable(units, rules);
  for (const [index, unit] of units.entries()) table.take(unit, index);
  return table;
}

class TurnTable implements Turns {
  readonly events: TurnEvent[] = [];
  readonly turns: (Unit & { to: number })[] = [];
  readonly #units: readonly Unit[];
  readonly #rules: TurnRules;
  /** Last unit of each leg that has begun. */
  readonly #last: [Unit | undefined, Unit | undefined] = [undefined, undefined];

  constructor(units: readonly Unit[], rules: TurnRules) {
    this.#units = units;
    this.#rules = rules;
  }

  take(unit: Unit, index: number): void {
    const { leg, from, to } = unit;
    const other = this.#last[1 - leg];
    this.#last[leg] = unit;
    const holder = this.turns.at(-1);
    const isOver = other !== undefined && other.to > from;
    if (holder === undefined || from - Math.max(holder.to, other?.to ?? 0) >= this.#rules.lapse) {
      this.turns.push({ ...unit });
    } else if (isOver && from - other.from <= this.#rules.dualStart && this.#isAfterSilence(other, unit)) {
      this.events.push({ kind: 'dual-start', leg, at: from });
      this.#toLonger(other, unit);
    } else if (isOver && (to <= other.to || this.#isResumed(unit, index))) {
      const isShort = to - from <= this.#rules.backchannel;
      this.events.push({ kind: isShort ? 'backchannel' : 'failed-barge-in', leg, at: from });
      // This leg may hold the floor already: it spoke, the other came in, and both go on.
      if (holder.leg === leg) holder.to = Math.max(holder.to, to);
    } else if (holder.leg === leg) {
      holder.to = Math.max(holder.to, to);
    } else {
      this.#transfer(unit, Math.min(holder.to, other?.to ?? holder.to));
    }
  }

  #transfer(unit: Unit, ended: number): void {
    const { leg, from: at } = unit;
    const holder = this.turns.at(-1);
    const end = Math.max(ended, holder?.to ?? ended);
    const offset = at - end;
    const kind = -offset >= this.#rules.interruption ? 'interruption' : 'transfer';
    this.events.push({ kind, leg, at, offset });
    this.turns.push({ ...unit });
  }

  /** Gives the floor to the unit that lasts longer, of two that began together. */
  #toLonger(first: Unit, second: Unit): void {
    const turn = this.turns.at(-1);
    if (turn?.leg === second.leg) {
      turn.to = Math.max(turn.to, second.to);
    } else if (second.to > first.to) {
      // A turn that began with the first unit did not take place.
      if (turn && turn.from === first.from) this.turns.pop();
      this.turns.push({ ...second });
    }
  }

  /** True when neither leg spoke right before two units that begin together. */
  #isAfterSilence(first: Unit, second: Unit): boolean {
    const from = Math.min(first.from, second.from);
    return !this.#units.some(
      (unit) =>
        unit !== first && unit !== second && unit.from < from && unit.to > from - this.#rules.dualStart,
    );
  }

  /** True when the other leg goes on after a short unit of this leg, before this leg speaks again. */
  #isResumed({ leg, from, to }: Unit, index: number): boolean {
    if (to - from > this.#rules.backchannel) return false;
    const next = this.#units[index + 1];
    return next !== undefined && next.leg !== leg && next.from - to <= this.#rules.resume;
  }
}

function ofLeg({ from, to }: Span, leg: LegIndex): Unit {
  return { from, to, leg };
}
