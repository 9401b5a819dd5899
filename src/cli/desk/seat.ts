import type { Desk, DeskState } from '../../exchange.js';
import { typeAtDesk } from './desk-words.js';

/** Called with each change at a desk, and the state before it. */
export type SeatWatcher = (changes: Partial<DeskState>, before: DeskState) => void;

/** An open desk of an exchange, in this process or in another. */
export interface Seat {
  readonly handle: string;
  readonly state: DeskState;
  /** Fires when the exchange has ended. */
  readonly gone: AbortSignal;
  /** Starts to watch. Call it once. From then on the desk's questions wait for an answer. */
  watch(watcher: SeatWatcher): void;
  /** Carries out a typed line. @throws ERR_SYNTAX for an unknown command; errors of the desk; ERR_CLOSED. */
  type(line: string): Promise<void>;
  /** Leaves the desk. */
  leave(): void;
}

/** Opens a desk of an exchange in this process. */
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
      // A listener for questions makes them wait for an answer.
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
