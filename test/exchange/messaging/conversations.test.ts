import { describe, expect, it } from 'vitest';
import { type AccountStage, type Asking, accountStage } from '../account/account-stage.js';
import { folder } from '../world.js';

const MESSAGES = '/v1/users/ME/conversations/8:bob/messages';

// biome-ignore lint/suspicious/noExplicitAny: a test looks at what came.
type Any = any;

const text = (content: string, more: object = {}) => ({
  content,
  messagetype: 'Text',
  contenttype: 'text',
  ...more,
});

async function list(stage: AccountStage, path = MESSAGES, as: Asking['as'] = 'alice') {
  return (await stage.ask(`GET ${path}`, { as })).body;
}

const contents = (page: Any): string[] => page.messages.map(({ content }: Any) => content);

/** An endpoint that hears all, and its poll. */
async function hearing(stage: AccountStage, as: Asking['as']) {
  const made = await stage.ask('POST /v1/users/ME/endpoints', { as, json: {} });
  const path = new URL(made.headers.get('location') ?? '').pathname;
  const interestedResources = [
    '/v1/threads/ALL',
    '/v1/users/ME/conversations/ALL/messages',
    '/v1/users/ME/conversations/ALL/properties',
  ];
  await stage.ask(`POST ${path}/subscriptions`, {
    as,
    json: { interestedResources, channelType: 'HttpLongPoll' },
  });
  return async (): Promise<Any[]> =>
    (await stage.ask(`POST ${path}/subscriptions/0/poll`, { as })).body.eventMessages ?? [];
}

describe('messages', () => {
  it('of the web are CHATMESSAGEs of the desktop, and vice versa', async () => {
    await using stage = await accountStage();
    const alice = stage.client('alice');
    const bob = stage.client('bob');
    const sent = await stage.ask(`POST ${MESSAGES}`, { json: text('hello', { clientmessageid: '123' }) });
    expect(sent).toMatchObject({ status: 201, body: { OriginalArrivalTime: expect.any(Number) } });
    const id = String(sent.body.OriginalArrivalTime);
    expect(sent.headers.get('location')).toBe(`${stage.origin}${MESSAGES}/${id}`);
    await stage.clock.advance(1000);
    const number = /CHATMESSAGE (\d+) STATUS RECEIVED/.exec(bob.lines.join('\n'))?.[1];
    expect(bob.send(`GET CHATMESSAGE ${number} BODY`)).toEqual([`CHATMESSAGE ${number} BODY hello`]);
    expect(alice.lines.join('\n')).toContain('STATUS SENT');
    bob.send('MESSAGE alice a < b');
    await stage.clock.advance(1000);
    const page = await list(stage);
    const time = new Date(Number(page.messages[1].id)).toISOString();
    expect(page.messages.slice(0, 2)).toMatchObject([
      { messagetype: 'Text', content: 'a < b', from: `${stage.origin}/v1/users/ME/contacts/8:bob` },
      {
        id,
        type: 'Message',
        messagetype: 'Text',
        content: 'hello',
        from: `${stage.origin}/v1/users/ME/contacts/8:alice`,
        imdisplayname: 'alice',
        composetime: time,
        originalarrivaltime: time,
        conversationLink: `${stage.origin}/v1/users/ME/conversations/8:bob`,
        clientmessageid: '123',
      },
    ]);
    // The same message has the same id for both.
    const theirs = await list(stage, MESSAGES.replace('bob', 'alice'), 'bob');
    expect(theirs.messages.map((each: Any) => each.id)).toEqual(
      page.messages.map((each: Any) => each.id).slice(0, theirs.messages.length),
    );
  });

  it('of rich text are plain on the desktop', async () => {
    await using stage = await accountStage();
    const bob = stage.client('bob');
    const content = '<b>1 &lt; 2</b> &amp; &quot;x&quot; &#8364; &nope; <a href="http://x">link</a>';
    await stage.ask(`POST ${MESSAGES}`, { json: { content, messagetype: 'RichText' } });
    await stage.clock.advance(1000);
    const [id] = bob.send('SEARCH MISSEDCHATMESSAGES')[0]?.match(/\d+$/) ?? [];
    expect(bob.send(`GET CHATMESSAGE ${id} BODY`)).toEqual([
      `CHATMESSAGE ${id} BODY 1 < 2 & "x" € &nope; link`,
    ]);
  });

  it('can be changed and deleted by their author', async () => {
    await using stage = await accountStage();
    const poll = await hearing(stage, 'bob');
    const sent = await stage.ask(`POST ${MESSAGES}`, { json: text('helo', { clientmessageid: '9' }) });
    const path = `${MESSAGES}/${sent.body.OriginalArrivalTime}`;
    await stage.clock.advance(1000);
    await poll();
    expect((await stage.ask(`PUT ${path}`, { json: text('hello') })).status).toBe(204);
    expect((await list(stage)).messages[0]).toMatchObject({
      content: 'hello',
      skypeeditedid: '9',
      properties: { edittime: expect.stringMatching(/^\d{13}$/) },
    });
    expect((await poll()).at(-1)).toMatchObject({
      resourceType: 'NewMessage',
      resource: { content: 'hello', skypeeditedid: '9' },
    });
    await stage.ask(`POST ${MESSAGES}`, { json: text('Hello!', { skypeeditedid: '9' }) });
    expect(contents(await list(stage))[0]).toBe('Hello!');
    const gone = await stage.ask(`POST ${MESSAGES}`, { json: text('to go', { clientmessageid: '10' }) });
    await stage.ask(`POST ${MESSAGES}`, { json: text('', { skypeeditedid: '10' }) });
    expect((await list(stage)).messages[0]).toMatchObject({
      id: String(gone.body.OriginalArrivalTime),
      content: '',
      properties: { deletetime: expect.stringMatching(/^\d{13}$/) },
    });
    const theirs = path.replace('8:bob', '8:alice');
    expect((await stage.ask(`DELETE ${theirs}`, { as: 'bob' })).status).toBe(403);
    expect((await stage.ask(`PUT ${theirs}`, { as: 'bob', json: text('x') })).status).toBe(403);
    expect((await stage.ask(`DELETE ${path}`)).status).toBe(204);
    expect((await list(stage)).messages[1]).toMatchObject({
      content: '',
      properties: { deletetime: expect.stringMatching(/^\d{13}$/) },
    });
  });

  it('that are read on the web count as read on the desktop', async () => {
    await using stage = await accountStage();
    const alice = stage.client('alice');
    const bob = stage.client('bob');
    for (const word of ['one', 'two']) {
      bob.send(`MESSAGE alice ${word}`);
      await stage.clock.advance(2000);
    }
    const missed = () => alice.send('SEARCH MISSEDCHATMESSAGES')[0]?.match(/\d+/g)?.length ?? 0;
    expect(missed()).toBe(2);
    const { messages } = await list(stage);
    const horizon = (index: number) => {
      const { id } = messages[index];
      return { json: { consumptionhorizon: `${id};${id};${id}` } };
    };
    const path = '/v1/users/ME/conversations/8:bob/properties?name=consumptionhorizon';
    await stage.ask(`PUT ${path}`, horizon(1));
    expect(missed()).toBe(1);
    await stage.ask(`PUT ${path}`, horizon(0));
    expect(missed()).toBe(0);
    expect((await stage.ask(`PUT ${path}`, { json: { consumptionhorizon: 'x' } })).status).toBe(400);
  });

  it('about typing are sent, unless the typing indicator of the user is off', async () => {
    await using stage = await accountStage();
    stage.client('bob');
    await stage.ask(`POST ${MESSAGES}`, { json: text('hello') });
    await stage.clock.advance(1000);
    const poll = await hearing(stage, 'bob');
    const typing = { json: { content: null, messagetype: 'Control/Typing' } };
    await stage.ask('PUT /api/v1/20');
    expect((await stage.ask(`POST ${MESSAGES}`, typing)).status).toBe(201);
    await stage.ask('DELETE /api/v1/20');
    await stage.ask(`POST ${MESSAGES}`, { json: { content: '', messagetype: 'Control/ClearTyping' } });
    expect((await poll()).map(({ resource }) => [resource.messagetype, resource.from])).toEqual([
      ['Control/ClearTyping', `${stage.origin}/v1/users/ME/contacts/8:alice`],
    ]);
  });

  it('that the service cannot send are refused, each with its reason', async () => {
    await using stage = await accountStage();
    for (const [path, body] of [
      [MESSAGES, { content: 'x', messagetype: 'RichText/Files' }],
      [MESSAGES, { content: '/fork', messagetype: 'Text' }],
      [MESSAGES, { content: 'x', messagetype: 'RichText/UriObject' }],
      ['/v1/users/ME/conversations/19:abc@p2p.thread.skype/messages', text('x')],
      ['/v1/users/ME/conversations/%23alice$bob;0123/messages', text('x')],
    ] as const) {
      const { status, body: said } = await stage.ask(`POST ${path}`, { json: body });
      expect({ path, status, code: said.error.code }).toEqual({ path, status: 422, code: 'ERR_UNSUPPORTED' });
    }
    for (const [request, status] of [
      ['POST /v1/users/ME/conversations/8:nobody/messages', 404],
      ['POST /v1/users/ME/conversations/19:0123@thread.skype/messages', 404],
      ['POST /v1/users/ME/conversations/..%2f8:bob/messages', 400],
      [`PUT ${MESSAGES}/1174348800000`, 404],
      [`PUT ${MESSAGES}/__proto__`, 404],
    ] as const) {
      expect((await stage.ask(request, { json: text('x') })).status).toBe(status);
    }
    expect((await list(stage)).messages).toEqual([]);
  });
});

describe('pages', () => {
  it('of messages follow syncState, new ones first, also after a restart', async () => {
    const stateFolder = folder();
    let next = '';
    const words = (from: number, to: number) =>
      Array.from({ length: from - to + 1 }, (_, index) => String(from - index));
    {
      await using stage = await accountStage({ stateFolder });
      for (const word of words(100, 1).reverse()) await stage.ask(`POST ${MESSAGES}`, { json: text(word) });
      const first = await list(stage, `${MESSAGES}?startTime=0&view=msnp24Equivalent`);
      expect(contents(first)).toEqual(words(100, 91));
      expect(first._metadata).toEqual({
        backwardLink: expect.stringContaining(`${stage.origin}${MESSAGES}?syncState=`),
        forwardLink: expect.stringContaining('&view=msnp24Equivalent'),
        syncState: expect.stringContaining('syncState='),
        totalCount: 10,
      });
      const second = await list(stage, first._metadata.syncState);
      expect(contents(second)).toEqual(words(90, 81));
      expect(contents(await list(stage, second._metadata.backwardLink))).toEqual(words(80, 71));
      next = new URL(second._metadata.syncState).search;
      const stolen = await stage.ask(`GET ${MESSAGES.replace('bob', 'alice')}${next}`, { as: 'bob' });
      expect(stolen.status).toBe(400);
    }
    await using stage = await accountStage({ stateFolder });
    for (const word of ['101', '102']) await stage.ask(`POST ${MESSAGES}`, { json: text(word) });
    expect(contents(await list(stage, `${MESSAGES}${next}`))).toEqual(['102', '101', ...words(80, 73)]);
  });

  it('of conversations are sorted by their last message; one with a new message comes again', async () => {
    await using stage = await accountStage();
    const bob = stage.client('bob');
    for (const target of ['8:bob', '8:carol', '8:echo123']) {
      await stage.ask(`POST /v1/users/ME/conversations/${target}/messages`, { json: text('hello') });
      await stage.clock.advance(1000);
    }
    const path = '/v1/users/ME/conversations?startTime=0&pageSize=2';
    const first = await list(stage, path);
    const ids = (page: Any) => page.conversations.map(({ id }: Any) => id);
    expect(ids(first)).toEqual(['8:echo123', '8:carol']);
    bob.send('MESSAGE alice news');
    await stage.clock.advance(1000);
    const second = await list(stage, first._metadata.syncState);
    expect(ids(second)).toEqual(['8:bob']);
    expect(second.conversations[0]).toMatchObject({
      type: 'Conversation',
      lastMessage: { content: 'news' },
      messages: `${stage.origin}${MESSAGES}`,
      properties: { consumptionhorizon: expect.stringMatching(/^\d+;\d+;\d+$/) },
    });
    expect((await list(stage, second._metadata.syncState)).conversations).toEqual([]);
    expect((await stage.ask('GET /v1/users/ME/conversations/8:bob')).body).toMatchObject({ id: '8:bob' });
    expect((await stage.ask('GET /v1/users/ME/conversations/8:alice', { as: 'carol' })).status).toBe(200);
  });
});

describe('threads', () => {
  it('are chats of several people: created, read, changed and left', async () => {
    await using stage = await accountStage();
    const bob = stage.client('bob');
    const made = await stage.ask('POST /v1/threads', {
      json: {
        members: [
          { id: '8:alice', role: 'Admin' },
          { id: '8:bob', role: 'User' },
        ],
        properties: { topic: 'Lunch', joiningenabled: 'true' },
      },
    });
    expect(made.status).toBe(201);
    const path = new URL(made.headers.get('location') ?? '').pathname;
    const id = path.split('/').at(-1) ?? '';
    expect(id).toMatch(/^19:[0-9a-f]{32}@thread\.skype$/);
    const poll = await hearing(stage, 'alice');
    await stage.clock.advance(1000);
    const read = async () => (await stage.ask(`GET ${path}?view=msnp24Equivalent`)).body;
    expect(await read()).toMatchObject({
      id,
      type: 'Thread',
      members: [
        { id: '8:alice', role: 'Admin' },
        { id: '8:bob', role: 'User' },
      ],
      properties: {
        topic: 'Lunch',
        creator: '8:alice',
        joiningenabled: 'true',
        historydisclosed: 'false',
        moderatedthread: 'false',
      },
      messages: `${stage.origin}/v1/users/ME/conversations/${id}/messages`,
    });
    const [chat] = /#alice\/\$[0-9a-f]+/.exec(bob.lines.join('\n')) ?? [];
    expect(bob.send(`GET CHAT ${chat} TOPIC`)).toEqual([`CHAT ${chat} TOPIC Lunch`]);
    bob.send(`ALTER CHAT ${chat} SETTOPIC Dinner`);
    await stage.ask(`PUT ${path}/members/8:carol`, { json: { role: 'User' } });
    await stage.clock.advance(1000);
    expect((await read()).properties.topic).toBe('Dinner');
    const events = await poll();
    expect(events.map((event) => event.resource.messagetype ?? event.resourceType)).toEqual(
      expect.arrayContaining(['ThreadActivity/TopicUpdate', 'ThreadActivity/AddMember', 'ThreadUpdate']),
    );
    expect((await read()).members).toHaveLength(3);
    await stage.ask(`PUT ${path}/properties?name=historydisclosed`, { json: { historydisclosed: true } });
    expect((await read()).properties.historydisclosed).toBe('true');
    await stage.ask(`DELETE ${path}/members/8:carol`);
    expect((await read()).members).toHaveLength(2);
    const said = `/v1/users/ME/conversations/${id}/messages`;
    await stage.ask(`POST ${said}`, { as: 'bob', json: text('from bob') });
    await stage.clock.advance(1000);
    expect(contents(await list(stage, said))).toContain('from bob');
    expect((await stage.ask(`GET ${path}`, { as: 'carol' })).status).toBe(200);
    expect((await stage.ask(`POST ${said}`, { as: 'carol', json: text('x') })).status).toBe(403);
    expect((await stage.ask(`PUT ${path}/properties?name=picture`, { json: { picture: 'x' } })).status).toBe(
      400,
    );
    expect((await stage.ask(`DELETE ${path}/members/8:alice`, { as: 'bob' })).status).toBe(403);
    expect((await stage.ask(`DELETE ${path}/members/8:bob`, { as: 'bob' })).status).toBe(204);
  });
});
