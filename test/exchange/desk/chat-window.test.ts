import { describe, expect, it } from 'vitest';
import { settle, world } from '../world.js';

describe('the window of a chat', () => {
  it('is opened and closed by OPEN CHAT, OPEN IM and at the desk, and notified once', async () => {
    await using w = await world();
    const client = w.client();
    const desk = w.exchange.desk();
    client.send('CHAT CREATE bob');
    const id =
      /^CHAT (\S+) STATUS/.exec(client.lines.at(-1) ?? '')?.[1] ??
      client.lines.join().match(/#\S+;\S+/)?.[0] ??
      '';
    await w.clock.advance(100);
    client.fresh();
    expect(client.send(`OPEN CHAT ${id}`)).toEqual([`OPEN CHAT ${id}`, `CHAT ${id} OPENED`]);
    expect(client.send(`OPEN CHAT ${id}`)).toEqual([`OPEN CHAT ${id}`]);
    desk.close('CHAT', id);
    expect(client.lines.at(-1)).toBe(`CHAT ${id} CLOSED`);
    client.send('OPEN IM bob how are you?');
    await settle();
    expect(client.lines.slice(-2)).toEqual([`CHAT ${id} OPENED`, 'OPEN IM bob how are you?']);
    expect(desk.state.front).toEqual({ what: 'CHAT', argument: id, text: 'how are you?' });
    for (let i = 0; i < 49; i++) client.send(`OPEN USERINFO user${i}`);
    expect(client.lines.at(-1)).not.toBe(`CHAT ${id} CLOSED`);
    client.send('OPEN OPTIONS');
    expect(client.told(`CHAT ${id}`).length).toBeGreaterThan(0);
    expect(client.lines.filter((line) => line === `CHAT ${id} CLOSED`)).toHaveLength(2);
  });

  it.each([
    ['CHAT', 105],
    ['CHAT #alice/$bob;0', 105],
    ['CHAT constructor', 105],
    ['IM alice', 70],
  ])('OPEN %s is refused with error %i', async (what, number) => {
    await using w = await world();
    expect(w.client().send(`OPEN ${what}`)).toEqual([expect.stringMatching(new RegExp(`^ERROR ${number} `))]);
  });

  it('takes typed text: all clients are notified of the message, and the other user gets it', async () => {
    await using w = await world();
    const [one, two, bob] = [w.client(), w.client(), w.client('bob')];
    const desk = w.exchange.desk();
    const id = await desk.type('bob', 'hello, bob');
    await w.clock.advance(100);
    for (const client of [one, two]) {
      expect(client.told(`CHATMESSAGE ${id} STATUS`)).toEqual(['SENDING', 'SENT']);
      expect(client.lines.filter((line) => /^(OPEN|ERROR|MESSAGE)/.test(line))).toEqual([]);
    }
    const [got] = bob.lines.flatMap((line) => /^CHATMESSAGE (\d+) STATUS RECEIVED/.exec(line)?.[1] ?? []);
    expect(bob.send(`GET CHATMESSAGE ${got} BODY`)).toEqual([`CHATMESSAGE ${got} BODY hello, bob`]);
    const chat = desk.state.front.argument;
    await desk.type(chat, 'again');
    await w.clock.advance(100);
    expect(bob.lines.filter((line) => /STATUS RECEIVED/.test(line))).toHaveLength(2);
    await expect(desk.type(chat, '')).rejects.toMatchObject({ code: 'ERR_API' });
    await expect(desk.type('!', 'x')).rejects.toMatchObject({ number: 70 });
    await expect(desk.type(chat, 'a\nCALL bob')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
  });
});

describe('a skype: URI that is clicked', () => {
  it.each([
    ['skype:', { windowState: 'NORMAL' }],
    ['skype:bob?userinfo', { front: { what: 'USERINFO', argument: 'bob' } }],
    ['skype:bob?add', { front: { what: 'ADDAFRIEND', argument: 'bob' } }],
    [
      'SKYPE:bob?add&displayname=Bob%20B.',
      { front: { what: 'ADDAFRIEND', argument: 'bob', text: 'Bob B.' } },
    ],
    ['skype:carol?sendfile', { front: { what: 'FILETRANSFER', argument: 'carol' } }],
    ['skype:carol;bob?sendfile', { front: { what: 'FILETRANSFER', argument: 'carol, bob' } }],
  ])('%s', async (uri, state) => {
    await using w = await world({
      users: [{ handle: 'alice', contacts: ['carol', 'bob'] }, { handle: 'bob' }],
    });
    const desk = w.exchange.desk();
    desk.setWindowState('HIDDEN');
    await desk.open(uri);
    expect(desk.state).toMatchObject(state);
  });

  it('calls a user, a phone, or several users', async () => {
    await using w = await world();
    const client = w.client();
    const desk = w.exchange.desk();
    for (const uri of [
      'skype:echo123',
      'skype:echo123?call',
      'skype:bob;carol?call',
      'skype:+18005551234?call',
    ]) {
      await desk.open(uri);
    }
    expect(desk.state.calls.map(({ partner }) => partner)).toEqual([
      'echo123',
      'echo123',
      'bob',
      'carol',
      '+18005551234',
    ]);
    await w.clock.advance(100);
    expect(client.lines.some((line) => /STATUS UNPLACED/.test(line))).toBe(true);
    expect(client.lines.some((line) => /^CALL \D/.test(line))).toBe(false);
  });

  it('leaves a voicemail', async () => {
    await using w = await world();
    await w.exchange.desk().open('skype:bob?voicemail');
    expect(w.exchange.desk().state.calls).toMatchObject([{ partner: 'bob' }]);
  });

  it('opens a chat: with one, with several under a topic, by its id, by its blob', async () => {
    await using w = await world();
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    const desk = w.exchange.desk('alice');
    await desk.open('skype:bob?chat');
    const dialog = desk.state.front.argument;
    expect(dialog).toMatch(/^#alice\/\$bob;/);
    await desk.open('skype:bob;carol?chat&topic=lunch%20%26%20more');
    const many = desk.state.front.argument;
    expect(alice.send(`GET CHAT ${many} TOPIC`)).toEqual([`CHAT ${many} TOPIC lunch & more`]);
    await desk.open(`skype:?chat&id=${encodeURIComponent(dialog)}#2007-01-01T00:00:00Z`);
    expect(desk.state.front.argument).toBe(dialog);
    await w.clock.advance(200);
    const [blob = ''] = bob.send(`GET CHAT ${many} BLOB`).map((line) => line.split(' ').at(-1) ?? '');
    await desk.open(`skype:?chat&blob=${blob}`);
    expect(desk.state.front.argument).toBe(many);
  });

  it.each([
    'skype://echo123',
    'skype://echo123?call',
    'skype:echo123?fly',
    'skype:?call',
    'skype:?voicemail',
    'skype:bob;carol?voicemail',
    'skype:bob;carol?userinfo',
    'skype:?chat',
    'skype:bob%20IN%20%2Fetc?sendfile',
    'skype:bob%2Ccarol?call',
    'skype:bob%0d%0aCALL%20carol?call',
    'skype:bob%00?call',
    'skype:%E0%A4?call',
    'skype:?chat&id=a%20b',
    'skype:?chat&blob=',
    'skype:constructor?constructor',
  ])('%s is refused, and nothing happens', async (uri) => {
    await using w = await world({ users: [{ handle: 'alice', contacts: ['bob'] }, { handle: 'bob' }] });
    const client = w.client();
    const { windows } = w.exchange.desk().state;
    await expect(w.exchange.desk().open(uri)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(SYNTAX|LINE_BREAK)$/),
    });
    expect(client.fresh()).toEqual([]);
    expect(w.exchange.desk().state.windows).toEqual(windows);
  });
});
