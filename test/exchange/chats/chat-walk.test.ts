import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Client, type World, world } from '../world.js';
import { arrive, get, search } from './chat-stage.js';

const HANDLES = ['alice', 'bob', 'carol', 'dora'] as const;
/** More of them by an option: JACKFIELD_WALKS=500. */
const WALKS = Number(process.env['JACKFIELD_WALKS'] ?? 12);
const STEPS = 60;

/** One step: who does what, with numbers by which chats, members and messages are chosen. */
const STEP = fc.record({
  client: fc.nat(4),
  command: fc.nat(99),
  chat: fc.nat(9),
  other: fc.nat(3),
  number: fc.nat(63),
});
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

const ROLES = ['CREATOR', 'MASTER', 'HELPER', 'USER', 'LISTENER', 'APPLICANT'];

/** All commands about chats, with arguments that are often right. */
function commandOf(step: Step, client: Client, blobs: readonly string[]): string {
  const pick = <T>(items: readonly T[], or: T): T => items[step.number % Math.max(1, items.length)] ?? or;
  const chats = search(client, 'CHATS');
  const chat = chats[step.chat % Math.max(1, chats.length)] ?? '#alice/$0000000000000000';
  const other = HANDLES[step.other];
  const members = chats.length > 0 ? get(client, chat, 'MEMBEROBJECTS').split(', ') : [];
  const messages = chats.length > 0 ? get(client, chat, 'CHATMESSAGES').split(', ') : [];
  const commands = [
    `MESSAGE ${other} text ${step.number}`,
    `CHATMESSAGE ${chat} text ${step.number}`,
    `CHATMESSAGE ${chat} more ${step.number}`,
    `CHAT CREATE ${other}`,
    'CHAT CREATE',
    `CHAT CREATE ${HANDLES.filter((_, index) => step.number & (1 << index)).join(', ')}`,
    `CHAT CREATEUSINGBLOB ${pick(blobs, 'x')}`,
    `CHAT FINDUSINGBLOB ${pick(blobs, 'x')}`,
    ...['JOIN', 'JOIN', 'LEAVE', 'BOOKMARK', 'UNBOOKMARK', 'CLEARRECENTMESSAGES', 'ACCEPTADD'].map(
      (each) => `ALTER CHAT ${chat} ${each}`,
    ),
    `ALTER CHAT ${chat} SETTOPIC topic ${step.number}`,
    `ALTER CHAT ${chat} SETTOPICXML <B>${step.number}</B>`,
    `ALTER CHAT ${chat} SETGUIDELINES ${step.number}`,
    ...[step.number, step.number | 1, 1].map((options) => `ALTER CHAT ${chat} SETOPTIONS ${options}`),
    `ALTER CHAT ${chat} SETPASSWORD ${step.number % 2} hint`,
    `ALTER CHAT ${chat} ENTERPASSWORD ${step.number % 2}`,
    ...['ADDMEMBERS', 'ADDMEMBERS', 'KICK', 'KICKBAN'].map((each) => `ALTER CHAT ${chat} ${each} ${other}`),
    ...(step.number === 0 ? [`ALTER CHAT ${chat} DISBAND`] : []),
    `ALTER CHATMEMBER ${pick(members, '1')} SETROLETO ${ROLES[step.chat % ROLES.length]}`,
    `ALTER CHATMEMBER ${pick(members, '1')} SETROLETO USER`,
    `SET CHATMESSAGE ${pick(messages, '1')} SEEN`,
    `SET CHATMESSAGE ${pick(messages, '1')} BODY edited ${step.number}`,
    ...['OFFLINE', 'ONLINE', 'ONLINE'].map((status) => `SET USERSTATUS ${status}`),
    ...(step.number === 1 ? ['CLEAR CHATHISTORY'] : []),
    `SET USER ${other} ISBLOCKED ${step.number % 4 === 0 ? 'TRUE' : 'FALSE'}`,
  ];
  return commands[step.command % commands.length] ?? 'PING';
}

const SHARED = [
  'MEMBERS',
  'ACTIVEMEMBERS',
  'TOPIC',
  'TOPICXML',
  'GUIDELINES',
  'OPTIONS',
  'TYPE',
  'APPLICANTS',
  'TIMESTAMP',
] as const;
const TOLD = [
  'MEMBERS',
  'ACTIVEMEMBERS',
  'TOPIC',
  'GUIDELINES',
  'MYSTATUS',
  'STATUS',
  'MYROLE',
  'BOOKMARKED',
  'TYPE',
] as const;

/** What a client can say of a chat that it takes part in. */
function looked(client: Client, handle: string, chat: string) {
  const ids = get(client, chat, 'MEMBEROBJECTS').split(', ');
  const members = ids.map((id) => {
    const of = (property: string) =>
      client.send(`GET CHATMEMBER ${id} ${property}`)[0]?.split(' ').at(-1) ?? '';
    return [of('IDENTITY'), of('ROLE'), of('IS_ACTIVE')] as const;
  });
  const shared = SHARED.map((property) => get(client, chat, property));
  const own = members.find(([identity]) => identity === handle);
  expect(own?.[1], `role of ${handle}`).toBe(get(client, chat, 'MYROLE'));
  expect(members.map(([identity]) => identity).sort()).toEqual(get(client, chat, 'MEMBERS').split(' '));
  const active = members.filter(([, , is]) => is === 'TRUE').map(([identity]) => identity);
  expect(active.sort()).toEqual(get(client, chat, 'ACTIVEMEMBERS').split(' ').filter(Boolean));
  expect(members.filter(([, role]) => role === 'CREATOR').length).toBeLessThanOrEqual(1);
  return { shared, members: members.map((each) => each.join(' ')).sort() };
}

/** The lists of a user agree with each other. */
function checkLists(client: Client): void {
  const chats = search(client, 'CHATS');
  const messages = chats.flatMap((chat) => get(client, chat, 'CHATMESSAGES').split(', ').filter(Boolean));
  expect(search(client, 'CHATMESSAGES')).toEqual(
    messages
      .map(Number)
      .sort((a, b) => a - b)
      .map(String),
  );
  const missed = search(client, 'MISSEDCHATMESSAGES');
  const statuses = messages.filter((id) =>
    client.send(`GET CHATMESSAGE ${id} STATUS`)[0]?.endsWith(' RECEIVED'),
  );
  expect(missed).toEqual(
    statuses
      .map(Number)
      .sort((a, b) => a - b)
      .map(String),
  );
  const names = new Set(
    missed.map((id) => client.send(`GET CHATMESSAGE ${id} CHATNAME`)[0]?.split(' ').at(-1)),
  );
  expect(search(client, 'MISSEDCHATS').sort()).toEqual([...names].sort());
  const bookmarked = chats.filter((chat) => get(client, chat, 'BOOKMARKED') === 'TRUE');
  expect(search(client, 'BOOKMARKEDCHATS')).toEqual(bookmarked);
}

/** What a client was told last is what is so. */
function checkTold(client: Client, lines: readonly string[], sent: readonly string[]): void {
  for (const chat of search(client, 'CHATS')) {
    for (const property of TOLD) {
      const start = `CHAT ${chat} ${property} `;
      const told = lines.filter((line) => line.startsWith(start)).at(-1);
      if (told !== undefined) expect(told, sent.join('\n')).toBe(`${start}${get(client, chat, property)}`);
    }
  }
}

async function walk(w: World, steps: readonly Step[]): Promise<void> {
  const sent: string[] = [];
  const clients = [...HANDLES, 'alice' as const].map((handle) => w.client(handle));
  const blobs: string[] = [];
  for (const step of steps) {
    const client = clients[step.client];
    if (!client) continue;
    const command = commandOf(step, client, blobs);
    const [answer = ''] = client.send(command);
    sent.push(`${step.client}: ${command}   <- ${answer.slice(0, 80)}`);
    if (step.number % 3 === 0) await w.clock.advance(step.number);
    if (step.command % 7 === 0) {
      for (const chat of search(client, 'CHATS')) {
        const blob = get(client, chat, 'BLOB');
        if (blob !== '' && !blobs.includes(blob)) blobs.push(blob);
      }
    }
  }
  for (const client of clients) client.send('SET USERSTATUS ONLINE');
  await arrive(w);
  const [, , , , other] = clients;
  const views = new Map<string, ReturnType<typeof looked>[]>();
  for (const [index, handle] of HANDLES.entries()) {
    const client = clients[index];
    if (!client) continue;
    const told = [...client.lines];
    checkLists(client);
    // Answers to GET are in these lines, too: they said what was so then.
    checkTold(client, told, sent);
    for (const chat of search(client, 'CHATS')) {
      if (get(client, chat, 'MYSTATUS') !== 'SUBSCRIBED') continue;
      views.set(chat, [...(views.get(chat) ?? []), looked(client, handle, chat)]);
    }
  }
  for (const [chat, all] of views) for (const view of all) expect(view, chat).toEqual(all[0]);
  if (other) checkTold(other, [...other.lines], sent);
  expect(w.failures).toEqual([]);
}

it(`after ${STEPS} commands of five clients, all sides agree on members, roles, counts and lists`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: STEPS, maxLength: STEPS }), async (steps) => {
      await using w = await world({ users: HANDLES.map((handle) => ({ handle })) });
      await walk(w, steps);
    }),
    { numRuns: WALKS, endOnFailure: true },
  );
});
