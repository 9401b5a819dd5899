import type { Stage, Transcript } from '../transcripts.js';
import { chatOf } from './chat-stage.js';

/** Everybody that the reference's examples of chats speak of. */
export const PEOPLE = [
  { handle: 'anappo', fullName: 'Avo Nappo' },
  ...['anappo2', 'anappo3', 'anappo4', 'anappo5', 'test', 'test2', 'test3', 'test_l', 'test_p', 'testuser'],
  ...['abc', 'bitman', 'jessy', 'jdenton', 'mike'],
].map((each) => (typeof each === 'string' ? { handle: each } : each));

const NAMED = '#me/$target;012345679012345';
const ANAPPO = '#anappo/$a1044019f5dc8c48';

/** The user of the transcript makes a chat; its name. */
async function made({ w, hand }: Stage, ...targets: string[]): Promise<string> {
  hand.send(`CHAT CREATE ${targets.join(', ')}`);
  await w.clock.advance(500);
  return chatOf(hand);
}

/** A dialog, in which the other has written; its name, and the ids of what came. */
async function received(
  { w, hand }: Stage,
  from: string,
  count = 1,
): Promise<{ chat: string; ids: number[] }> {
  hand.send(`CHAT CREATE ${from}`);
  await w.clock.advance(100);
  const chat = chatOf(hand);
  for (let index = 0; index < count; index++) w.client(from).send(`CHATMESSAGE ${chat} hello`);
  await w.clock.advance(1000);
  const ids = hand.send('SEARCH MISSEDCHATMESSAGES')[0]?.match(/\d+/g)?.map(Number) ?? [];
  return { chat, ids: ids.slice(-count) };
}

const inDialog = async (stage: Stage) => ({ [NAMED]: (await received(stage, 'mike')).chat });
const inChat = async (stage: Stage) => ({ [ANAPPO]: await made(stage, 'anappo2', 'anappo3') });

/** Two dialogs, of which the one that is printed first is made first, or is the newest. */
async function twoChats(stage: Stage, newestFirst: boolean, then: (chat: string) => void) {
  const partners = newestFirst ? ['jdenton', 'jessy'] : ['jessy', 'jdenton'];
  const chats = new Map<string, string>();
  for (const partner of partners) {
    chats.set(partner, (await received(stage, partner)).chat);
    await stage.w.clock.advance(2000);
  }
  const [first = '', second = ''] = [chats.get('jessy'), chats.get('jdenton')];
  for (const chat of [first, second]) then(chat);
  return {
    '#bitman/$jessy;eb06e65612353279': first,
    '#bitman/$jdenton;9244e98f82d7d391': second,
  };
}

/** A public chat of somebody else; its blob and name. */
async function publicChat({ w }: Stage, creator: string, members: string, settings: readonly string[]) {
  const host = w.client(creator);
  host.send(`CHAT CREATE ${members}`);
  const chat = chatOf(host);
  for (const setting of settings) host.send(`ALTER CHAT ${chat} ${setting}`);
  await w.clock.advance(500);
  const blob = host.send(`GET CHAT ${chat} BLOB`)[0]?.split(' ').at(-1) ?? '';
  return { chat, blob };
}

async function memberIds({ hand }: Stage, chat: string): Promise<number[]> {
  return (
    hand
      .send(`GET CHAT ${chat} MEMBEROBJECTS`)[0]
      ?.match(/\b\d+(?=,|$)/g)
      ?.map(Number) ?? []
  );
}

/** A dialog with `partner`, to which `added` was added. */
async function widened(stage: Stage, partner: string, added: string): Promise<string> {
  const chat = await made(stage, partner);
  stage.hand.send(`ALTER CHAT ${chat} ADDMEMBERS ${added}`);
  await stage.w.clock.advance(500);
  return chat;
}

const ALL: readonly Transcript[] = [
  {
    sources: [869],
    what: 'CHAT CREATE',
    // Of the dialog, only the answer is printed.
    leftOut:
      /^(CHATMESSAGE|CHAT \S+ (OPENED|TYPE DIALOG|DIALOG_PARTNER|FRIENDLYNAME anappo5|MEMBERS anappo anappo5))/,
  },
  ...[
    [887, 888],
    [896, 897],
    [904, 905],
    [913, 914],
  ].map((sources) => ({ sources, what: 'ALTER CHAT', prepare: inDialog })),
  {
    sources: [899],
    what: 'SETTOPICXML',
    prepare: async (stage) => ({ '#test/$b9275b3b334341f2': await made(stage) }),
  },
  {
    sources: [920, 921, 923, 924],
    what: 'BOOKMARK',
    prepare: async (stage) => {
      const chat = await made(stage);
      return { [NAMED]: chat, 14: chat };
    },
    leftOut: /BOOKMARKED/,
  },
  {
    sources: [931, 932],
    what: 'CHATMESSAGES',
    prepare: async ({ w, client }) => {
      w.client('mike').send('MESSAGE anappo hello');
      await w.clock.advance(500);
      return {
        [NAMED]: chatOf(client),
        14: client.send('SEARCH MISSEDCHATMESSAGES')[0]?.split(' ')[1] ?? '',
      };
    },
  },
  {
    sources: [955],
    what: 'SET CHATMESSAGE SEEN',
    prepare: async (stage) => ({ 61: (await received(stage, 'abc')).ids[0] ?? 0 }),
  },
  {
    sources: [984],
    what: 'SET MESSAGE SEEN',
    protocol: 2,
    prepare: async (stage) => ({ 1578: (await received(stage, 'abc')).ids[0] ?? 0 }),
  },
  {
    sources: [970],
    what: 'SET CHATMESSAGE BODY',
    prepare: async (stage) => {
      const chat = await made(stage, 'anappo2', 'anappo3');
      stage.hand.send(`CHATMESSAGE ${chat} before`);
      await stage.w.clock.advance(500);
      return { [ANAPPO]: chat };
    },
  },
  {
    sources: [1011],
    what: 'MESSAGE',
    protocol: 2,
    prepare: async ({ w, hand }) => {
      hand.send('MESSAGE echo123 hello');
      await w.clock.advance(500);
      return {};
    },
    leftOut: /ACTIVITY_TIMESTAMP/,
  },
  ...[1021, 1029].map((source) => ({
    sources: [source],
    what: 'MEMBEROBJECTS',
    handle: 'test',
    prepare: async (stage: Stage) => {
      const chat = await widened(stage, 'test3', 'test_p');
      const [a = 0, b = 0, c = 0] = await memberIds(stage, chat);
      // The answer is printed without the partner's handle.
      const names = { '#test/$test3;5f7cdbdd32dc731c': chat, '#test/$3;5f7cdbdd32dc731c': chat };
      return { ...names, 453: a, 454: b, 1465: c };
    },
  })),
  {
    sources: [1039],
    what: 'LEAVE and JOIN',
    protocol: 2,
    handle: 'anappo',
    prepare: async (stage) => {
      const chat = await made(stage, 'anappo2', 'anappo3');
      stage.hand.send(`ALTER CHAT ${chat} SETTOPIC a topic, which is the title`);
      stage.hand.send(`ALTER CHAT ${chat} BOOKMARK`);
      await stage.w.clock.advance(500);
      return { [ANAPPO]: chat };
    },
  },
  {
    sources: [1048],
    what: 'CLEARRECENTMESSAGES',
    prepare: async (stage) => ({ '#anappo/$test_p;297fcefb07ffc4b2': await made(stage, 'test_p') }),
  },
  { sources: [1061], what: 'SETALERTSTRING', prepare: inChat },
  { sources: [1073], what: 'DISBAND', prepare: inChat },
  { sources: [1096], what: 'SETPASSWORD', prepare: inChat },
  {
    sources: [1104],
    what: 'ENTERPASSWORD',
    protocol: 2,
    without: { lines: /OPTIONS 1$/, why: 'with this option alone one does not become a listener' },
    leftOut: /OPTIONS 5$/,
    prepare: async (stage) => {
      const settings = [
        'SETPASSWORD test password is test',
        'SETGUIDELINES test guidelines',
        'SETTOPIC TestingPublicChats2',
        'SETOPTIONS 5',
      ];
      const { chat, blob } = await publicChat(stage, 'test_l', '', settings);
      stage.hand.send(`CHAT CREATEUSINGBLOB ${blob}`);
      stage.hand.send(`ALTER CHAT ${chat} JOIN`);
      return { '#test_l/$4ea116d4c216baef': chat };
    },
  },
  { sources: [1128], what: 'SETOPTIONS', protocol: 2, prepare: inChat },
  {
    sources: [1140],
    what: 'SETROLETO USER',
    protocol: 2,
    prepare: async (stage) => {
      const chat = await widened(stage, 'anappo3', 'anappo2');
      const [a = 0, b = 0, c = 0] = await memberIds(stage, chat);
      stage.hand.send(`ALTER CHATMEMBER ${c} SETROLETO HELPER`);
      await stage.w.clock.advance(500);
      return { '#anappo/$anappo3;5f7cdbdd32dc731c': chat, 1846: a, 2227: b, 2495: c };
    },
  },
  {
    sources: [1151],
    what: 'SETROLETO HELPER',
    protocol: 2,
    handle: 'test',
    prepare: async (stage) => {
      const chat = await widened(stage, 'test3', 'testuser');
      const [a = 0, b = 0, c = 0] = await memberIds(stage, chat);
      return { '#test/$test3;5f7cdbdd32dc731c': chat, 1846: a, 2227: b, 2495: c };
    },
  },
  ...[1159, 1166].map((source) => ({
    sources: [source],
    what: 'KICK',
    handle: 'test',
    prepare: async (stage: Stage) => ({ '#test/$a1044019f5dc8c48': await made(stage, 'test2', 'test3') }),
  })),
  {
    sources: [1175],
    what: 'FINDUSINGBLOB',
    handle: 'anappo2',
    prepare: async (stage) => {
      const chat = await made(stage);
      const blob = stage.hand.send(`GET CHAT ${chat} BLOB`)[0]?.split(' ').at(-1) ?? '';
      return {
        LsgqqqCTpxWYjt9PL1hSvGDOiPhqUuQAHxI7w7Qu7gJ3VZv_q_99ZJO4lF9Dfaw: blob,
        '#anappo2/$d936403094338dbb': chat,
      };
    },
  },
  {
    sources: [1182],
    what: 'CREATEUSINGBLOB',
    protocol: 2,
    handle: 'test_p',
    // 1039 prints the message of one who has seen the others.
    leftOut: /(OPENED|STATUS READ)$/,
    prepare: async (stage) => {
      const settings = ['SETTOPIC TestingPublicChat3', 'SETOPTIONS 1', 'ADDMEMBERS anappo4'];
      const { blob } = await publicChat(stage, 'anappo', '', settings);
      return { '6aM81Z5mZRyricRDcjkdy5bf3Y6TsCbVvaxNVVCcYSVsQxRGhlAVmTgpYexh': blob };
    },
  },
  { sources: [1189], what: 'SETGUIDELINES', protocol: 2, prepare: inChat },
  ...[1484, 1499].map((source) => ({
    sources: [source],
    what: 'SEARCH MESSAGES',
    protocol: 2,
    prepare: async ({ w, client }: Stage) => {
      for (const text of ['one', 'two']) w.client('abc').send(`MESSAGE anappo ${text}`);
      await w.clock.advance(500);
      const [a = '', b = ''] = client.send('SEARCH MISSEDMESSAGES')[0]?.match(/\d+/g) ?? [];
      return { 123: a, 124: b };
    },
  })),
  ...[1511, 1523, 1535, 1547, 1559].map((source) => ({
    sources: [source],
    what: 'SEARCH CHATS',
    handle: 'bitman',
    prepare: (stage: Stage) =>
      twoChats(stage, source === 1547, (chat) => {
        stage.hand.send(`OPEN CHAT ${chat}`);
        stage.hand.send(`ALTER CHAT ${chat} BOOKMARK`);
      }),
  })),
  ...[
    [1573, 60, 59],
    [1585, 61, 62],
  ].map(([source = 0, first = 0, second = 0]) => ({
    sources: [source],
    what: 'SEARCH CHATMESSAGES',
    prepare: async ({ w, client }: Stage) => {
      for (const text of ['one', 'two']) w.client('abc').send(`MESSAGE anappo ${text}`);
      await w.clock.advance(500);
      const [a = '', b = ''] = client.send('SEARCH MISSEDCHATMESSAGES')[0]?.match(/\d+/g) ?? [];
      return { [first]: a, [second]: b };
    },
  })),
  { sources: [1634, 1635], what: 'CLEAR CHATHISTORY' },
  {
    sources: [1737],
    what: 'OPEN IM',
    protocol: 2,
    leftOut: /(OPENED|MEMBERS anappo echo123)$/,
  },
  {
    sources: [1743, 1744],
    what: 'OPEN CHAT',
    prepare: inDialog,
    leftOut: /OPENED$/,
  },
  {
    sources: [1754],
    what: 'OPEN CHAT',
    handle: 'test',
    prepare: async (stage) => ({ '#test/$echo123;52c2750d8686c10c': await made(stage, 'echo123') }),
    leftOut: /OPENED$/,
  },
  {
    sources: [3147],
    what: 'GET CHAT NAME',
    handle: 'bitman',
    prepare: async (stage) => ({ '#bitman/$jessy;eb06e65635359671': await made(stage, 'jessy') }),
  },
  {
    sources: [3168],
    what: 'GET CHATMESSAGE CHATNAME',
    handle: 'bitman',
    prepare: async (stage) => {
      const { chat, ids } = await received(stage, 'jessy');
      return { '#bitman/$jessy;eb06e65631239671': chat, 60: ids[0] ?? 0 };
    },
  },
  {
    sources: [3196],
    what: 'GET MESSAGE TYPE',
    protocol: 2,
    prepare: async (stage) => ({ 159: (await received(stage, 'abc')).ids[0] ?? 0 }),
  },
  {
    sources: [3531],
    what: 'windows that are closed and opened',
    handle: 'anappo2',
    prepare: async (stage) => {
      const chat = await made(stage, 'anappo');
      stage.hand.send(`OPEN CHAT ${chat}`);
      return { '#anappo2/$anappo;87ba791d4025455c': chat };
    },
    before: [
      { line: /CLOSED/, act: ({ w }) => w.exchange.desk('anappo2').close('CHAT') },
      { line: /OPENED/, act: ({ hand }) => void hand.send(`OPEN CHAT ${chatOf(hand)}`) },
    ],
  },
];

/** The transcripts, of anappo where another is not named. */
export const CHAT_TRANSCRIPTS = ALL.map((transcript) => ({ handle: 'anappo', ...transcript }));

/** Transcripts of chats that are not replayed so, each with the reason. */
export const CHAT_EXCEPTIONS: Readonly<Record<number, string>> = {
  855: 'the syntax, of which 869 is the example',
  857: 'the syntax of an answer, of which 869 is the example',
  963: 'the syntax, of which 970 is the example',
  1721: 'the syntax, of which 1737 is the example',
  1135: 'the syntax, of which 1140 is the example; there is one creator',
  1145: 'the syntax, of which 1151 is the example',
  1146: 'the syntax of an answer, of which 1151 is the example',
  2063: 'a menu item, in the context CHAT',
};
