import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RobotBehaviour, RobotDestination } from '../../src/switch/robot.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../src/voice/wav/wav-writer.js';
import type { Client, World } from './world.js';

/** One transcript of the reference, and what has to be so that it can happen. */
export interface Transcript {
  /** Lines of the reference that it stands on. */
  readonly sources: readonly number[];
  readonly what: string;
  /** The version of the protocol that it shows. Default 8. */
  readonly protocol?: number;
  /** Whose client sees it. Default alice. */
  readonly handle?: string;
  /** Printed lines that are left out, with the reason. */
  readonly without?: { readonly lines: RegExp; readonly why: string };
  /** Lines that come and are not printed. */
  readonly leftOut?: RegExp;
  /** Brings about the state in which it begins. @returns the objects that it speaks of, by printed id. */
  readonly prepare?: (stage: Stage) => Promise<Readonly<Record<string, number | string>>>;
  /** What somebody else does before the printed line that matches. */
  readonly before?: readonly {
    readonly line: RegExp;
    readonly act: (stage: Stage) => void | Promise<void>;
  }[];
}

export interface Stage {
  readonly w: World;
  readonly client: Client;
  /** A second client of the same user, by which he does what the transcript does not show. */
  readonly hand: Client;
  readonly root: string;
}

/** Answers after half a second, and stays. */
export const PATIENT: RobotBehaviour = { ringMs: 500, outcome: 'answer', steps: [], stay: true };

export const named = (handle: string) => ({ handle, fullName: handle, network: 'P2P' }) as const;

const hangUp = (stage: Stage) => {
  stage.hand.send(`ALTER CALL ${stage.client.newest('CALL')} HANGUP`);
};

/** Alice has a call of `seconds` with `target`; its id. */
async function pastCall({ w, hand }: Stage, target: string, seconds: number): Promise<number> {
  hand.send(`CALL ${target}`);
  const id = hand.newest('CALL');
  await w.clock.advance(2000 + seconds * 1000);
  hand.send(`ALTER CALL ${id} HANGUP`);
  return id;
}

/** Alice talks with the call testing service; the call's id. */
async function talking({ w, hand }: Stage): Promise<number> {
  hand.send('CALL echo123');
  await w.clock.advance(2000);
  return hand.newest('CALL');
}

async function voicemails({ w, root }: Stage, count: number): Promise<number[]> {
  const file = join(root, 'message.wav');
  await tone(file, 1000);
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    ids.push(await w.exchange.deposit({ to: 'alice', from: { handle: 'bob' }, file, durationSec: 1 }));
  }
  return ids;
}

export async function tone(path: string, durationMs: number): Promise<void> {
  await using wav = await WavWriter.create(path);
  await wav.write(toneSamples({ frequency: 440, durationMs }));
}

const PROFILE_NOISE = {
  lines: /^USER /,
  why: 'what the network happens to tell of others meanwhile',
};

const COUNTRY_NOISE = {
  lines: /^USER echo123 COUNTRY/,
  why: 'a profile that the network refreshes behind the call; one of the lines contradicts the others',
};

export const TRANSCRIPTS: readonly Transcript[] = [
  { sources: [28], what: 'properties of a contact' },
  {
    sources: [30],
    what: 'a test call',
    without: COUNTRY_NOISE,
    before: [{ line: /FINISHED/, act: hangUp }],
  },
  { sources: [281], what: 'a call to a phone that fails', protocol: 4 },
  { sources: [307], what: 'CALL', protocol: 2, before: [{ line: /FINISHED/, act: hangUp }] },
  {
    sources: [324],
    what: 'GET CALL TYPE',
    prepare: async (stage) => ({ 1594: await pastCall(stage, 'echo123', 1) }),
  },
  {
    sources: [350, 351, 327, 328, 338, 339],
    what: 'hold, resume, hang up',
    protocol: 1,
    prepare: async (stage) => ({ 14: await talking(stage) }),
  },
  {
    sources: [379],
    what: 'a conference',
    protocol: 1,
    before: [
      {
        line: /CALL 1540 STATUS RINGING/,
        act: async ({ w }) => {
          await w.clock.advance(600);
        },
      },
      { line: /CALL 1540 DURATION 53/, act: ({ w }) => w.clock.advance(8000) },
      { line: /CALL 1540 STATUS FINISHED/, act: ({ hand }) => void hand.send('ALTER CALL 1 HANGUP') },
    ],
  },
  { sources: [382, 383], what: 'DTMF', prepare: async (stage) => ({ 14: await talking(stage) }) },
  { sources: [415], what: 'SEEN', prepare: async (stage) => ({ 15: await pastCall(stage, 'echo123', 1) }) },
  { sources: [427], what: 'ALTER CALL HANGUP', prepare: async (stage) => ({ 1719: await talking(stage) }) },
  {
    sources: [432, 433],
    what: 'CAN_TRANSFER, TRUE',
    prepare: async ({ w, client }) => {
      w.client('bob').send('CALL alice');
      await w.clock.advance(1000);
      return { 14: client.newest('CALL') };
    },
  },
  {
    sources: [440],
    what: 'TRANSFER',
    prepare: async ({ w, client }) => {
      w.client('bob').send('CALL alice');
      await w.clock.advance(1000);
      w.exchange.addRobot(new RobotDestination(named('handle1'), PATIENT, w.clock));
      return { 14: client.newest('CALL') };
    },
  },
  { sources: [435], what: 'CAN_TRANSFER', prepare: async (stage) => ({ 1034: await talking(stage) }) },
  {
    sources: [582],
    what: 'the cost of a call',
    prepare: async (stage) => ({
      100: await pastCall(stage, '+37211111', 60),
      101: await pastCall(stage, 'echo123', 1),
      102: await pastCall(stage, 'echo123', 1),
    }),
  },
  {
    sources: [607, 609],
    what: 'VIDEO_STATUS',
    handle: 'bob',
    prepare: async (stage) => ({ 5921: await talking(stage) }),
  },
  { sources: [594, 595], what: 'VIDEO_IN' },
  { sources: [601], what: 'VIDEO_IN, set' },
  ...[640, 662].map((source) => ({
    sources: [source],
    what: source === 640 ? 'VIDEO_SEND_STATUS' : 'VIDEO_RECEIVE_STATUS',
    prepare: async (stage: Stage) => ({ 5921: await talking(stage) }),
  })),
  { sources: [684], what: 'IS_VIDEO_CAPABLE' },
  ...[698, 1774, 1805, 1823, 1840, 1860].map((source) => ({
    sources: [source, source + 1],
    what: 'a window that is opened',
  })),
  { sources: [275], what: 'an answer with its identifier' },
  { sources: [277], what: 'an error with its identifier' },
  { sources: [279], what: 'an answer with its identifier, and the notification' },
  { sources: [3240], what: 'USERSTATUS' },
  ...[1680, 1704].map((source) => ({
    sources: [source],
    what: 'WINDOWSTATE, which somebody moves by hand in between',
    before: [
      {
        line: /^WINDOWSTATE MINIMIZED$/,
        act: ({ hand }: Stage) => void hand.send('SET WINDOWSTATE MINIMIZED'),
      },
    ],
  })),
  { sources: [1945], what: 'UI_LANGUAGE' },
  {
    sources: [1962],
    what: 'WALLPAPER',
    prepare: async ({ root }) => {
      writeFileSync(join(root, String.raw`C:\Stuff\test.bmp`), 'BM');
      return {};
    },
  },
  { sources: [1994], what: 'menu items' },
  { sources: [2027], what: 'a menu item that is deleted' },
  {
    sources: [2083],
    what: 'an event',
    before: [{ line: /CLICKED/, act: ({ w }) => w.exchange.desk('alice').clickAlert('test1') }],
  },
  {
    sources: [3443],
    what: 'RINGTONE',
    prepare: async ({ root }) => {
      mkdirSync(join(root, 'C:/WINDOWS/Media'), { recursive: true });
      writeFileSync(join(root, 'C:/WINDOWS/Media/tada.wav'), '');
      return {};
    },
  },
  { sources: [3454], what: 'RINGTONE STATUS' },
  {
    sources: [3403],
    what: 'SET AVATAR',
    prepare: async ({ root }) => {
      const name = String.raw`C:\Documents and Settings\Administrator\My Documents\My Pictures\kitten.jpg`;
      writeFileSync(join(root, name), Buffer.from('ffd8ffe0', 'hex'));
      return {};
    },
  },
  { sources: [3411], what: 'GET AVATAR' },
  { sources: [3420], what: 'GET USER AVATAR' },
  { sources: [3502], what: 'AUTOAWAY' },
  { sources: [283], what: 'PING with an identifier', without: PROFILE_NOISE },
  { sources: [1969, 1970, 1972], what: 'SILENT_MODE' },
  { sources: [3385], what: 'MUTE, of which there is none without a call' },
  {
    sources: [616, 617, 618, 620, 621],
    what: 'video that is sent',
    prepare: async (stage) => ({ 14: await talking(stage) }),
    before: [{ line: /ALTER CALL 14 STOP/, act: ({ w }) => w.clock.advance(2000) }],
  },
  {
    sources: [628, 629, 631, 632, 633],
    what: 'video that is received',
    handle: 'bob',
    prepare: async ({ w, hand }) => {
      w.client('alice').send('CALL bob');
      await w.clock.advance(600);
      hand.send(`ALTER CALL ${hand.newest('CALL')} ANSWER`);
      return { 14: hand.newest('CALL') };
    },
    before: [{ line: /ALTER CALL 14 STOP/, act: ({ w }) => w.clock.advance(2000) }],
  },
  {
    sources: [712],
    what: 'CALLVOICEMAIL',
    protocol: 6,
    before: [{ line: /526 STATUS UPLOADING/, act: hangUp }],
  },
  {
    sources: [739, 740],
    what: 'ALTER VOICEMAIL',
    prepare: async (stage) => {
      const [id = 0] = await voicemails(stage, 1);
      stage.hand.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
      await stage.w.clock.advance(1000);
      return { 14: id };
    },
  },
  {
    sources: [775, 777, 767, 769, 785, 786, 804, 807, 820, 822, 829, 831, 847, 849, 839, 841],
    what: 'call forwarding',
  },
  ...[
    [1398, 1400],
    [1410, 1412],
    [1446, 1447],
    [1457, 1458],
    [1638, 1639],
    [1644, 1645],
  ].map((sources) => ({ sources, what: 'an empty history' })),
  {
    sources: [1395],
    what: 'SEARCH CALLS',
    prepare: async (stage) => ({
      15: await pastCall(stage, 'abc', 0),
      16: await pastCall(stage, 'abc', 0),
      39: await pastCall(stage, 'abc', 0),
    }),
  },
  {
    sources: [1408],
    what: 'SEARCH ACTIVECALLS',
    prepare: async (stage) => ({ 25: await talking(stage), 56: await talking(stage) }),
  },
  {
    sources: [1421],
    what: 'SEARCH MISSEDCALLS',
    prepare: async ({ w, client }) => {
      const bob = w.client('bob');
      const missed: number[] = [];
      for (let i = 0; i < 2; i++) {
        bob.send('CALL alice');
        await w.clock.advance(1000);
        bob.send(`ALTER CALL ${bob.newest('CALL')} HANGUP`);
        missed.push(client.newest('CALL'));
      }
      return { 25: missed[0] ?? 0, 56: missed[1] ?? 0 };
    },
  },
  ...[1454, 1465].map((source) => ({
    sources: [source],
    what: source === 1454 ? 'SEARCH VOICEMAILS' : 'SEARCH MISSEDVOICEMAILS',
    prepare: async (stage: Stage) => {
      const [a = 0, b = 0, c = 0] = await voicemails(stage, 3);
      return { 65: a, 70: b, 71: c };
    },
  })),
  {
    sources: [1641],
    what: 'CLEAR VOICEMAILHISTORY',
    prepare: async (stage) => ({ 3398: (await voicemails(stage, 1))[0] ?? 0 }),
  },
  { sources: [1647], what: 'CLEAR CALLHISTORY', prepare: async () => ({}) },
  {
    sources: [2237],
    what: 'capturing the incoming transmission',
    before: [{ line: /FINISHED/, act: hangUp }],
  },
  {
    sources: [2239],
    what: 'altering the source of the outgoing transmission',
    prepare: async ({ root }) => {
      await tone(join(root, 'c:\\test.wav'), 500);
      return {};
    },
    before: [{ line: /FINISHED/, act: hangUp }],
  },
  { sources: [2241], what: 'capturing the microphone', before: [{ line: /FINISHED/, act: hangUp }] },
  { sources: [2244], what: 'stream properties', prepare: async (stage) => ({ 748: await talking(stage) }) },
  ...[
    [2256, 2257, 14],
    [2261, 2261, 846],
    [2266, 2267, 14],
    [2273, 2273, 808],
    [2278, 2279, 14],
    [2281, 2281, 889],
  ].map(([source = 0, reply = 0, id = 0]) => ({
    sources: source === reply ? [source] : [source, reply],
    what: `redirecting a stream of a call (${source})`,
    prepare: async (stage: Stage) => {
      await tone(join(stage.root, 'c:\\test.wav'), 500);
      return { [id]: await talking(stage) };
    },
  })),
  ...[
    [2286, 2287, 14],
    [2293, 2293, 146],
    [2298, 2299, 14],
    [2305, 2305, 108],
    [2310, 2311, 14],
    [2313, 2313, 189],
  ].map(([source = 0, reply = 0, id = 0]) => ({
    sources: source === reply ? [source] : [source, reply],
    what: `redirecting a stream of a voicemail (${source})`,
    prepare: async (stage: Stage) => {
      await tone(join(stage.root, 'c:\\test.wav'), 500);
      return { [id]: (await voicemails(stage, 1))[0] ?? 0 };
    },
  })),
  ...[1921, 1923].map((source) => ({ sources: [source, source + 1], what: 'a key' })),
  { sources: [3256], what: 'privileges' },
  { sources: [3263], what: 'the balance' },
];

/** Transcripts of the same matters that are not replayed so, each with the reason. */
export const EXCEPTIONS: Readonly<Record<number, string>> = {
  327: 'replayed with 350',
  1387: 'the syntax of an answer, of which 1395 is the example',
  441: 'leaves out the handles that its own example (459) has',
  686: 'echo123 has no camera: line 28 prints FALSE for it',
  459: 'three endpoints: replayed in a test of its own',
  602: 'the syntax of an answer, of which 601 is the example',
  598: 'the command of 601',
  2063: 'a menu item, in the context CALL',
};
