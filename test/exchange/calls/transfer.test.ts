import { describe, expect, it } from 'vitest';
import { statuses, talking } from '../talking.js';
import { type Client, type World, world } from '../world.js';

const FOUR = ['alice', 'bob', 'carol', 'dave'].map((handle) => ({ handle }));

/** Alice calls Bob, and Bob passes the call on to Carol. */
async function transferring(w: World, to = 'carol') {
  const { alice, bob, out, in_ } = await talking(w);
  const carol = w.client('carol');
  bob.fresh();
  expect(bob.send(`ALTER CALL ${in_} TRANSFER ${to}`)[0]).toBe(`ALTER CALL ${in_} TRANSFER ${to}`);
  await w.clock.advance(1000);
  return { alice, bob, carol, out, in_ };
}

const transferStatuses = (client: Client, id: number) => client.told(`CALL ${id} TRANSFER_STATUS`);

describe('a transfer', () => {
  it('of a call in progress puts the other end through, and reports its progress to the user that transferred', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    const carol = w.client('carol');
    bob.fresh();
    bob.send(`ALTER CALL ${in_} TRANSFER carol`);
    await w.clock.advance(1000);
    carol.send(`ALTER CALL ${carol.newest('CALL')} ANSWER`);
    expect(bob.fresh()).toEqual([
      `ALTER CALL ${in_} TRANSFER carol`,
      `CALL ${in_} STATUS TRANSFERRING`,
      `CALL ${in_} TRANSFERRED_TO carol`,
      `CALL ${in_} TRANSFER_STATUS UNPLACED`,
      `CALL ${in_} TRANSFER_STATUS ROUTING`,
      `CALL ${in_} TRANSFER_STATUS RINGING`,
      `CALL ${in_} TRANSFER_STATUS INPROGRESS`,
    ]);
    const call = carol.newest('CALL');
    expect(carol.send(`GET CALL ${call} TRANSFERRED_BY`)).toEqual([`CALL ${call} TRANSFERRED_BY bob`]);
    expect(alice.told(`CALL ${out} STATUS`).at(-1)).toBe('INPROGRESS');
    alice.send(`ALTER CALL ${out} HANGUP`);
    expect(carol.told(`CALL ${call} STATUS`).at(-1)).toBe('FINISHED');
    expect(bob.told(`CALL ${in_} STATUS`).at(-1)).toBe('TRANSFERRED');
  });

  it('goes to the first of several targets that answers', async () => {
    await using w = await world({ users: ['alice', 'bob', 'carol', 'dave'].map((handle) => ({ handle })) });
    const { bob, in_ } = await talking(w);
    const [carol, dave] = [w.client('carol'), w.client('dave')];
    bob.send(`ALTER CALL ${in_} TRANSFER carol, dave`);
    await w.clock.advance(600);
    dave.send(`ALTER CALL ${dave.newest('CALL')} ANSWER`);
    expect(carol.told(`CALL ${carol.newest('CALL')} STATUS`)).toEqual(['RINGING', 'MISSED']);
    expect(dave.told(`CALL ${dave.newest('CALL')} STATUS`)).toEqual(['RINGING', 'INPROGRESS']);
  });

  it('is refused for calls that the user has placed', async () => {
    await using w = await world();
    const { alice, out } = await talking(w);
    expect(alice.send(`GET CALL ${out} CAN_TRANSFER carol`)).toEqual([
      `CALL ${out} CAN_TRANSFER carol FALSE`,
    ]);
    expect(alice.send(`ALTER CALL ${out} TRANSFER carol`)).toEqual(['ERROR 559 CALL: Action failed']);
  });

  it('ends for the user that transferred when that user hangs up; the call goes on', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    const carol = w.client('carol');
    bob.send(`ALTER CALL ${in_} TRANSFER carol`);
    await w.clock.advance(1000);
    bob.send(`ALTER CALL ${in_} HANGUP`);
    expect(bob.told(`CALL ${in_} STATUS`).at(-1)).toBe('TRANSFERRED');
    carol.send(`ALTER CALL ${carol.newest('CALL')} ANSWER`);
    expect(alice.told(`CALL ${out} STATUS`).at(-1)).toBe('INPROGRESS');
  });
});

describe('a transfer that nobody takes', () => {
  it.each<[string, string, (carol: Client, w: World) => Promise<unknown>]>([
    ['REFUSED', 'is refused', async (carol) => carol.send(`ALTER CALL ${carol.newest('CALL')} HANGUP`)],
    ['MISSED', 'is not answered', async (_, w) => w.clock.advance(61_000)],
  ])('gives the call back when it is %s', async (status, _, act) => {
    await using w = await world();
    const { alice, bob, carol, out, in_ } = await transferring(w);
    await act(carol, w);
    expect(transferStatuses(bob, in_)).toEqual(['UNPLACED', 'ROUTING', 'RINGING', status]);
    expect(statuses(bob, in_).slice(-2)).toEqual(['TRANSFERRING', 'INPROGRESS']);
    expect(statuses(alice, out).slice(-3)).toEqual(['ROUTING', 'RINGING', 'INPROGRESS']);
    expect(alice.told(`CALL ${out} TRANSFER_ACTIVE`)).toEqual(['TRUE', 'FALSE']);
    // It is a call as it was: seconds are counted on both sides, it can be held, and its end is told.
    const seconds = Number(bob.told(`CALL ${in_} DURATION`).at(-1) ?? 0);
    await w.clock.advance(2000);
    const after = Number(bob.told(`CALL ${in_} DURATION`).at(-1));
    expect(after).toBeGreaterThanOrEqual(Math.max(2, seconds + 2));
    expect(Number(alice.told(`CALL ${out} DURATION`).at(-1))).toBe(after);
    bob.send(`ALTER CALL ${in_} HOLD`);
    expect(statuses(alice, out).at(-1)).toBe('REMOTEHOLD');
    bob.send(`ALTER CALL ${in_} HANGUP`);
    expect(statuses(alice, out).at(-1)).toBe('FINISHED');
    expect(statuses(bob, in_).at(-1)).toBe('FINISHED');
  });

  it('gives the call back at once when the target is not online', async () => {
    await using w = await world();
    w.client('carol').send('SET USERSTATUS OFFLINE');
    const { bob, in_ } = await transferring(w);
    expect(transferStatuses(bob, in_).at(-1)).toBe('FAILED');
    expect(statuses(bob, in_).at(-1)).toBe('INPROGRESS');
  });

  it('can be tried again and then be answered', async () => {
    await using w = await world({ users: FOUR });
    const { alice, bob, carol, out, in_ } = await transferring(w);
    carol.send(`ALTER CALL ${carol.newest('CALL')} HANGUP`);
    const dave = w.client('dave');
    bob.send(`ALTER CALL ${in_} TRANSFER dave`);
    await w.clock.advance(1000);
    dave.send(`ALTER CALL ${dave.newest('CALL')} ANSWER`);
    expect(statuses(alice, out).at(-1)).toBe('INPROGRESS');
    dave.send(`ALTER CALL ${dave.newest('CALL')} HANGUP`);
    expect(statuses(alice, out).at(-1)).toBe('FINISHED');
    expect(statuses(bob, in_).at(-1)).toBe('TRANSFERRED');
  });

  it('ends for both when the user that transferred has hung up', async () => {
    await using w = await world();
    const { alice, bob, carol, out, in_ } = await transferring(w);
    bob.send(`ALTER CALL ${in_} HANGUP`);
    carol.send(`ALTER CALL ${carol.newest('CALL')} HANGUP`);
    expect(statuses(bob, in_).at(-1)).toBe('TRANSFERRED');
    expect(statuses(alice, out).at(-1)).toBe('REFUSED');
  });

  it('tells the user that transferred that the caller has hung up', async () => {
    await using w = await world();
    const { alice, bob, carol, out, in_ } = await transferring(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    expect(statuses(carol, carol.newest('CALL')).at(-1)).toBe('MISSED');
    expect(transferStatuses(bob, in_).at(-1)).toBe('CANCELLED');
    expect(statuses(bob, in_).at(-1)).toBe('TRANSFERRED');
  });

  it('ends the call when the user that transferred had not answered it', async () => {
    await using w = await world();
    const [alice, bob, carol] = [w.client('alice'), w.client('bob'), w.client('carol')];
    alice.send('CALL bob');
    await w.clock.advance(1000);
    const [out, in_] = [alice.newest('CALL'), bob.newest('CALL')];
    bob.send(`ALTER CALL ${in_} TRANSFER carol`);
    await w.clock.advance(1000);
    carol.send(`ALTER CALL ${carol.newest('CALL')} HANGUP`);
    expect(statuses(alice, out).at(-1)).toBe('REFUSED');
    expect(transferStatuses(bob, in_).at(-1)).toBe('REFUSED');
    expect(statuses(bob, in_).at(-1)).toBe('TRANSFERRED');
  });

  it('tells each user that passed the call on how it ends', async () => {
    await using w = await world({ users: FOUR });
    const { alice, bob, carol, out, in_ } = await transferring(w);
    const [dave, second] = [w.client('dave'), carol.newest('CALL')];
    carol.send(`ALTER CALL ${second} TRANSFER dave`);
    await w.clock.advance(1000);
    dave.send(`ALTER CALL ${dave.newest('CALL')} ANSWER`);
    expect(transferStatuses(bob, in_).at(-1)).toBe('INPROGRESS');
    alice.send(`ALTER CALL ${out} HANGUP`);
    for (const [client, id] of [
      [bob, in_],
      [carol, second],
    ] as const)
      expect(statuses(client, id).at(-1)).toBe('TRANSFERRED');
  });
});

describe('a transfer that is taken back', () => {
  it('by RESUME while it rings: the target is rung no more', async () => {
    await using w = await world();
    const { alice, bob, carol, out, in_ } = await transferring(w);
    expect(bob.send(`ALTER CALL ${in_} RESUME`)[0]).toBe(`ALTER CALL ${in_} RESUME`);
    expect(statuses(carol, carol.newest('CALL'))).toEqual(['RINGING', 'MISSED']);
    expect(transferStatuses(bob, in_).at(-1)).toBe('CANCELLED');
    expect(statuses(bob, in_).at(-1)).toBe('INPROGRESS');
    expect(statuses(alice, out).at(-1)).toBe('INPROGRESS');
    expect(w.failures).toEqual([]);
  });

  it('is refused once somebody has answered', async () => {
    await using w = await world();
    const { bob, carol, in_ } = await transferring(w);
    carol.send(`ALTER CALL ${carol.newest('CALL')} ANSWER`);
    expect(bob.send(`ALTER CALL ${in_} RESUME`)[0]).toMatch(/^ERROR/);
    expect(statuses(bob, in_).at(-1)).toBe('TRANSFERRING');
  });
});
