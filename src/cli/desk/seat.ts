import type { Desk, DeskState } from '../../exchange.js';
import { typeAtDesk } from './desk-words.js';

/** Told of a change at a desk, with all that was shown before. */
export type SeatWatcher = (changes: Partial<DeskState>, before: DeskState) => void;

/** A place at a desk: of an exchange in this process, or of one that runs in another. */
export interface Seat {
  readonly handle: string;
  readonly state: DeskState;
  /** Fires when the exchange has gone. */
  readonly gone: AbortSignal;
  /** Begins to watch. Called once; from then on the desk's questions wait for an answer. */
  watch(watcher: SeatWatcher): void;
  /** Does what was typed. @throws ERR_SYNTAX for a word that there is not; what the desk throws; ERR_CLOSED. */
  type(line: string): Promise<void>;
  /** Leaves it. */
  leave(): void;
}

/** Sits at a desk of this process. */
export function seatAt(desk: Desk): Seat {
  const gone = new AbortController();
  const left: (() => void)[] = [];
  return {
    handle: desk.handle,
    get state() {
      return desk.state;
    },
    gone: gone.signal,
    watch(watcher) {
      let shown = desk.state;
      const change = (changes: Partial<DeskState>, state: DeskState) => {
        watcher(changes, shown);
        shown = state;
      };
      // The person at this desk is asked.
      const question = () => undefined;
      desk.on('change', change).on('question', question);
      left.push(() => desk.off('change', change).off('question', question));
    },
    type: (line) => typeAtDesk(desk, line),
    leave: () => {
      for (const leave of left.splice(0)) leave();
    },
  };
}
