import { describe, expect, it } from 'vitest';
import { OBJECTS } from '../../../src/protocol/catalogue/objects.js';
import type { ObjectSpec, PropertySpec } from '../../../src/protocol/catalogue/spec.js';
import { errorsOf } from '../../../src/protocol/command-errors.js';
import type { ObjectName } from '../../../src/protocol/message.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';
import { parseReply } from '../../../src/protocol/parse-reply.js';
import { type Client, settle, type World, world } from '../world.js';

/** Ids that no object has, and words that a table must not find by accident. */
const HOSTILE = [
  '',
  '0',
  '-1',
  'NaN',
  '1e3',
  '1.5',
  '0x1',
  '999999999999999',
  '9'.repeat(40),
  '__proto__',
  'constructor',
  'toString',
  'nobody.at.all',
  '"quoted"',
  "'; drop",
  '\u202Egnp',
  'x'.repeat(5000),
];

const SPECS = Object.entries<ObjectSpec>(OBJECTS) as [ObjectName, ObjectSpec][];

/** Kinds that this exchange has, each with a way to make one of it and to say its id. */
const KINDS: readonly {
  readonly kind: ObjectName;
  /** Makes an object of `owner`'s. @returns the words that name it. */
  make(w: World, owner: Client): Promise<string> | string;
}[] = [
  {
    kind: 'CALL',
    make(_w, owner) {
      owner.send('CALL carol');
      return `CALL ${owner.newest('CALL')}`;
    },
  },
  {
    kind: 'VOICEMAIL',
    make(_w, owner) {
      owner.send('CALLVOICEMAIL carol');
      return `VOICEMAIL ${owner.send('SEARCH VOICEMAILS')[0]?.split(' ').at(-1)}`;
    },
  },
  { kind: 'USER', make: () => 'USER carol' },
  { kind: 'PROFILE', make: () => 'PROFILE' },
  { kind: 'GROUP', make: (_w, owner) => `GROUP ${/\d+/.exec(owner.send('SEARCH GROUPS')[0] ?? '')?.[0]}` },
  {
    kind: 'MENU_ITEM',
    make(_w, owner) {
      owner.send('CREATE MENU_ITEM mine CONTEXT tools CAPTION "Mine"');
      return 'MENU_ITEM mine';
    },
  },
  {
    kind: 'EVENT',
    make(_w, owner) {
      owner.send('CREATE EVENT mine CAPTION x HINT y');
      return 'EVENT mine';
    },
  },
  {
    kind: 'SMS',
    make: (_w, owner) => `SMS ${owner.send('CREATE SMS OUTGOING +3725551')[0]?.split(' ')[1]}`,
  },
  {
    kind: 'APPLICATION',
    make(_w, owner) {
      owner.send('CREATE APPLICATION mine');
      return 'APPLICATION mine';
    },
  },
];

/** Kinds whose objects belong to one client. */
const CLIENTS_OWN: readonly ObjectName[] = ['MENU_ITEM', 'EVENT', 'APPLICATION'];

/** Kinds whose objects belong to one owner, so that another does not see them. */
const OWNED = KINDS.filter(({ kind }) => kind !== 'USER' && kind !== 'PROFILE');

/** The error of a command's one answer; fails for any other answer, and for an error that the command cannot raise. */
function refused(client: Client, command: string): number {
  const lines = client.send(command);
  expect(lines, command.slice(0, 80)).toHaveLength(1);
  const reply = parseReply(lines[0] ?? '');
  if (reply.kind !== 'error') throw new Error(`${command.slice(0, 80)} was answered with ${lines[0]}`);
  expect(errorsOf(parseCommand(command)), command.slice(0, 80)).toContain(reply.number);
  return reply.number;
}

describe('an id that names nothing is refused, with an error of the command', () => {
  const named = SPECS.filter(([, { id }]) => id !== 'none');
  it.each(named)('%s', async (kind, spec) => {
    await using w = await world();
    const client = w.client();
    const [property = 'X'] = Object.keys(spec.properties);
    const [action = 'X'] = Object.keys(spec.actions);
    for (const id of HOSTILE) {
      refused(client, `GET ${kind} ${id} ${property}`);
      refused(client, `SET ${kind} ${id} ${property} 1`);
      refused(client, `ALTER ${kind} ${id} ${action}`);
    }
    expect(client.send('PING')).toEqual(['PONG']);
  });
});

describe('a word that is no property or action is refused, with an error of the command', () => {
  const words = ['SHOESIZE', '__proto__', 'constructor', 'hasOwnProperty', 'toString'];
  it.each(KINDS)('$kind', async ({ kind, make }) => {
    await using w = await world();
    const client = w.client();
    const named = await make(w, client);
    client.fresh();
    for (const word of words) {
      refused(client, `GET ${named} ${word}`);
      refused(client, `SET ${named} ${word} 1`);
      if (kind !== 'PROFILE') refused(client, `ALTER ${named} ${word}`);
    }
    expect(client.fresh().filter((line) => !line.startsWith('ERROR'))).toEqual([]);
  });
});

describe('a property of a kind', () => {
  it.each(KINDS)(
    'that can be read has a value, and one that cannot be set is refused: $kind',
    async (row) => {
      await using w = await world();
      const client = w.client();
      const named = await row.make(w, client);
      const spec: ObjectSpec = OBJECTS[row.kind];
      for (const [property, entry] of Object.entries<PropertySpec>(spec.properties)) {
        const { access = 'read', argument } = entry;
        if (access.startsWith('read') && argument === undefined) {
          const [answer] = client.send(`GET ${named} ${property}`);
          expect(answer).toMatch(new RegExp(`^${named} ${property} `));
          if (access === 'read') {
            refused(client, `SET ${named} ${property} TRUE`);
            expect(client.send(`GET ${named} ${property}`)).toEqual([answer]);
          }
        }
      }
    },
  );
});

describe('a value or an argument, whatever it is,', () => {
  it.each(KINDS)('is taken or refused, and nothing fails inside: $kind', async ({ kind, make }) => {
    await using w = await world();
    const spec: ObjectSpec = OBJECTS[kind];
    for (const [verb, words] of [
      ['GET', Object.keys(spec.properties)],
      ['SET', Object.keys(spec.properties)],
      ['ALTER', Object.keys(spec.actions)],
    ] as const) {
      for (const word of words) {
        const client = w.client();
        const named = await make(w, client);
        for (const value of HOSTILE) client.send(`${verb} ${named} ${word} ${value}`);
        await w.clock.advance(1000);
        expect(
          client.lines.filter((line) => /^ERROR 97/.test(line)),
          `${verb} ${named} ${word}`,
        ).toEqual([]);
        expect(client.send('PING')).toEqual(['PONG']);
        client.disconnect();
      }
    }
    expect(w.failures).toEqual([]);
  });
});

describe('objects of another user', () => {
  it.each(OWNED)('can be neither seen nor changed: $kind', async ({ kind, make }) => {
    await using w = await world();
    const [alice, bob, other] = [w.client('alice'), w.client('bob'), w.client('alice')];
    const named = await make(w, alice);
    const spec: ObjectSpec = OBJECTS[kind];
    // What a client makes for itself is not even another client's of the same user.
    const strangers = CLIENTS_OWN.includes(kind) ? [bob, other] : [bob];
    alice.fresh();
    for (const stranger of strangers) {
      for (const property of Object.keys(spec.properties)) {
        refused(stranger, `GET ${named} ${property}`);
        refused(stranger, `SET ${named} ${property} TRUE`);
      }
      for (const action of Object.keys(spec.actions)) refused(stranger, `ALTER ${named} ${action}`);
    }
    await settle();
    expect(alice.fresh()).toEqual([]);
  });

  it.each(['MENU_ITEM', 'EVENT'])('cannot be deleted: %s', async (kind) => {
    await using w = await world();
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    for (const client of [alice, bob]) client.send(`CREATE ${kind} same CONTEXT tools CAPTION "${kind}"`);
    expect(bob.send(`DELETE ${kind} same`)).toEqual([`DELETE ${kind} same`]);
    if (kind === 'MENU_ITEM') {
      expect(alice.send('SET MENU_ITEM same CAPTION "new"')).toEqual(['MENU_ITEM same CAPTION "new"']);
      refused(bob, 'SET MENU_ITEM same CAPTION "new"');
    }
  });

  it('are not notified to others when they are set: properties of other users', async () => {
    await using w = await world();
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('SET USER carol DISPLAYNAME Carrie');
    expect(bob.fresh()).toEqual([]);
    expect(bob.send('GET USER carol DISPLAYNAME')).toEqual(['USER carol DISPLAYNAME ']);
  });
});

describe('SEARCH', () => {
  it('of objects that this exchange does not have gives an empty list', async () => {
    await using w = await world();
    expect(w.client().send('SEARCH CHATS')).toEqual(['CHATS ']);
    expect(w.client().send('SEARCH CHATMESSAGES bob')).toEqual(['CHATMESSAGES ']);
  });

  it.each([
    ['SEARCH ACTIVECALLS x', 'ERROR 29 SEARCH ACTIVECALLS: target not allowed'],
    ['SEARCH MISSEDCALLS x', 'ERROR 6 SEARCH MISSEDCALLS: target not allowed'],
    ['SEARCH CHATS x', 'ERROR 107 Target not allowed with CHATS'],
    ['SEARCH FRIENDS x', 'ERROR 67 Target not allowed with SEARCH FRIENDS'],
    ['SEARCH USERS', 'ERROR 4 Empty target not allowed'],
    ['SEARCH GROUPS BLUE', 'ERROR 561 SEARCH GROUPS: invalid target'],
    ['SEARCH GREETING nobody', 'ERROR 534 SEARCH GREETING: invalid handle'],
  ])('with a target that it cannot have is refused: %s', async (command, answer) => {
    await using w = await world();
    expect(w.client().send(command)).toEqual([answer]);
  });
});

it('menu items and events are removed with the client that created them', async () => {
  await using w = await world();
  const client = w.client();
  client.send('CREATE MENU_ITEM mine CONTEXT tools CAPTION "Mine"');
  client.disconnect();
  refused(w.client(), 'SET MENU_ITEM mine CAPTION "x"');
});
