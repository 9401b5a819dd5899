import { describe, expect, it } from 'vitest';
import { promptFile } from '../../../src/exchange/voice/prompt-files.js';
import { lockAndKey } from '../../../src/protocol/account/lock-and-key.js';
import { turn } from '../../turns.js';
import { type AccountStage, type Asking, accountStage } from '../account/account-stage.js';

const FRIENDS = {
  users: [
    { handle: 'alice', contacts: ['bob'] },
    { handle: 'bob', contacts: ['alice'] },
    { handle: 'carol' },
  ],
};
const GREETING = promptFile('voicemail-greeting.wav');
const ALL = ['/v1/threads/ALL', '/v1/users/ME/contacts/ALL', '/v1/users/ME/conversations/ALL/messages'];

/** An endpoint of alice's, and what asks by its registration token. */
async function endpoint(stage: AccountStage, as: Asking['as'] = 'alice') {
  const made = await stage.ask('POST /v1/users/ME/endpoints', { as, json: { endpointFeatures: 'Agent' } });
  const token = made.headers.get('set-registrationtoken') ?? '';
  const path = new URL(made.headers.get('location') ?? '').pathname;
  const ask = (request: string, asking: Asking = {}) => stage.ask(request, { as, ...asking });
  return { made, token, path, ask, registered: { registrationtoken: token } };
}

describe('an endpoint', () => {
  it('is created with a token and an address, and can be described, listed and deleted', async () => {
    await using stage = await accountStage(FRIENDS);
    const { made, token, path, registered } = await endpoint(stage);
    expect(made.status).toBe(201);
    expect(token).toMatch(
      /^registrationToken=[A-Za-z0-9+/]{40,}=*; expires=\d{10}; endpointId=\{[0-9a-f-]{36}\}$/,
    );
    expect(made.headers.get('location')).toMatch(
      new RegExp(`^http://127.0.0.1:${stage.port}/v1/users/ME/endpoints/%7B[0-9a-f-]{36}%7D$`),
    );
    const doc = {
      id: 'messagingService',
      type: 'EndpointPresenceDoc',
      selfLink: 'uri',
      privateInfo: { epname: 'box' },
      publicInfo: {
        capabilities: 'video|audio',
        type: 1,
        skypeNameVersion: '0.0.0.1',
        nodeInfo: 'xx',
        version: 'x',
      },
    };
    expect((await stage.ask(`PUT ${path}/presenceDocs/messagingService`, { json: doc })).status).toBe(200);
    stage.client('alice');
    const { body } = await stage.ask('GET /v1/users/ME/presenceDocs/messagingService?view=expanded');
    const link = `${stage.origin}${path}`;
    expect(body).toMatchObject({
      status: 'Online',
      endpointPresenceDocs: [
        {
          link,
          selfLink: `${link}/presenceDocs/messagingService`,
          publicInfo: doc.publicInfo,
          privateInfo: doc.privateInfo,
        },
        { privateInfo: { epname: 'test' } },
      ],
    });
    const bare = path.replace('%7B', '').replace('%7D', '');
    // The token of the endpoint is enough for the messaging service, and for no other.
    const byToken = { headers: { ...registered, 'x-skypetoken': '' } };
    expect((await stage.ask('GET /v1/users/ME/endpoints', byToken)).status).toBe(401);
    const fetched = (path: string) => fetch(`${stage.origin}${path}`, { headers: registered });
    expect((await fetched('/v1/users/ME/endpoints')).status).toBe(200);
    expect((await fetched('/api/v1')).status).toBe(401);
    expect((await stage.ask(`DELETE ${bare}`)).status).toBe(204);
    expect((await stage.ask(`DELETE ${path}`)).status).toBe(404);
    expect((await fetched('/v1/users/ME/endpoints')).status).toBe(401);
  });

  it('ends when its token expires', async () => {
    await using stage = await accountStage(FRIENDS);
    const { registered } = await endpoint(stage);
    const fetched = () => fetch(`${stage.origin}/v1/users/ME/endpoints`, { headers: registered });
    expect((await fetched()).status).toBe(200);
    await stage.clock.advance(86_400_001);
    expect((await fetched()).status).toBe(401);
  });

  it('is created at another address by a redirect, at which programs ask again', async () => {
    await using stage = await accountStage(FRIENDS, { messagingOrigin: 'http://client-s.example.net' });
    const { made } = await endpoint(stage);
    expect(made.headers.get('location')).toBe('http://client-s.example.net/v1/users/ME/endpoints');
    expect(made.headers.get('set-registrationtoken')).toBeNull();
    const direct = await accountStage(FRIENDS);
    await using _ = direct;
    expect((await endpoint(direct)).token).not.toBe('');
  });

  it('of another account is not found', async () => {
    await using stage = await accountStage(FRIENDS);
    const { path } = await endpoint(stage);
    for (const request of [`DELETE ${path}`, `POST ${path}/subscriptions/0/poll`]) {
      expect((await stage.ask(request, { as: 'bob' })).status).toBe(404);
    }
    expect((await stage.ask('GET /v1/users/alice/endpoints', { as: 'bob' })).status).toBe(403);
  });
});

describe('presence', () => {
  const say = (stage: AccountStage, headers: Asking['headers'], status: string) =>
    stage.ask('PUT /v1/users/ME/presenceDocs/messagingService', { json: { status }, headers: headers ?? {} });

  it('is that of the most available endpoint, and visible to others', async () => {
    await using stage = await accountStage(FRIENDS);
    const alice = stage.client('alice');
    const bob = stage.client('bob');
    const seen = () => bob.send('GET USER alice ONLINESTATUS')[0]?.split(' ').at(-1);
    const first = await endpoint(stage);
    const second = await endpoint(stage);
    expect(seen()).toBe('ONLINE');
    // Offline on the desktop: connected by the web, and not available until an endpoint says so.
    alice.send('SET USERSTATUS OFFLINE');
    expect([seen(), alice.send('GET USERSTATUS')[0]]).toEqual(['OFFLINE', 'USERSTATUS INVISIBLE']);
    await say(stage, first.registered, 'Busy');
    expect(seen()).toBe('DND');
    await say(stage, second.registered, 'Online');
    expect(seen()).toBe('ONLINE');
    await say(stage, second.registered, 'Hidden');
    expect(seen()).toBe('DND');
    await say(stage, first.registered, 'Offline');
    expect([seen(), alice.send('GET USERSTATUS')[0]]).toEqual(['OFFLINE', 'USERSTATUS INVISIBLE']);
    await stage.ask(`DELETE ${second.path}`);
    expect(alice.send('GET USERSTATUS')).toEqual(['USERSTATUS OFFLINE']);
    expect(stage.failures).toEqual([]);
  });

  it('is away when the endpoint is no longer active', async () => {
    await using stage = await accountStage(FRIENDS);
    const alice = stage.client('alice');
    alice.send('SET USERSTATUS OFFLINE');
    const { path, registered } = await endpoint(stage);
    alice.send('SET USERSTATUS OFFLINE');
    await say(stage, registered, 'Online');
    await stage.ask(`POST ${path}/active`, { json: { timeout: 12 } });
    expect(alice.send('GET USERSTATUS')).toEqual(['USERSTATUS ONLINE']);
    await stage.clock.advance(12_001);
    expect(alice.send('GET USERSTATUS')).toEqual(['USERSTATUS AWAY']);
    await stage.ask(`POST ${path}/active`, { json: { timeout: 12 } });
    expect(alice.send('GET USERSTATUS')).toEqual(['USERSTATUS ONLINE']);
  });

  it('of others is as USER shows it', async () => {
    await using stage = await accountStage(FRIENDS);
    const status = async (as: Asking['as']) =>
      (await stage.ask('GET /v1/users/8:alice/presenceDocs/messagingService', { as })).body.availability;
    expect([await status('bob'), await status('carol')]).toEqual(['Online', 'Offline']);
    stage.client('alice').send('SET USERSTATUS INVISIBLE');
    expect(await status('bob')).toBe('Offline');
    expect(await status('alice')).toBe('Offline');
    expect((await say(stage, {}, 'Online')).status).toBe(409);
    expect((await say(stage, {}, 'Bored')).status).toBe(400);
  });
});

describe('events', () => {
  it('are those of the subscriptions, numbered from 1000, and a poll without any ends after 30 s', async () => {
    await using stage = await accountStage(FRIENDS);
    const { path } = await endpoint(stage);
    const made = await stage.ask(`POST ${path}/subscriptions`, {
      json: { interestedResources: ALL, channelType: 'HttpLongPoll', conversationType: 2047 },
    });
    expect([made.status, made.headers.get('location')]).toEqual([
      201,
      `${stage.origin}${path}/subscriptions/0`,
    ]);
    const poll = () => stage.ask(`POST ${path}/subscriptions/0/poll`, { json: {} });
    const bob = stage.client('bob');
    const polling = poll();
    bob.send('SET USERSTATUS AWAY');
    const { eventMessages } = (await polling).body;
    expect(eventMessages).toEqual([
      {
        id: 1000,
        type: 'EventMessage',
        resourceType: 'UserPresence',
        time: expect.stringMatching(/^2007-03-20T.*Z$/),
        resourceLink: `${stage.origin}/v1/users/8:bob/presenceDocs/messagingService`,
        resource: {
          id: 'messagingService',
          type: 'UserPresenceDoc',
          selfLink: `${stage.origin}/v1/users/8:bob/presenceDocs/messagingService`,
          availability: 'Away',
          status: 'Away',
          capabilities: '',
        },
      },
    ]);
    bob.send('MESSAGE alice hello');
    await stage.clock.advance(1000);
    const [message] = (await poll()).body.eventMessages;
    expect(message).toMatchObject({ id: expect.any(Number), resourceType: 'NewMessage' });
    // Nothing more: the poll ends by the clock; a second one ends the first.
    const first = poll();
    const second = poll();
    let goesOn = true;
    void second.finally(() => {
      goesOn = false;
    });
    while (goesOn) {
      await stage.clock.advance(10_000);
      await turn();
    }
    expect([(await first).body, (await second).body]).toEqual([{}, {}]);
  });

  it('of removed subscriptions do not come any more', async () => {
    await using stage = await accountStage(FRIENDS);
    const { path } = await endpoint(stage);
    await stage.ask(`POST ${path}/subscriptions`, {
      json: { interestedResources: ALL, channelType: 'HttpLongPoll' },
    });
    const changed = await stage.ask(`PUT ${path}/subscriptions/0?name=interestedResources`, {
      json: { interestedResources: ['/v1/users/ME/conversations/ALL/messages'] },
    });
    expect(changed.status).toBe(204);
    const bob = stage.client('bob');
    bob.send('SET USERSTATUS AWAY');
    bob.send('MESSAGE alice hello');
    await stage.clock.advance(1000);
    const { eventMessages } = (await stage.ask(`POST ${path}/subscriptions/0/poll`)).body;
    expect(eventMessages.map((event: { resourceType: string }) => event.resourceType)).not.toContain(
      'UserPresence',
    );
    expect((await stage.ask(`POST ${path}/subscriptions/7/poll`)).status).toBe(404);
    expect((await stage.ask(`POST ${path}/subscriptions`, { json: { channelType: 'x' } })).status).toBe(400);
  });

  it('tell of calls and voicemails', async () => {
    await using stage = await accountStage(FRIENDS);
    const { path } = await endpoint(stage);
    await stage.ask(`POST ${path}/subscriptions`, {
      json: { interestedResources: ALL, channelType: 'httpLongPoll', template: 'raw' },
    });
    const bob = stage.client('bob');
    bob.send('CALL alice');
    await stage.clock.advance(2000);
    const { eventMessages } = (await stage.ask(`POST ${path}/subscriptions/0/poll`)).body;
    expect(eventMessages).toMatchObject([
      {
        resourceType: 'NewMessage',
        resource: {
          messagetype: 'Event/Call',
          content:
            '<partlist type="started" status="RINGING"><part identity="alice"><name>alice</name><duration>0</duration>' +
            '</part><part identity="bob"><name>bob</name><duration>0</duration></part></partlist>',
          conversationLink: `${stage.origin}/v1/users/ME/conversations/8:bob`,
        },
      },
    ]);
    bob.send(`ALTER CALL ${bob.newest('CALL')} HANGUP`);
    await stage.exchange.deposit({ to: 'alice', from: { handle: 'bob' }, file: GREETING, durationSec: 3 });
    const later = (await stage.ask(`POST ${path}/subscriptions/0/poll`)).body.eventMessages;
    expect(later.map((event: { resource: { content: string } }) => event.resource.content)).toEqual([
      expect.stringMatching(/^<partlist type="ended" status="MISSED">.*<\/partlist>$/),
      expect.stringMatching(
        /^<partlist type="ended" status="NOTDOWNLOADED"><part identity="bob"><name>bob<\/name><duration>3<\/duration><\/part><voicemail id="\d+" status="NOTDOWNLOADED"\/><\/partlist>$/,
      ),
    ]);
  });
});

it('a program that answers the challenge of LockAndKey wrongly gets no endpoint', async () => {
  await using stage = await accountStage(FRIENDS);
  const make = async (lockandkey: string) =>
    (await stage.ask('POST /v1/users/ME/endpoints', { json: {}, headers: { lockandkey } })).status;
  const header = lockAndKey(1_448_000_000);
  expect(await make(header)).toBe(201);
  expect(await make(header.replace(/=[0-9a-f]{4}/, '=0000'))).toBe(403);
  expect(await make('appId=msmsgs@msnmsgr.com; time=; lockAndKeyResponse=')).toBe(403);
});
