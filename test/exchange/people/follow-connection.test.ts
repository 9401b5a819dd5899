import { expect, it } from 'vitest';
import { Client, world } from '../world.js';

it('CONNSTATUS follows USERSTATUS, and is notified to every client', async () => {
  await using w = await world();
  const [alice, other] = [w.client(), w.client()];
  for (const [status, connection] of [
    ['AWAY', undefined],
    ['OFFLINE', 'OFFLINE'],
    ['INVISIBLE', 'ONLINE'],
  ] as const) {
    alice.send(`SET USERSTATUS ${status}`);
    await w.clock.advance(0);
    const told = other.fresh().filter((line) => line.startsWith('CONNSTATUS'));
    expect(told).toEqual(connection ? [`CONNSTATUS ${connection}`] : []);
    expect(alice.send('GET CONNSTATUS')).toEqual([`CONNSTATUS ${connection ?? 'ONLINE'}`]);
  }
  alice.send('SET USERSTATUS OFFLINE');
  expect(alice.send('CALL bob')).toEqual(['ERROR 36 Not online']);
  const late = new Client(w.exchange, 'alice', { attach: false });
  late.send('NAME late');
  expect(late.send('PROTOCOL 8')).toEqual([
    'PROTOCOL 8',
    'CONNSTATUS OFFLINE',
    'CURRENTUSERHANDLE alice',
    'USERSTATUS OFFLINE',
  ]);
});

it('LOGGEDOUT detaches the clients of the user; a new one can only ask for parameters and log in', async () => {
  await using w = await world({ users: [{ handle: 'alice', contacts: ['bob'] }, { handle: 'bob' }] });
  const [alice, other, bob] = [w.client(), w.client(), w.client('bob')];
  alice.send('SET USERSTATUS LOGGEDOUT');
  await w.clock.advance(0);
  for (const client of [alice, other]) {
    expect(client.fresh().slice(-4)).toEqual([
      'USERSTATUS LOGGEDOUT',
      'USER alice ONLINESTATUS OFFLINE',
      'USER bob ONLINESTATUS OFFLINE',
      'CONNSTATUS LOGGEDOUT',
    ]);
  }
  expect(w.exchange.endpoint('alice').sessions).toEqual([]);
  expect(alice.send('GET USERSTATUS')).toEqual([]);
  expect(bob.fresh()).toEqual(['USER alice ONLINESTATUS OFFLINE']);
  expect(w.exchange.endpoint('bob').sessions).toHaveLength(1);

  const late = new Client(w.exchange, 'alice', { attach: false });
  expect(late.send('NAME late')).toEqual(['CONNSTATUS OFFLINE']);
  late.send('PROTOCOL 8');
  for (const command of [
    'CALL bob',
    'SEARCH FRIENDS',
    'GET USER bob FULLNAME',
    'OPEN CONTACTS',
    'SET AUTOAWAY ON',
  ]) {
    expect(late.send(command)).toEqual(['ERROR 66 Not connected']);
  }
  expect(late.send('PING')).toEqual(['PONG']);
  expect(late.send('GET CURRENTUSERHANDLE')).toEqual(['CURRENTUSERHANDLE alice']);
  late.send('SET USERSTATUS ONLINE');
  await w.clock.advance(0);
  expect(late.lines.at(-1)).toBe('CONNSTATUS ONLINE');
  expect(late.send('SEARCH FRIENDS')).toEqual(['USERS bob']);
  expect(bob.fresh()).toEqual(['USER alice ONLINESTATUS ONLINE']);
});

it('clearing a history is notified: CALLHISTORYCHANGED, IMHISTORYCHANGED', async () => {
  await using w = await world();
  const [alice, other] = [w.client(), w.client()];
  alice.send('CLEAR CALLHISTORY ALL');
  expect(other.fresh()).toEqual(['CALLHISTORYCHANGED']);
  alice.send('CLEAR CHATHISTORY');
  expect(other.fresh()).toEqual(['IMHISTORYCHANGED']);
});
