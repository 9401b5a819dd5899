import { describe, expect, it } from 'vitest';
import { type PrintedLine, printedOn, type Replay, replayPrinted, sourcesOf } from '../printed.js';
import { type Client, type World, world } from '../world.js';
import { createGroup, hardwiredOf, valueIn } from './groups-stage.js';

/** Contacts that the examples speak of; `Test` comes and goes. */
const CONTACTS = ['tim', 'joe', 'mike', 'pamela', 'test', 'anappo5', '+37259877305'];
const USERS = [
  { handle: 'alice', fullName: 'Jane Doe', contacts: CONTACTS },
  ...['tim', 'joe', 'mike', 'john', 'test', 'anappo5'].map((handle) => ({ handle })),
  { handle: 'pamela', fullName: 'Jane Doe', profile: { RICH_MOOD_TEXT: 'some text' } },
  { handle: 'echo1232885' },
  { handle: 'amy', contacts: ['tim', 'joe', 'mike'] },
];

interface Example extends Omit<Replay, 'here'> {
  readonly sources: readonly number[];
  /** The version that it shows. Default 8. */
  readonly protocol?: number;
  /** The user whose client it is. Default alice. */
  readonly user?: string;
  /** Brings about what it begins with. @returns what stands here for words that are printed. */
  prepare?(client: Client, w: World): Record<string, string>;
  /** Changes the order, or leaves out what the replay cannot have. */
  arrange?(lines: PrintedLine[]): PrintedLine[];
}

/** Makes a group with members. @returns its id. */
function groupOf(client: Client, ...handles: string[]): string {
  const id = createGroup(client, 'Jane Doe');
  for (const handle of handles) client.send(`ALTER GROUP ${id} ADDUSER ${handle}`);
  return id;
}

const group14 = (client: Client) => ({ 'GROUP 14': `GROUP ${groupOf(client, 'tim', 'joe', 'mike')}` });

/** Examples by the lines of the reference on which they stand. */
const EXAMPLES: readonly Example[] = [
  {
    sources: [1197, 1199],
    prepare: (client) => ({ ...group14(client), 'echo123, echo123, echo123': 'tim, joe, mike' }),
  },
  // `{True|False}`.
  { sources: [1206, 1208, 1215, 1217], prepare: (client) => ({ ...group14(client), True: 'FALSE' }) },
  { sources: [1224, 1226, 1242, 1244, 1233, 1235], prepare: group14 },
  {
    sources: [1252, 1254, 1256],
    protocol: 5,
    prepare: (client) => {
      const next = Number(createGroup(client, 'before')) + 2;
      return { 234: String(next), 111: String(next - 1) };
    },
  },
  {
    sources: [1264, 1266, 1269],
    protocol: 5,
    prepare: (client) => ({ 234: groupOf(client, 'tim', 'joe'), 'echo123 echo123': 'tim, joe' }),
  },
  {
    sources: [1273, 1275, 1279],
    prepare: (client) => ({ 234: groupOf(client, 'tim', 'joe', 'mike', 'pamela', 'test') }),
  },
  {
    sources: [1293],
    prepare: (client) => {
      const handles = ['tim', 'joe', 'mike', 'pamela', 'test', '+37259877305', 'anappo5'];
      const id = groupOf(client, ...handles);
      return { 49: id, 52: hardwiredOf(client)['UNGROUPED_FRIENDS'] ?? '' };
    },
    // Answers and notifications come in either order; here the answer is always first.
    arrange: ([command, ...rest]) => [command, rest.pop(), ...rest] as PrintedLine[],
  },
  {
    sources: [1288, 1289],
    prepare: (client) => ({ 234: groupOf(client, '+37259877305') }),
    besides: /NROFUSERS/,
  },
  {
    sources: [1299],
    prepare: (client) => ({ 'GROUP 14': `GROUP ${groupOf(client, 'tim')}` }),
  },
  ...[1302, 1304].map((source) => ({
    sources: [source],
    prepare: (client: Client, w: World) => {
      const tim = w.client('tim');
      tim.send('SET USER alice BUDDYSTATUS 2');
      const id = groupOf(tim, 'alice');
      tim.send(`ALTER GROUP ${id} SHARE`);
      return { 14: client.send('SEARCH GROUPS CUSTOM')[0]?.split(' ')[1] ?? '' };
    },
  })),
  { sources: [1355], user: 'amy' },
  { sources: [1357, 1367] },
  { sources: [1378] },
  { sources: [1588, 1589] },
  {
    sources: [1595],
    user: 'pamela',
    prepare: (_client, w) => {
      for (const handle of ['tim', 'john']) w.client(handle).send('SET USER pamela BUDDYSTATUS 2');
      w.exchange.people.askFrom('echo123', 'pamela');
      return {};
    },
  },
  {
    sources: [1599, 1600],
    prepare: (client) => ({ 'GROUPS 14, 15, 16': client.send('SEARCH GROUPS')[0] ?? '' }),
  },
  {
    sources: [1602],
    prepare: (client) => {
      const names = ['a', 'b', 'test', 'c', 'd', 'e'];
      const ids = names.map((name) => createGroup(client, name));
      const printed = ['3238', '3239', '3240', '3241', '3242', '3372'];
      return Object.fromEntries(printed.map((id, index) => [id, ids[index] ?? '']));
    },
  },
  { sources: [3110] },
  { sources: [3259, 3260] },
  { sources: [3277, 3278] },
  { sources: [3284, 3285, 3286, 3287, 3288, 3289], prepare: () => ({ echo123: 'alice' }) },
  { sources: [3306, 3307], prepare: () => ({ echo123: 'pamela' }) },
  {
    sources: [3564],
    user: 'john',
    // The example is of this property alone.
    besides: /^(?!USER pamela BUDDYSTATUS)/,
    before: (w, line) => {
      const pamela = w.client('pamela');
      const john = w.client('john');
      if (/ 2$/.test(line)) john.send('SET USER pamela BUDDYSTATUS 2');
      if (/ 3$/.test(line)) pamela.send('SET USER john ISAUTHORIZED TRUE');
      if (/ 1$/.test(line)) john.send('SET USER pamela BUDDYSTATUS 1');
    },
  },
  {
    sources: [3569],
    prepare: (client) => {
      const id = hardwiredOf(client)['ONLINE_FRIENDS'] ?? '';
      return { 56: id, 19: String(Number(valueIn(client, id, 'NROFUSERS')) - 1) };
    },
    before: (w, line) => {
      if (/NROFUSERS/.test(line)) w.client('test').send('SET USERSTATUS OFFLINE');
    },
  },
];

/** Lines of the same matters that are not replayed so, each with the reason. */
const LEFT_OUT: Readonly<Record<number, string>> = {
  28: 'replayed among the transcripts of calls',
  30: 'replayed among the transcripts of calls',
  283: 'replayed among the transcripts of calls',
  684: 'replayed among the transcripts of calls',
  686: 'echo123 has no camera: line 28 prints FALSE for it',
  1258: 'the syntax of a notification, of which 1256 is the example',
  1315: 'misprint: the answer of SET USER is USER, as in every program that was written for it',
  1316: 'the answer of 1315',
  3416: 'replayed with the avatars',
  3417: 'replayed with the avatars',
  3420: 'replayed with the avatars',
  3567: 'the syntax of a notification, of which 3569 is the example',
  // The properties of PROFILE that concern calls and SMS are replayed there.
  ...Object.fromEntries(
    [575, 767, 769, 775, 777, 785, 786, 804, 807, 820, 822, 829, 831, 839, 841, 847, 849, 3263].map(
      (source) => [source, 'replayed with calls and SMS'],
    ),
  ),
};

const CONCERNED =
  /^(#\w+ )?(SET |GET |ALTER |CREATE |DELETE )?(USER|PROFILE|GROUP) |^DELETED GROUP |^GROUPS |^USERS( |$)|^SEARCH (USERS|FRIENDS|GROUPS|USERSWAITING)/;

describe('the transcripts of contacts, groups and searches', () => {
  it.each(EXAMPLES.map((example) => [example.sources[0], example] as const))(
    '%i',
    async (_source, example) => {
      await using w = await world({ users: USERS });
      const client = w.client(example.user, { protocol: example.protocol ?? 8 });
      const words = Object.entries(example.prepare?.(client, w) ?? {});
      await w.clock.advance(0);
      const printed = printedOn(...example.sources);
      const { besides, before } = example;
      await replayPrinted(w, [client], example.arrange?.(printed) ?? printed, {
        here: (line) => words.reduce((text, [word, here]) => text.replace(word, here), line),
        ...(besides && { besides }),
        ...(before && { before }),
      });
    },
  );

  it('include all of the reference', () => {
    const known = new Set([
      ...EXAMPLES.flatMap(({ sources }) => sources),
      ...Object.keys(LEFT_OUT).map(Number),
    ]);
    expect(sourcesOf(CONCERNED).filter((source) => !known.has(source))).toEqual([]);
  });
});
