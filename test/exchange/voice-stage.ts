import type { SoundCard } from '../../src/exchange/devices/sound-card.js';
import type { Client, World } from './world.js';

/** A microphone that says a number that never comes again within an hour, a speaker that keeps all. */
export class CountingCard implements SoundCard {
  readonly played: Int16Array[] = [];
  #position: number;
  constructor(start = 0) {
    this.#position = start;
  }
  capture(frame: Int16Array): void {
    for (let i = 0; i < frame.length; i++) frame[i] = counted(this.#position++);
  }
  play(frame: Int16Array): void {
    this.played.push(frame.slice());
  }
  get samples(): Int16Array {
    return Int16Array.from(this.played.flatMap((frame) => [...frame]));
  }
}

/** Repeats only after 30011 * 32749 samples when taken in pairs; good enough to find any shift. */
export function counted(position: number): number {
  return (position % 30_011) + 1;
}

/** Where samples are not what they should be; -1 when they all are. */
export function firstDifference(samples: Int16Array, sampleAt: (position: number) => number): number {
  for (let at = 0; at < samples.length; at++) if (samples[at] !== sampleAt(at)) return at;
  return -1;
}

export interface Talk {
  readonly alice: Client;
  readonly bob: Client;
  readonly out: number;
  readonly in_: number;
}

/** Alice calls Bob; `early` runs while it rings. */
export async function talk(
  w: World,
  early: (talk: Talk) => Promise<void> = async () => undefined,
): Promise<Talk> {
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  alice.send('CALL bob');
  await w.clock.advance(600);
  const talking = { alice, bob, out: alice.newest('CALL'), in_: bob.newest('CALL') };
  await early(talking);
  bob.send(`ALTER CALL ${talking.in_} ANSWER`);
  return talking;
}

/** Sends a redirection and waits for its answer. */
export async function redirected(client: Client, command: string): Promise<string> {
  const answer = client.next((line) => line === command || line.startsWith('ERROR'));
  client.send(command);
  return await answer;
}
