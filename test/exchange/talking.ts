import type { Client, World } from './world.js';

/** Alice calls Bob; it rings. */
export async function ringing(w: World): Promise<{ alice: Client; bob: Client; out: number; in_: number }> {
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  const out = idOf(alice.send('CALL bob')[0]);
  await w.clock.advance(600);
  return { alice, bob, out, in_: bob.newest('CALL') };
}

/** Alice and Bob talk. */
export async function talking(w: World) {
  const call = await ringing(w);
  call.bob.send(`ALTER CALL ${call.in_} ANSWER`);
  await w.clock.advance(20);
  return call;
}

export function idOf(line = ''): number {
  return Number(line.split(' ')[1]);
}

export function statuses(client: Client, id: number): string[] {
  return client.told(`CALL ${id} STATUS`);
}
