import type { Leg } from './leg.js';
import type { Party } from './party.js';
import { VoiceRoom } from './voice-room.js';
import type { VoiceTicker } from './voice-ticker.js';

interface Early {
  readonly room: VoiceRoom;
  readonly parties: Party[];
}

/** Audio that callers hear before the answer, such as a ringing tone or an announcement of the gateway. */
export class EarlyMedia {
  readonly #ticker: VoiceTicker;
  readonly #rooms = new Map<Leg, Early>();

  constructor(ticker: VoiceTicker) {
    this.#ticker = ticker;
  }

  /** Lets `caller` hear `party`. */
  open(caller: Leg, party: Party): void {
    const early = this.#earlyOf(caller);
    early.parties.push(party);
    early.room.seat(party, caller.voice);
  }

  /** Lets `caller` hear silence. It has talked before, and its streams go on until it talks again. */
  seat(caller: Leg): void {
    this.#earlyOf(caller).room.seat(caller.voice);
  }

  /** Removes the caller. Its own streams go on. */
  close(caller: Leg): Promise<void> | undefined {
    const early = this.#rooms.get(caller);
    if (!early) return undefined;
    this.#rooms.delete(caller);
    const { bridge } = early.room;
    const left = [bridge.release(caller.voice), ...early.parties.map((party) => bridge.leave(party))];
    early.room.stopIfEmpty();
    return Promise.all(left).then(() => undefined);
  }

  #earlyOf(caller: Leg): Early {
    const early = this.#rooms.get(caller) ?? { room: new VoiceRoom(this.#ticker), parties: [] };
    this.#rooms.set(caller, early);
    return early;
  }
}
