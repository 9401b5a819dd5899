import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { get, search } from '../chats/chat-stage.js';
import { type Client, folder, world } from '../world.js';
import { check, seatsIn, views } from './agreement.js';
import { createGroup, hardwiredOf, valueIn } from './groups-stage.js';

const USERS = [
  { handle: 'alice', contacts: ['bob', 'Carol'] },
  { handle: 'bob', contacts: ['alice'] },
  { handle: 'Carol' },
  { handle: 'dave' },
];

it('lists and groups are consistent, wherever a kill has cut off the stored state', async () => {
  const stateFolder = folder();
  {
    await using w = await world({ users: USERS, stateFolder });
    const [alice, bob, carol, dave] = ['alice', 'bob', 'Carol', 'dave'].map((handle) => w.client(handle));
    if (!alice || !bob || !carol || !dave) throw new Error('four clients');
    dave.send('SET USER alice BUDDYSTATUS 2 hello; "you"');
    dave.send('SET USER bob BUDDYSTATUS 2 hello');
    alice.send('SET USER dave ISAUTHORIZED TRUE');
    bob.send('SET USER dave BUDDYSTATUS 2 yes');
    const id = createGroup(alice, 'Band');
    for (const handle of ['bob', 'Carol', 'dave']) alice.send(`ALTER GROUP ${id} ADDUSER ${handle}`);
    alice.send(`ALTER GROUP ${id} SHARE`);
    for (const client of [bob, dave]) {
      const [proposed = ''] = client.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/) ?? [];
      client.send(`ALTER GROUP ${proposed} ACCEPT`);
      client.send(`SET GROUP ${proposed} DISPLAYNAME Orchestra`);
    }
    alice.send(`ALTER GROUP ${id} REMOVEUSER Carol`);
    alice.send('SET USER bob ISAUTHORIZED FALSE');
    dave.send('SET USER alice BUDDYSTATUS 1');
  }
  const lines = readFileSync(join(stateFolder, 'exchange.jsonl'), 'utf8').split('\n').slice(0, -1);
  // The settings of a new user are many, and have nothing to do with others.
  const about = lines.flatMap((line, index) => (/\/contact\/|"group\//.test(line) ? [index + 1] : []));
  expect(about.length).toBeGreaterThan(15);
  // A few moments of each command are enough here.
  for (const kept of about.filter((_line, index) => index % 3 === 1)) {
    const killed = folder();
    writeFileSync(join(killed, 'exchange.jsonl'), lines.slice(0, kept).join('\n').concat('\n{"key":"us'));
    await using w = await world({ users: USERS, stateFolder: killed });
    const seats = seatsIn(w);
    for (const { clients } of seats) hardwiredOf(clients[0]);
    check(seats, views(seats));
    expect(w.failures).toEqual([]);
  }
});

it.each(['alice', 'bob'])(
  'a group that %s leaves is left or kept, wherever a kill comes, and not proposed again',
  async (leaver) => {
    const stateFolder = folder();
    const path = join(stateFolder, 'exchange.jsonl');
    const linesIn = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const groupsOf = (client: Client) => client.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/g) ?? [];
    let [before, after]: string[][] = [[], []];
    {
      await using w = await world({ users: USERS, stateFolder });
      const [alice, bob] = [w.client('alice'), w.client('bob')];
      const id = createGroup(alice, 'Band');
      bob.send('SET USER alice BUDDYSTATUS 2 hello');
      alice.send('SET USER bob ISAUTHORIZED TRUE');
      alice.send(`ALTER GROUP ${id} ADDUSER bob`);
      alice.send(`ALTER GROUP ${id} SHARE`);
      const [theirs = ''] = groupsOf(bob);
      bob.send(`ALTER GROUP ${theirs} ACCEPT`);
      before = linesIn();
      expect(
        leaver === 'alice' ? alice.send(`DELETE GROUP ${id}`) : bob.send(`DELETE GROUP ${theirs}`),
      ).not.toEqual([]);
      after = linesIn();
    }
    expect(after.length).toBeGreaterThan(before.length + 2);
    const left = [];
    for (let kept = before.length; kept <= after.length; kept++) {
      const killed = folder();
      writeFileSync(join(killed, 'exchange.jsonl'), after.slice(0, kept).join('\n').concat('\n'));
      await using w = await world({ users: USERS, stateFolder: killed });
      const [own, other] = [w.client(leaver), w.client(leaver === 'alice' ? 'bob' : 'alice')];
      const [theirs = ''] = groupsOf(other);
      const has = groupsOf(own).map((id) => valueIn(own, id, 'TYPE'));
      expect(has).toEqual(has.length === 0 ? [] : ['SHARED_GROUP']);
      expect(valueIn(other, theirs, 'USERS')).toBe(has.length === 0 ? '' : leaver);
      left.push(has.length === 0);
    }
    expect(left).toEqual([...left].sort());
    expect([left[0], left.at(-1)]).toEqual([false, true]);
  },
);

/**
 * Makes, shares, accepts and deletes groups, and changes contacts, as fast as it can; says what it was answered. It takes a
 * byte of its input for each round: it is a few rounds ahead of who reads it, and not a thousand where that one is slow.
 */
const WRITER = `
  import { readSync, writeSync } from 'node:fs';
  import { Exchange } from ${JSON.stringify(new URL('../../../dist/exchange.js', import.meta.url).href)};
  const [stateFolder, users, from] = process.argv.slice(1);
  const exchange = await Exchange.start({ users: JSON.parse(users), stateFolder });
  const clientOf = (handle) => {
    let lines = [];
    const session = exchange.endpoint(handle).connect({ deliver: (line) => lines.push(line), closed() {} });
    session.receive('PROTOCOL 8');
    return (line) => { lines = []; session.receive(line); return lines; };
  };
  const [alice, bob, dave] = ['alice', 'bob', 'dave'].map(clientOf);
  const say = (what) => writeSync(1, JSON.stringify(what) + '\\n');
  const idIn = (lines) => /GROUP (\\d+) TYPE/.exec(lines.join('\\n'))[1];
  say({ hardwired: alice('SEARCH GROUPS HARDWIRED')[0] });
  const made = [];
  for (let n = Number(from); readSync(0, Buffer.alloc(1)) === 1; n++) {
    const id = idIn(alice('CREATE GROUP G' + n));
    made.push([n, id]);
    say({ made: n });
    alice('ALTER GROUP ' + id + ' ADDUSER bob');
    alice('ALTER GROUP ' + id + ' SHARE');
    say({ shared: n });
    const theirs = bob('SEARCH GROUPS CUSTOM')[0].split(', ').at(-1).replace('GROUPS ', '');
    bob('ALTER GROUP ' + theirs + ' ACCEPT');
    say({ accepted: n });
    alice('SET USER dave BUDDYSTATUS 2 hello');
    dave('SET USER alice ISAUTHORIZED TRUE');
    alice('SET USER dave BUDDYSTATUS 1');
    if (made.length > 4) {
      const [old, oldId] = made.shift();
      alice('DELETE GROUP ' + oldId);
      say({ deleted: old });
    }
    // timer: what goes on by the clock has its turn.
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
  }
`;

it('after a SIGKILL lists and groups have all that was answered, the hardwired groups with their ids', async () => {
  const stateFolder = folder();
  const groups = new Map<number, 'made' | 'shared' | 'accepted'>();
  let hardwired = '';
  let from = 1;
  for (const answers of [9, 100, 333]) {
    const args = ['--input-type=module', '-e', WRITER, stateFolder, JSON.stringify(USERS), String(from)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // What is killed has no use for it any more.
    child.stdin.on('error', () => undefined);
    child.stdin.write('four');
    const exited = once(child, 'exit');
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as Readonly<Record<string, number>> & { hardwired?: string };
      hardwired ||= said.hardwired ?? '';
      if (said.hardwired !== undefined) expect(said.hardwired).toBe(hardwired);
      for (const what of ['made', 'shared', 'accepted'] as const) {
        const n = said[what];
        if (n !== undefined) groups.set(n, what);
        from = Math.max(from, (n ?? 0) + 1);
      }
      if (said['made'] !== undefined) child.stdin.write('.');
      if (said['deleted'] !== undefined) groups.delete(said['deleted']);
      if (++seen === answers) child.kill('SIGKILL');
    }
    await exited;
    from += 1;
    await using w = await world({ users: USERS, stateFolder });
    const seats = seatsIn(w);
    await w.clock.advance(500);
    for (const { clients } of seats) hardwiredOf(clients[0]);
    check(seats, views(seats));
    const [alice, bob] = [seats[0]?.clients[0], seats[1]?.clients[0]];
    if (!alice || !bob) throw new Error('two clients');
    expect(alice.send('SEARCH GROUPS HARDWIRED')).toEqual([hardwired]);
    const named = (client: typeof alice) =>
      new Map(
        (client.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/g) ?? []).map((id) => [
          valueIn(client, id, 'DISPLAYNAME'),
          valueIn(client, id, 'TYPE'),
        ]),
      );
    const [own, theirs] = [named(alice), named(bob)];
    // The oldest may have been deleted, the newest be further than was said.
    const gone = [...groups.keys()].filter((n) => !own.has(`G${n}`));
    expect(gone.length).toBeLessThanOrEqual(1);
    for (const n of gone) groups.delete(n);
    for (const [n, state] of groups) {
      if (state !== 'made') expect(own.get(`G${n}`)).toBe('SHARED_GROUP');
      if (state === 'accepted') expect(theirs.get(`G${n}`)).toBe('SHARED_GROUP');
    }
    const chats = search(alice, 'CHATS').filter((chat) => get(alice, chat, 'MYSTATUS') === 'SUBSCRIBED');
    const shared = [...own].filter(([, type]) => type === 'SHARED_GROUP').map(([name]) => name);
    expect(chats.map((chat) => get(alice, chat, 'DESCRIPTION')).sort()).toEqual(shared.sort());
    expect(w.failures).toEqual([]);
  }
});
