import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VirtualClock } from '../../../src/base/time/clock.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';
import { type Client, folder, settle, type World, world } from '../world.js';

/** Two contacts with a folder each, and a client at each one's endpoint. */
export interface TransferStage {
  readonly w: World;
  readonly alice: Client;
  readonly bob: Client;
  /** Folders of alice and bob. */
  readonly folders: { readonly alice: string; readonly bob: string };
}

export async function transferStage(
  options: ExchangeOptions = {},
  folders: TransferStage['folders'] = { alice: folder(), bob: folder() },
  clock?: VirtualClock,
): Promise<TransferStage> {
  const users = [
    { handle: 'alice', contacts: ['bob', 'carol', 'dora', 'echo123'], transferFolder: folders.alice },
    { handle: 'bob', contacts: ['alice'], transferFolder: folders.bob },
    { handle: 'carol', contacts: ['alice'] },
    { handle: 'dora', transferFolder: folders.bob },
  ];
  const w = await world({ users, ...options }, clock);
  return { w, alice: w.client('alice'), bob: w.client('bob'), folders };
}

/** Has time pass in small steps, so that what works with the disk gets its turns. */
export async function pass(w: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await w.clock.advance(100);
    await settle();
  }
}

/** Runs what a desk does, which waits for the disk and for the clock. */
export async function atDesk<T>(w: World, act: Promise<T>): Promise<T> {
  let over = false;
  const done = act.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over) {
    await w.clock.advance(1);
    await settle();
  }
  return await done;
}

/** A file of alice's that bob is offered. @returns the number of the transfer on her side. */
export async function offered(
  stage: TransferStage,
  bytes: Uint8Array,
  name = 'a.bin',
  to = 'bob',
): Promise<number> {
  writeFileSync(join(stage.folders.alice, name), bytes);
  const [id = 0] = await atDesk(stage.w, stage.w.exchange.desk('alice').files.send(to, name));
  await pass(stage.w, 100);
  return id;
}

/** Ids of the transfers that a client can find. */
export function transfersOf(client: Client, search = 'FILETRANSFERS'): number[] {
  return (client.send(`SEARCH ${search}`)[0]?.match(/\d+/g) ?? []).map(Number);
}

/** A property of a transfer. */
export function propertyOf(client: Client, id: number, property: string): string | undefined {
  return client
    .send(`GET FILETRANSFER ${id} ${property}`)[0]
    ?.slice(`FILETRANSFER ${id} ${property} `.length);
}
