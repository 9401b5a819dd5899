import { describe, expect, it } from 'vitest';
import { idOf } from '../talking.js';
import { type World, world } from '../world.js';

describe('a conference', () => {
  async function conference(w: World) {
    const [alice, bob, carol] = [w.client('alice'), w.client('bob'), w.client('carol')];
    alice.send('CALL bob, carol');
    await w.clock.advance(600);
    for (const client of [bob, carol]) client.send(`ALTER CALL ${client.newest('CALL')} ANSWER`);
    await w.clock.advance(20);
    return { alice, bob, carol };
  }

  it('joins users that are called together, and sends its number to all', async () => {
    await using w = await world();
    const { alice, bob, carol } = await conference(w);
    const ids = [alice.told('CALL 1 CONF_ID'), alice.told('CALL 2 CONF_ID')].map((told) => told.at(-1));
    expect(ids[0]).toMatch(/^[1-9]/);
    expect(ids[1]).toBe(ids[0]);
    expect(bob.told(`CALL ${bob.newest('CALL')} CONF_ID`).at(-1)).toBe(ids[0]);
    expect(carol.told(`CALL ${carol.newest('CALL')} CONF_PARTICIPANTS_COUNT`)).toEqual(['2']);
    expect(alice.send('GET CALL 1 CONF_PARTICIPANTS_COUNT')).toEqual(['CALL 1 CONF_PARTICIPANTS_COUNT 0']);
    const id = bob.newest('CALL');
    expect(bob.send(`GET CALL ${id} CONF_PARTICIPANT 2`)).toEqual([
      `CALL ${id} CONF_PARTICIPANT 2 carol INCOMING_P2P INPROGRESS carol`,
    ]);
    expect(bob.send(`GET CALL ${id} CONF_PARTICIPANT 3`)).toEqual([
      'ERROR 71 Invalid conference participant NO',
    ]);
  });

  it('drops a participant with reason 14 when the host hangs up that call; the others stay', async () => {
    await using w = await world();
    const { alice, bob, carol } = await conference(w);
    alice.send('ALTER CALL 1 HANGUP');
    expect(bob.lines.slice(-2)).toEqual([
      `CALL ${bob.newest('CALL')} FAILUREREASON 14`,
      `CALL ${bob.newest('CALL')} STATUS FINISHED`,
    ]);
    expect(carol.told(`CALL ${carol.newest('CALL')} STATUS`).at(-1)).toBe('INPROGRESS');
    const call = carol.newest('CALL');
    expect(carol.told(`CALL ${call} CONF_PARTICIPANTS_COUNT`)).toEqual(['2', '1']);
    carol.send(`ALTER CALL ${call} HANGUP`);
    // The most there were, when it is over.
    expect(carol.send(`GET CALL ${call} CONF_PARTICIPANTS_COUNT`)).toEqual([
      `CALL ${call} CONF_PARTICIPANTS_COUNT 2`,
    ]);
  });

  it.each([
    [undefined, 4],
    [12, 12],
  ])('has as many as its limit, %s', async (conferenceLimit, count) => {
    const guests = Array.from({ length: count + 1 }, (_, n) => `guest${n}`);
    await using w = await world({
      users: ['host', ...guests].map((handle) => ({ handle })),
      ...(conferenceLimit !== undefined && { conferenceLimit }),
    });
    const host = w.client('host');
    expect(host.send(`CALL ${guests.join(', ')}`)).toEqual(['ERROR 73 too many participants']);
    host.send(`CALL ${guests.slice(0, count).join(', ')}`);
    await w.clock.advance(600);
    const clients = guests.slice(0, count).map((handle) => w.client(handle));
    for (const [n, client] of clients.entries()) {
      const id = Number(client.send('SEARCH ACTIVECALLS')[0]?.split(' ')[1]);
      client.send(`ALTER CALL ${id} ANSWER`);
      await w.clock.advance(20);
      if (n > 0) expect(client.told(`CALL ${id} CONF_PARTICIPANTS_COUNT`)).toEqual([String(n + 1)]);
    }
    expect(w.exchange.calls.filter(({ handle }) => handle === 'host')).toHaveLength(count);
  });

  it('cannot be made of calls that are not in progress, nor beyond the limit', async () => {
    await using w = await world({
      conferenceLimit: 2,
      users: ['alice', 'bob', 'carol', 'dave'].map((handle) => ({ handle })),
    });
    const { alice } = await conference(w);
    const dave = w.client('dave');
    const third = idOf(alice.send('CALL dave')[0]);
    expect(alice.send(`SET CALL ${third} JOIN_CONFERENCE 1`)).toEqual(['ERROR 72 Cannot create conference']);
    await w.clock.advance(600);
    dave.send(`ALTER CALL ${dave.newest('CALL')} ANSWER`);
    expect(alice.send(`SET CALL ${third} JOIN_CONFERENCE 1`)).toEqual(['ERROR 72 Cannot create conference']);
  });
});
