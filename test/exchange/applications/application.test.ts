import { describe, expect, it } from 'vitest';
import { type Client, type World, world } from '../world.js';

/** Two clients whose application `test` has one stream: `alice:1` and `bob:1`. */
async function connected(w: World): Promise<[alice: Client, bob: Client]> {
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  for (const client of [alice, bob]) client.send('CREATE APPLICATION test');
  alice.send('ALTER APPLICATION test CONNECT bob');
  await w.clock.advance(1000);
  for (const client of [alice, bob]) client.fresh();
  return [alice, bob];
}

/** Sends a command, lets it have its effect, and gives the lines that came to each. */
async function effect(w: World, client: Client, command: string, ...others: Client[]): Promise<string[][]> {
  client.send(command);
  await w.clock.advance(1000);
  return [client, ...others].map((each) => each.fresh());
}

describe('an application', () => {
  it('connects where the other user has it, and both are notified', async () => {
    await using w = await world();
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    for (const client of [alice, bob]) {
      expect(client.send('CREATE APPLICATION test')).toEqual(['CREATE APPLICATION test']);
      client.fresh();
    }
    expect(await effect(w, alice, 'alter application test connect BOB', bob)).toEqual([
      [
        'alter application test connect BOB',
        'APPLICATION test CONNECTING bob',
        'APPLICATION test CONNECTING ',
        'APPLICATION test STREAMS bob:1',
      ],
      ['APPLICATION test STREAMS alice:1'],
    ]);
    expect(alice.send('GET APPLICATION test STREAMS')).toEqual(['APPLICATION test STREAMS bob:1']);
    expect(alice.send('GET APPLICATION test CONNECTABLE')).toEqual(['APPLICATION test CONNECTABLE bob']);
  });

  it('finds nobody where there is no such application', async () => {
    await using w = await world();
    const alice = w.client('alice');
    alice.send('CREATE APPLICATION test');
    w.client('bob').send('CREATE APPLICATION other');
    for (const handle of ['bob', 'carol', 'nobody.at.all', 'alice', 'echo123']) {
      alice.fresh();
      const [lines] = await effect(w, alice, `ALTER APPLICATION test CONNECT ${handle}`);
      expect(lines).toEqual([
        `ALTER APPLICATION test CONNECT ${handle}`,
        `APPLICATION test CONNECTING ${handle}`,
        'APPLICATION test CONNECTING ',
      ]);
    }
  });

  it('has one stream for each place where the other is, and each client sees its own application only', async () => {
    await using w = await world();
    const [alice, home, office] = [w.client('alice'), w.client('bob'), w.client('bob')];
    for (const client of [alice, home, office]) {
      client.send('CREATE APPLICATION test');
      client.fresh();
    }
    const [told, ...places] = await effect(w, alice, 'ALTER APPLICATION test CONNECT bob', home, office);
    expect(told?.at(-1)).toBe('APPLICATION test STREAMS bob:1 bob:2');
    expect(places).toEqual([['APPLICATION test STREAMS alice:1'], ['APPLICATION test STREAMS alice:1']]);
    await effect(w, alice, 'ALTER APPLICATION test WRITE bob:2 hello', home, office);
    expect(home.send('ALTER APPLICATION test READ alice:1')).toEqual([
      'ALTER APPLICATION test READ alice:1 ',
    ]);
    expect(office.send('ALTER APPLICATION test READ alice:1')).toEqual([
      'ALTER APPLICATION test READ alice:1 hello',
      'APPLICATION test RECEIVED ',
    ]);
    const other = w.client('alice');
    expect(other.send('GET APPLICATION test STREAMS')).toEqual([
      'ERROR 543 GET APPLICATION: missing or invalid application name',
    ]);
  });

  it('does not reach users that are offline or have blocked the asking user', async () => {
    await using w = await world();
    const [alice, bob, carol] = [w.client('alice'), w.client('bob'), w.client('carol')];
    for (const client of [alice, bob, carol]) client.send('CREATE APPLICATION test');
    bob.send('SET USER alice ISBLOCKED TRUE');
    carol.send('SET USERSTATUS OFFLINE');
    expect(alice.send('GET APPLICATION test CONNECTABLE')).toEqual(['APPLICATION test CONNECTABLE ']);
    for (const handle of ['bob', 'carol']) {
      await effect(w, alice, `ALTER APPLICATION test CONNECT ${handle}`);
      expect(alice.send('GET APPLICATION test STREAMS')).toEqual(['APPLICATION test STREAMS ']);
    }
  });

  it('never reuses a number: the next stream with the same user is the second', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    expect(await effect(w, alice, '#ID2 alter application test disconnect bob:1', bob)).toEqual([
      ['#ID2 alter application test disconnect bob:1', 'APPLICATION test STREAMS '],
      ['APPLICATION test STREAMS '],
    ]);
    const [lines] = await effect(w, alice, 'ALTER APPLICATION test CONNECT bob');
    expect(lines?.at(-1)).toBe('APPLICATION test STREAMS bob:2');
  });

  it('that is deleted sends no notification, and may be created again at once', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    expect(await effect(w, alice, 'DELETE APPLICATION test', bob)).toEqual([['DELETE APPLICATION test'], []]);
    expect(bob.send('GET APPLICATION test STREAMS')).toEqual(['APPLICATION test STREAMS ']);
    expect(alice.send('CREATE APPLICATION test')).toEqual(['CREATE APPLICATION test']);
    expect(bob.send('ALTER APPLICATION test WRITE alice:1 x')[0]).toMatch(/^ERROR 549 /);
  });

  it('is removed with its client, and the other ends are notified', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    alice.disconnect();
    expect(bob.fresh()).toEqual(['APPLICATION test STREAMS ']);
    w.client('alice').send('CREATE APPLICATION test');
    expect(bob.send('GET APPLICATION test STREAMS')).toEqual(['APPLICATION test STREAMS ']);
  });
});

describe('a stream', () => {
  it('carries texts in their order, each read by itself', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    expect(await effect(w, alice, 'ALTER APPLICATION test WRITE bob:1 AAAAAA', bob)).toEqual([
      ['ALTER APPLICATION test WRITE bob:1', 'APPLICATION test SENDING bob:1=6', 'APPLICATION test SENDING '],
      ['APPLICATION test RECEIVED alice:1=6'],
    ]);
    const [, told] = await effect(w, alice, 'ALTER APPLICATION test WRITE bob:1  two blanks äö ', bob);
    expect(told).toEqual(['APPLICATION test RECEIVED alice:1=23']);
    expect(bob.send('ALTER APPLICATION test READ alice:1')).toEqual([
      'ALTER APPLICATION test READ alice:1 AAAAAA',
      'APPLICATION test RECEIVED alice:1=17',
    ]);
    expect(bob.send('ALTER APPLICATION test READ alice:1')[0]).toBe(
      'ALTER APPLICATION test READ alice:1  two blanks äö ',
    );
  });

  it('counts two bytes too many in SENDING where Skype 1.4 is asked for', async () => {
    await using w = await world({ sendingExtraBytes: 2 });
    const [alice, bob] = await connected(w);
    const [lines, told] = await effect(w, alice, 'ALTER APPLICATION test WRITE bob:1 AAAAAA', bob);
    expect(lines?.[1]).toBe('APPLICATION test SENDING bob:1=8');
    expect(told).toEqual(['APPLICATION test RECEIVED alice:1=6']);
    const [datagram] = await effect(w, alice, 'ALTER APPLICATION test DATAGRAM bob:1 BBBBBBBBBBBBBB');
    expect(datagram?.[1]).toBe('APPLICATION test SENDING bob:1=14');
  });

  it('delivers datagrams before texts that wait to be read', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    await effect(w, alice, 'ALTER APPLICATION test WRITE bob:1 first', bob);
    expect(await effect(w, alice, 'ALTER APPLICATION test DATAGRAM bob:1 Hello back!', bob)).toEqual([
      [
        'ALTER APPLICATION test DATAGRAM bob:1',
        'APPLICATION test SENDING bob:1=11',
        'APPLICATION test SENDING ',
      ],
      ['APPLICATION test DATAGRAM alice:1 Hello back!'],
    ]);
  });

  it('holds writers back while nothing is read, and reports it', async () => {
    await using w = await world({ limits: { applicationBytes: 2048 } });
    const [alice, bob] = await connected(w);
    const text = 'x'.repeat(1024);
    const answers: string[] = [];
    for (let i = 0; i < 5; i++) {
      const [lines] = await effect(w, alice, `ALTER APPLICATION test WRITE bob:1 ${text}`, bob);
      answers.push(lines?.[0] ?? '');
    }
    expect(answers.slice(0, 4)).toEqual(Array(4).fill('ALTER APPLICATION test WRITE bob:1'));
    expect(answers[4]).toMatch(/^ERROR 541 /);
    expect(alice.send('GET APPLICATION test SENDING')).toEqual(['APPLICATION test SENDING bob:1=2048']);
    expect(bob.send('GET APPLICATION test RECEIVED')).toEqual(['APPLICATION test RECEIVED alice:1=2048']);
    alice.fresh();
    bob.send('ALTER APPLICATION test READ alice:1');
    await w.clock.advance(1000);
    expect(alice.fresh()).toEqual(['APPLICATION test SENDING bob:1=1024']);
    expect(alice.send(`ALTER APPLICATION test WRITE bob:1 ${text}`)[0]).not.toMatch(/^ERROR/);
    for (let i = 0; i < 4; i++) {
      expect(bob.send('ALTER APPLICATION test READ alice:1')[0]).toContain(text);
      await w.clock.advance(1000);
    }
    expect(alice.send('GET APPLICATION test SENDING')).toEqual(['APPLICATION test SENDING ']);
    expect(bob.send('GET APPLICATION test RECEIVED')).toEqual(['APPLICATION test RECEIVED ']);
  });

  it('bounds the number of short texts, too', async () => {
    await using w = await world();
    const [alice] = await connected(w);
    let written = 0;
    while (written < 20_000 && !alice.send('ALTER APPLICATION test WRITE bob:1 x')[0]?.startsWith('ERROR')) {
      written++;
      if (written % 1000 === 0) await w.clock.advance(10);
    }
    expect(written).toBeLessThan(10_000);
  });

  it('takes a text of 1 MB, and received texts can be read after the other has disconnected', async () => {
    await using w = await world();
    const [alice, bob] = await connected(w);
    const long = 'ä'.repeat(500_000);
    await effect(w, alice, `ALTER APPLICATION test WRITE bob:1 ${long}`, bob);
    await effect(w, alice, 'ALTER APPLICATION test WRITE bob:1 end', bob);
    alice.send('ALTER APPLICATION test DISCONNECT bob:1');
    expect(bob.fresh()).toEqual(['APPLICATION test STREAMS ']);
    expect(bob.send('ALTER APPLICATION test READ alice:1')[0]).toBe(
      `ALTER APPLICATION test READ alice:1 ${long}`,
    );
    expect(bob.send('ALTER APPLICATION test READ alice:1')[0]).toBe(
      'ALTER APPLICATION test READ alice:1 end',
    );
    expect(bob.send('ALTER APPLICATION test READ alice:1')[0]).toMatch(/^ERROR 550 /);
  });
});

describe('errors of applications', () => {
  const REFUSED = [
    ['CREATE APPLICATION', 540],
    ['CREATE APPLICATION two words', 540],
    ['CREATE APPLICATION a\tb', 540],
    [`CREATE APPLICATION ${'x'.repeat(1000)}`, 540],
    ['CREATE APPLICATION test', 541],
    ['DELETE APPLICATION', 542],
    ['DELETE APPLICATION other', 542],
    ['GET APPLICATION', 543],
    ['GET APPLICATION other STREAMS', 543],
    ['GET APPLICATION test', 544],
    ['GET APPLICATION test SHOESIZE', 544],
    ['GET APPLICATION test DATAGRAM', 544],
    ['ALTER APPLICATION', 545],
    ['ALTER APPLICATION other CONNECT bob', 545],
    ['ALTER APPLICATION test', 546],
    ['ALTER APPLICATION test DANCE', 546],
    ['ALTER APPLICATION test CONNECT', 547],
    ['ALTER APPLICATION test CONNECT +3725555', 547],
    ['ALTER APPLICATION test CONNECT bob carol', 547],
    ['ALTER APPLICATION test DISCONNECT', 548],
    ['ALTER APPLICATION test DISCONNECT bob:9', 548],
    ['ALTER APPLICATION test WRITE', 549],
    ['ALTER APPLICATION test WRITE bob', 549],
    ['ALTER APPLICATION test WRITE bob:2 text', 549],
    ['ALTER APPLICATION test WRITE carol:1 text', 549],
    ['ALTER APPLICATION test READ', 550],
    ['ALTER APPLICATION test READ __proto__:1', 550],
    ['ALTER APPLICATION test DATAGRAM', 551],
    ['ALTER APPLICATION test DATAGRAM bob:0 text', 551],
  ] as const;

  it('have the numbers of the table, each with one answer', async () => {
    await using w = await world();
    const [alice] = await connected(w);
    const answers = REFUSED.map(([command]) => alice.send(command));
    const numbers = answers.map(([line, ...more]) => [/^ERROR (\d+) /.exec(line ?? '')?.[1], more.length]);
    expect(numbers).toEqual(REFUSED.map(([, number]) => [String(number), 0]));
  });

  it('limit a client to a hundred applications', async () => {
    await using w = await world();
    const alice = w.client();
    for (let i = 0; i < 100; i++) alice.send(`CREATE APPLICATION app${i}`);
    expect(alice.send('CREATE APPLICATION more')[0]).toMatch(/^ERROR 541 /);
    expect(w.client().send('CREATE APPLICATION more')).toEqual(['CREATE APPLICATION more']);
  });
});
