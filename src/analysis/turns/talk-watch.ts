import type { AnalysisEvent } from '../analysis-event.js';
import type { ResolvedConversation } from '../conversation-options.js';
import type { LegNotice } from '../leg/leg-analysis.js';
import type { LegIndex } from './turn-events.js';

/** Makes events from the notices of the legs, and from overlap and silence between them. */
export class TalkWatch {
  readonly #deadAir: number;
  readonly #second: number;
  /** Sample at which each leg began to speak; undefined while it is silent. */
  readonly #speaking: (number | undefined)[];
  readonly #sums: Float64Array;
  #overlapFrom: number | undefined;
  /** End of the last speech. */
  #lastEnd = 0;
  #isDead = false;
  #levelFrom = 0;

  constructor({ legs, sampleRate, deadAirMs }: ResolvedConversation) {
    this.#deadAir = (deadAirMs * sampleRate) / 1000;
    this.#second = sampleRate;
    this.#speaking = Array.from({ length: legs }, () => undefined);
    this.#sums = new Float64Array(legs);
  }

  /** End of the last speech; undefined while somebody speaks. */
  get heardUntil(): number | undefined {
    return this.#speaking.some((from) => from !== undefined) ? undefined : this.#lastEnd;
  }

  take(leg: LegIndex, notices: readonly LegNotice[], events: AnalysisEvent[]): void {
    for (const notice of notices) {
      if (notice.type === 'speech-began') this.#began(leg, notice.at, events);
      else if (notice.type === 'speech-ended') this.#ended(leg, notice, events);
      else events.push({ ...notice, leg });
    }
  }

  /** Adds the squares of the newest samples of a leg to the level of the current second. */
  level(leg: LegIndex, squares: number): void {
    this.#sums[leg] = (this.#sums[leg] as number) + squares;
  }

  /** Notes that all legs were analysed up to `position`, and that their speech is decided up to `decided`. */
  advance(position: number, decided: number, events: AnalysisEvent[]): void {
    if (position - this.#levelFrom >= this.#second) {
      const count = position - this.#levelFrom;
      const rmsDbfs = Array.from(this.#sums, (sum) => 10 * Math.log10(sum / count / 32768 ** 2));
      events.push({ type: 'level', at: position, rmsDbfs });
      this.#levelFrom = position;
      this.#sums.fill(0);
    }
    if (this.#isDead || this.heardUntil === undefined) return;
    if (decided - this.#lastEnd < this.#deadAir) return;
    this.#isDead = true;
    events.push({ type: 'dead-air-began', at: this.#lastEnd });
  }

  end(position: number, events: AnalysisEvent[]): void {
    if (this.#isDead) events.push({ type: 'dead-air-ended', from: this.#lastEnd, to: position });
    this.#isDead = false;
  }

  #began(leg: LegIndex, at: number, events: AnalysisEvent[]): void {
    if (this.#isDead) events.push({ type: 'dead-air-ended', from: this.#lastEnd, to: at });
    this.#isDead = false;
    const other = this.#speaking[1 - leg];
    this.#speaking[leg] = at;
    events.push({ type: 'speech-began', leg, at });
    if (other === undefined) return;
    this.#overlapFrom = Math.max(at, other);
    events.push({
      type: 'overlap-began',
      leg: at >= other ? leg : ((1 - leg) as LegIndex),
      at: this.#overlapFrom,
    });
  }

  #ended(
    leg: LegIndex,
    { from, to }: { readonly from: number; readonly to: number },
    events: AnalysisEvent[],
  ): void {
    this.#speaking[leg] = undefined;
    this.#lastEnd = Math.max(this.#lastEnd, to);
    const overlapFrom = this.#overlapFrom;
    this.#overlapFrom = undefined;
    if (overlapFrom !== undefined)
      events.push({ type: 'overlap-ended', from: overlapFrom, to: Math.max(overlapFrom, to) });
    events.push({ type: 'speech-ended', leg, from, to });
  }
}
