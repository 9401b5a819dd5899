import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import type { Chat } from '../../../src/control/people/chat.js';
import type { Group } from '../../../src/control/people/group.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { ScriptedEndpoint } from '../scripted-endpoint.js';

describe('on the exchange', () => {
  let exchange: Exchange;
  let jack: Client;
  let jill: Client;

  beforeEach(async () => {
    exchange = await Exchange.start({
      users: [{ handle: 'jack', contacts: ['bob'] }, { handle: 'jill' }, { handle: 'bob' }],
    });
    jack = await attach(new MemoryTransport(exchange.endpoint('jack')));
    jill = await attach(new MemoryTransport(exchange.endpoint('jill')));
  });
  afterEach(async () => {
    await Promise.all([jack.close(), jill.close()]);
    await exchange.close();
  });

  test('a request is notified and accepted, and both sides know', async () => {
    const asked = new Promise<string>((resolve) =>
      jill.contacts.on('request', (user, text) => resolve(`${user.id}: ${text}`)),
    );
    const agreed = new Promise<string>((resolve) =>
      jack.contacts.on('authorised', (user) => resolve(user.id)),
    );
    const user = await jack.contacts.add('jill', 'Please; authorise, me');
    expect(await asked).toBe('jack: Please; authorise, me');
    expect((await jill.contacts.waiting()).map(({ id }) => id)).toEqual(['jack']);
    await jill.user('jack').authorise();
    expect(await agreed).toBe('jill');
    expect(await jill.contacts.waiting()).toEqual([]);
    expect((await jack.contacts.list()).map(({ id }) => id)).toContain('jill');
    const removed = new Promise((resolve) => jack.contacts.on('removed', resolve));
    await user.remove();
    expect(await removed).toBe(user);
    expect((await jack.contacts.list()).map(({ id }) => id)).not.toContain('jill');
  });

  test('somebody is blocked, renamed and has a speed-dial code', async () => {
    const bob = jack.contacts.get('bob');
    await bob.block();
    expect((await jack.contacts.blocked()).map(({ id }) => id)).toEqual(['bob']);
    await bob.unblock();
    expect(await jack.contacts.blocked()).toEqual([]);
    await bob.rename('Bob; the "builder", <b>');
    expect(await bob.get('DISPLAYNAME', { fresh: true })).toBe('Bob; the "builder", <b>');
    await bob.setSpeedDial('5');
    expect(await bob.get('SPEEDDIAL', { fresh: true })).toBe('5');
    await expect(bob.setSpeedDial('12345')).rejects.toMatchObject({ code: 'ERR_API', number: 515 });
  });

  test('presence is sent to users that may see it', async () => {
    await jack.contacts.add('jill', 'hi');
    await jill.contacts.get('jack').authorise();
    const told = new Promise<string>((resolve) =>
      jack.contacts.on(
        'presence',
        ({ id }, status) => void (id === 'jill' && status === 'DND' && resolve(id)),
      ),
    );
    await jill.parameters.set('USERSTATUS', 'DND');
    expect(await told).toBe('jill');
    expect(jack.user('jill').presence).toBe('DND');
  });

  test('a group is shared, and accepted or declined by its members', async () => {
    await jack.contacts.add('jill', 'hi');
    await jill.contacts.get('jack').authorise();
    const proposed = () =>
      new Promise<Group>((resolve) =>
        jill.groups.on('property', (group, name, value) => {
          if (name === 'TYPE' && value === 'PROPOSED_SHARED_GROUP') resolve(group);
        }),
      );
    const offered = proposed();
    const team = await jack.groups.create('Team');
    await team.add('jill');
    await team.share('Ours?');
    const theirs = await offered;
    expect(await theirs.get('DISPLAYNAME')).toBe('Team');
    await theirs.accept();
    expect(await theirs.get('TYPE', { fresh: true })).toBe('SHARED_GROUP');
    const again = proposed();
    const other = await jack.groups.create('Other');
    await other.add('jill');
    await other.share('');
    await (await again).decline();
  });

  test('a shared group is accepted by its chat, and left by it', async () => {
    await jack.contacts.add('jill', 'hi');
    await jill.contacts.get('jack').authorise();
    const asked = new Promise<Chat>((resolve) =>
      jill.chats.on('property', (chat, name, value) => {
        if (name === 'MYSTATUS' && value === 'ACCEPT_REQUIRED') resolve(chat);
      }),
    );
    const team = await jack.groups.create('Team');
    await team.add('jill');
    await team.share();
    const chat = await asked;
    expect([await chat.get('TYPE'), await chat.get('DESCRIPTION')]).toEqual(['SHAREDGROUP', 'Team']);
    await chat.accept();
    const [theirs] = await jill.groups.custom();
    expect(await theirs?.get('TYPE', { fresh: true })).toBe('SHARED_GROUP');
    await expect(chat.accept()).rejects.toMatchObject({ code: 'ERR_API', number: 504 });
    await chat.leave();
    expect(await jill.groups.custom()).toEqual([]);
  });

  test('a group is made, filled, renamed and deleted; two of one name made at once are two groups', async () => {
    const [one, two] = await Promise.all([jack.groups.create('Family'), jack.groups.create('Family')]);
    expect(one.id).not.toBe(two.id);
    await one.add('bob');
    expect((await one.users()).map(({ id }) => id)).toEqual(['bob']);
    await one.remove('bob');
    expect(await one.users()).toEqual([]);
    await one.rename('Friends, "old"; new');
    expect(await one.get('DISPLAYNAME', { fresh: true })).toBe('Friends, "old"; new');
    const deleted = new Promise((resolve) => jack.groups.on('deleted', resolve));
    await two.delete();
    expect(await deleted).toBe(two);
    expect(await jack.groups.custom()).toEqual([one]);
    await expect(one.add('nobody')).rejects.toMatchObject({ code: 'ERR_API' });
  });
});

test('presence is emitted when it changes, not when it is requested', async () => {
  const endpoint = new ScriptedEndpoint({ 'GET USER bob ONLINESTATUS': 'USER bob ONLINESTATUS AWAY' });
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0 });
  const told: string[] = [];
  client.contacts.on('presence', ({ id }, status) => told.push(`${id} ${status}`));
  expect(await client.user('bob').get('ONLINESTATUS')).toBe('AWAY');
  await endpoint.say(
    'USER bob ONLINESTATUS ONLINE',
    'USER bob ONLINESTATUS ONLINE',
    'USER ann ONLINESTATUS DND',
  );
  expect(told).toEqual(['bob ONLINE', 'ann DND']);
  expect(client.user('bob').presence).toBe('ONLINE');
  await client.close();
});

test('an endpoint that does not create the group that it announces is an error', async () => {
  const endpoint = new ScriptedEndpoint({
    'SEARCH GROUPS CUSTOM': 'GROUPS ',
    'CREATE GROUP x': 'CREATE GROUP x',
  });
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0 });
  await expect(client.groups.create('x')).rejects.toMatchObject({ code: 'ERR_UNEXPECTED_REPLY' });
  await client.close();
});
