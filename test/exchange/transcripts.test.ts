import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RobotBehaviour, RobotDestination } from '../../src/exchange/calls/robot.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../src/voice/wav/wav-writer.js';
import { type Client, folder, settle, type World, world } from './world.js';

interface Line {
  readonly source: number;
  readonly from: 'client' | 'endpoint';
  readonly line: string;
}

const { lines } = JSON.parse(
  readFileSync(new URL('../protocol/fixtures/transcripts.json', import.meta.url), 'utf8'),
) as { lines: Line[] };

/** One transcript of the reference, and what has to be so that it can happen. */
interface Transcript {
  /** Lines of the reference that it stands on. */
  readonly sources: readonly number[];
  readonly what: string;
  /** The version of the protocol that it shows. Default 8. */
  readonly protocol?: number;
  /** Whose client sees it. Default alice. */
  readonly handle?: string;
  /** Printed lines that are left out, with the reason. */
  readonly without?: { readonly lines: RegExp; readonly why: string };
  /** Brings about the state in which it begins. @returns the objects that it speaks of, by printed id. */
  readonly prepare?: (stage: Stage) => Promise<Record<number, number>>;
  /** What somebody else does before the printed line that matches. */
  readonly before?: readonly {
    readonly line: RegExp;
    readonly act: (stage: Stage) => void | Promise<void>;
  }[];
}

interface Stage {
  readonly w: World;
  readonly client: Client;
  /** A second client of the same user, by which he does what the transcript does not show. */
  readonly hand: Client;
  readonly root: string;
}

/** How long a printed line may be waited for, in simulated milliseconds. */
const PATIENCE_MS = 120_000;
const STEP_MS = 20;

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

async function tone(path: string, durationMs: number): Promise<void> {
  await using wav = await WavWriter.create(path);
  await wav.write(toneSamples({ frequency: 440, durationMs }));
}

const COUNTRY_NOISE = {
  lines: /^USER echo123 COUNTRY/,
  why: 'a profile that the network refreshes behind the call; one of the lines contradicts the others',
};

const TRANSCRIPTS: readonly Transcript[] = [
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
    sources: [767, 775, 777, 785, 786, 804, 807, 820, 822, 829, 831, 847, 849, 839, 841],
    what: 'call forwarding',
    without: { lines: /^PROFILE CALL_APPLY_CF True$/, why: 'checked after it is set' },
  },
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
    before: [
      { line: /ALTER CALL 846/, act: ({ root }) => tone(join(root, 'c:\\test.wav'), 500) },
      { line: /FINISHED/, act: hangUp },
    ],
  },
  { sources: [2241], what: 'capturing the microphone', before: [{ line: /FINISHED/, act: hangUp }] },
  { sources: [2244], what: 'stream properties', prepare: async (stage) => ({ 748: await talking(stage) }) },
  ...[
    [2256, 2257, 14],
    [2266, 2267, 14],
    [2273, 2273, 808],
    [2281, 2281, 889],
  ].map(([source = 0, reply = 0, id = 0]) => ({
    sources: source === reply ? [source] : [source, reply],
    what: `redirecting a stream of a call (${source})`,
    prepare: async (stage: Stage) => ({ [id]: await talking(stage) }),
  })),
  ...[
    [2286, 2287, 14],
    [2293, 2293, 146],
    [2298, 2299, 14],
    [2305, 2305, 108],
    [2313, 2313, 189],
  ].map(([source = 0, reply = 0, id = 0]) => ({
    sources: source === reply ? [source] : [source, reply],
    what: `redirecting a stream of a voicemail (${source})`,
    prepare: async (stage: Stage) => {
      await tone(join(stage.root, 'c:\\test.wav'), 500);
      return { [id]: (await voicemails(stage, 1))[0] ?? 0 };
    },
  })),
];

describe('the transcripts of the reference, replayed', () => {
  it.each(
    TRANSCRIPTS.map((transcript) => [`${transcript.sources[0]}: ${transcript.what}`, transcript] as const),
  )('%s', async (_name, transcript) => {
    const root = folder();
    await tone(join(root, 'greeting.wav'), 8000);
    const w = await stageWorld(root);
    await using _ = w;
    const handle = transcript.handle ?? 'alice';
    const client = w.client(handle, { protocol: transcript.protocol ?? 8 });
    const stage: Stage = { w, client, hand: w.client(handle), root };
    const ids = new Map(Object.entries((await transcript.prepare?.(stage)) ?? {}));
    const printed = transcript.sources.flatMap((source) => lines.filter((line) => line.source === source));
    const wanted = printed.filter(({ line }) => /CONTACTS|CALL|VOICEMAIL|USER|PROFILE|call|get/.test(line));
    await replay(
      stage,
      wanted.filter(({ line }) => !transcript.without?.lines.test(line)),
      ids,
      transcript.before,
    );
  });

  it('459: a transfer, as A, B and C see it', async () => {
    const w = await world({ users: ['Test', 'Test2', 'Test3'].map((handle) => ({ handle })) });
    await using _ = w;
    const [a, b, c] = [w.client('Test'), w.client('Test3', { protocol: 6 }), w.client('Test2')];
    a.send('CALL Test3');
    await w.clock.advance(1000);
    b.send(`GET CALL ${b.newest('CALL')} CAN_TRANSFER Test2`);
    b.send(`ALTER CALL ${b.newest('CALL')} TRANSFER Test2`);
    await w.clock.advance(1000);
    c.send(`ALTER CALL ${c.newest('CALL')} ANSWER`);
    await w.clock.advance(2000);
    // The reference asks for call 1240; the call is 1218.
    c.send(`GET CALL ${c.newest('CALL')} TRANSFERRED_BY`);
    a.send(`ALTER CALL ${a.newest('CALL')} HANGUP`);
    const printed = lines.filter(({ source, from }) => source === 459 && from === 'endpoint');
    for (const [client, ids] of [
      [a, [626]],
      [b, [288]],
      [c, [1218, 1240]],
    ] as const) {
      const own = printed.filter(({ line }) => ids.some((id) => line.includes(`CALL ${id} `)));
      const numbers = new Map(ids.map((id) => [String(id), client.newest('CALL')]));
      let at = 0;
      for (const { line } of own) {
        const found = client.lines.findIndex(
          (actual, index) => index >= at && matches(line, actual, numbers),
        );
        expect(
          found,
          `${line}\nafter\n${client.lines.slice(0, at).join('\n')}\nin\n${client.lines.slice(at).join('\n')}`,
        ).toBeGreaterThanOrEqual(0);
        at = found + 1;
      }
    }
  });
});

function stageWorld(root: string): Promise<World> {
  const failing: RobotBehaviour = {
    ringMs: 0,
    outcome: { kind: 'failed', reason: 1, pstnStatus: '10503 Service Unavailable' },
    steps: [],
    stay: false,
  };
  const answering: RobotBehaviour = { ringMs: 500, outcome: 'answer', steps: [], stay: true };
  const robot = (handle: string) => ({ handle, fullName: handle, network: 'P2P' }) as const;
  let w: World | undefined;
  const clock = () =>
    w?.clock ??
    (() => {
      throw new Error('too early');
    })();
  const gateway = {
    lineTo: (number: string) => {
      const behaviour = number === '+18005551234' ? failing : answering;
      const identity = { handle: number, fullName: number, network: 'PSTN' } as const;
      return new RobotDestination(identity, behaviour, clock(), {
        rate: 1234,
        precision: 2,
        currency: 'EUR',
      });
    },
  };
  const users = [
    { handle: 'alice', video: true },
    { handle: 'bob' },
    { handle: 'testuser', fullName: 'Test User', greeting: join(root, 'greeting.wav') },
  ];
  return world({ users, gateway, fileRoots: [root], conferenceLimit: 4 }).then((made) => {
    w = made;
    for (const handle of ['abc', 'test']) {
      made.exchange.addRobot(new RobotDestination(robot(handle), answering, made.clock));
    }
    return made;
  });
}

/** Sends what the client sent; every printed answer and notification has to come, in the printed order. */
async function replay(
  { client, w, hand, root }: Stage,
  printed: readonly Line[],
  ids: Map<string, number>,
  before: Transcript['before'] = [],
): Promise<void> {
  let at = client.lines.length;
  let atReply = at;
  for (const { from, line } of printed) {
    for (const { line: pattern, act } of before) {
      if (pattern.test(line)) await act({ w, client, hand, root });
    }
    if (from === 'client') {
      client.send(withIds(line, ids));
      continue;
    }
    // Answers with an identifier and notifications come in either order (reference, "Command identifiers").
    const reply = line.startsWith('#');
    const found = await waitFor(w, client, reply ? atReply : at, (actual) => matches(line, actual, ids));
    expect(found, `${line}\nbut there came\n${client.lines.join('\n')}`).toBeGreaterThanOrEqual(0);
    if (reply) atReply = found + 1;
    else {
      expect(strayStatuses(client.lines.slice(at, found), printed, ids)).toEqual([]);
      at = found + 1;
    }
  }
}

async function waitFor(
  w: World,
  client: Client,
  from: number,
  wanted: (line: string) => boolean,
): Promise<number> {
  for (let passed = 0; passed < PATIENCE_MS; passed += STEP_MS) {
    const found = client.lines.findIndex((line, index) => index >= from && wanted(line));
    if (found >= 0) return found;
    // What a command began with the disk takes real turns, not simulated time.
    await settle();
    await w.clock.advance(STEP_MS);
  }
  return -1;
}

/** Lines that were skipped may be heartbeats and such, but no status that is not printed. */
function strayStatuses(
  skipped: readonly string[],
  printed: readonly Line[],
  ids: Map<string, number>,
): string[] {
  return skipped.filter(
    (actual) => / STATUS /.test(actual) && !printed.some(({ line }) => matches(line, actual, new Map(ids))),
  );
}

/** Compares a printed line with one that came, ids and times aside. An id that is new is learnt. */
function matches(printed: string, actual: string, ids: Map<string, number>): boolean {
  if (printed.trimEnd().toLowerCase() === actual.trimEnd().toLowerCase() && !/\d{2}/.test(printed))
    return true;
  const learnt = new Map(ids);
  const [wanted, came] = [tokens(printed), tokens(actual)];
  if (wanted.length !== came.length) return false;
  const same = wanted.every((token, index) => sameToken(wanted, index, token, came[index] ?? '', learnt));
  if (same) for (const [id, value] of learnt) ids.set(id, value);
  return same;
}

function sameToken(
  line: readonly string[],
  index: number,
  printed: string,
  came: string,
  ids: Map<string, number>,
): boolean {
  if (/^(TIMESTAMP|DURATION|VM_DURATION)$/.test(line[index - 1] ?? '') && index > 2)
    return /^\d+$/.test(came);
  const isId =
    /^(CALL|VOICEMAIL|CONF_ID|JOIN_CONFERENCE)$/i.test(line[index - 1] ?? '') ||
    /^(CALLS|VOICEMAILS)$/.test(line[0] ?? '');
  if (!isId || !/^\d+,?$/.test(printed) || printed === '0') return printed === came;
  const id = printed.replace(',', '');
  const known = ids.get(id);
  if (known === undefined && !(line[0] ?? '').endsWith('S')) ids.set(id, Number(came));
  return (ids.get(id) ?? Number.NaN) === Number(came.replace(',', ''));
}

function tokens(line: string): string[] {
  return line.trimEnd().split(' ');
}

function withIds(line: string, ids: ReadonlyMap<string, number>): string {
  return line.replace(/\b(CALL|VOICEMAIL|JOIN_CONFERENCE) (\d+)\b/g, (all, word, id) => {
    const actual = ids.get(id);
    return actual === undefined ? all : `${word} ${actual}`;
  });
}
