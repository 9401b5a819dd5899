import { Bridge } from './bridge.js';
import type { Conversation, Leg } from './leg.js';
import type { Party } from './party.js';
import type { VoiceTicker } from './voice-ticker.js';

/** Conversation with voices in a room. */
export interface RoomMember extends Conversation {
  room: VoiceRoom;
}

/**
 * Room in which the voices of calls are mixed. A plain call has a room of its own. A conference is a room with several
 * connections of one host; their other ends hear each other as well.
 */
export class VoiceRoom {
  readonly bridge: Bridge;
  readonly #ticker: VoiceTicker;
  readonly #connections = new Set<RoomMember>();
  readonly #guests = new Map<Party, readonly Party[]>();
  /** Handle of the host of the conference; undefined in a plain call. */
  #host: string | undefined;
  #ticking = false;

  constructor(ticker: VoiceTicker) {
    this.#ticker = ticker;
    this.bridge = new Bridge(ticker.fence);
  }

  get connections(): readonly RoomMember[] {
    return [...this.#connections];
  }

  get host(): string | undefined {
    return this.#host;
  }

  /** Adds a party that belongs to no connection, such as early media, or a voicemail that is played in a call. */
  seat(guest: Party, ...hosts: readonly Party[]): void {
    this.#guests.set(guest, hosts);
    this.bridge.join(guest);
    for (const host of hosts) this.bridge.link(guest, host);
    this.#tick();
  }

  /** Removes a guest, and makes it close its streams. */
  async unseat(guest: Party): Promise<void> {
    this.#guests.delete(guest);
    await this.bridge.leave(guest);
    this.stopIfEmpty();
  }

  /** Adds a connection. Its voice flows from the next tick on. */
  add(connection: RoomMember): void {
    this.#connections.add(connection);
    this.relink();
    this.#tick();
  }

  /** Makes the room a conference of `host`, with the connections of this room and of `others`. */
  merge(host: string, others: readonly VoiceRoom[]): void {
    this.#host = host;
    for (const other of others) {
      for (const connection of other.connections) {
        other.remove(connection);
        connection.room = this;
        this.#connections.add(connection);
      }
    }
    this.relink();
    this.#tick();
  }

  /** Removes a connection and its voices, without ending them. */
  remove(connection: RoomMember): void {
    if (!this.#connections.delete(connection)) return;
    for (const leg of connection.legs) void this.bridge.release(leg.voice);
    this.relink();
    this.stopIfEmpty();
  }

  stopIfEmpty(): void {
    if (!this.bridge.empty) return;
    this.#ticker.remove(this.bridge);
    this.#ticking = false;
  }

  /** Renews the links between the parties after a join, a hold or a leave. */
  relink(): void {
    this.bridge.unlinkAll();
    const far: Leg[] = [];
    for (const connection of this.#connections) {
      const [caller, callee] = connection.legs;
      this.bridge.join(caller.voice);
      this.bridge.join(callee.voice);
      if (connection.onHold) continue;
      this.bridge.link(caller.voice, callee.voice);
      far.push(caller.identity.handle === this.#host ? callee : caller);
    }
    for (const [guest, hosts] of this.#guests) for (const host of hosts) this.bridge.link(guest, host);
    if (this.#host === undefined) return;
    for (const [index, a] of far.entries()) {
      for (const b of far.slice(index + 1)) this.bridge.link(a.voice, b.voice);
    }
  }

  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#ticker.add(this.bridge);
  }
}
