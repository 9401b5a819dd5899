import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RobotBehaviour, RobotDestination } from '../../src/switch/robot.js';
import { PcmPort } from './ports.js';
import { EXCEPTIONS, named, PATIENT, type Stage, TRANSCRIPTS, type Transcript, tone } from './transcripts.js';
import { type Client, folder, settle, type World, world } from './world.js';

interface Line {
  readonly source: number;
  readonly from: 'client' | 'endpoint';
  readonly line: string;
}

const { lines } = JSON.parse(
  readFileSync(new URL('../protocol/fixtures/transcripts.json', import.meta.url), 'utf8'),
) as { lines: Line[] };

/** How long a printed line may be waited for, in simulated milliseconds. */
const PATIENCE_MS = 120_000;
const STEP_MS = 20;

/** What a line that concerns them speaks of. */
const CONCERNED =
  /\b(CALLS? \d|CALLS?$|CALL \w|CALLVOICEMAIL|VOICEMAILS? |VOICEMAILS?$|SEARCH (ACTIVE|MISSED)?(CALLS|VOICEMAILS)|CLEAR (CALL|VOICEMAIL)HISTORY|PROFILE (CALL_|PSTN_)|PRIVILEGE|\w*VIDEO_|BTN_|MUTE|OPEN (CONFERENCE|CALLHISTORY|DIALPAD|LIVETAB|OPTIONS VIDEO))/;

describe('the transcripts of the reference, replayed', () => {
  it.each(
    TRANSCRIPTS.map((transcript) => [`${transcript.sources[0]}: ${transcript.what}`, transcript] as const),
  )('%s', async (_name, transcript) => {
    const root = folder();
    await tone(join(root, 'greeting.wav'), 8000);
    const w = await stageWorld(root);
    await using _ = w;
    await using port = await PcmPort.open();
    const handle = transcript.handle ?? 'alice';
    const client = w.client(handle, { protocol: transcript.protocol ?? 8 });
    const stage: Stage = { w, client, hand: w.client(handle), root };
    const ids = new Map(Object.entries((await transcript.prepare?.(stage)) ?? {}));
    const printed = transcript.sources.flatMap((source) => lines.filter((line) => line.source === source));
    const wanted = printed.filter(({ line }) => !transcript.without?.lines.test(line));
    // The port that it happens to be is no more to the point than an id.
    const here = wanted.map((each) => ({ ...each, line: each.line.replace('"5001"', `"${port.port}"`) }));
    await replay(stage, here, ids, transcript.before);
  });

  it('are all that concern calls, voicemails, voice streams, conference, transfer, forwarding and cost', () => {
    const concerned = lines.filter(({ line }) => CONCERNED.test(line)).map(({ source }) => source);
    const replayed = new Set(TRANSCRIPTS.flatMap(({ sources }) => sources));
    const missing = [...new Set(concerned)].filter(
      (source) => !replayed.has(source) && EXCEPTIONS[source] === undefined,
    );
    expect(missing).toEqual([]);
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
    outcome: { kind: 'failed', reason: 'error', text: '10503 Service Unavailable' },
    steps: [],
    stay: false,
  };
  let w: World | undefined;
  const clock = () =>
    w?.clock ??
    (() => {
      throw new Error('too early');
    })();
  const gateway = {
    lineTo: (number: string) => {
      const behaviour = number === '+18005551234' ? failing : PATIENT;
      const identity = { handle: number, fullName: number, network: 'PSTN' } as const;
      return new RobotDestination(identity, behaviour, clock(), {
        rate: 1234,
        precision: 2,
        currency: 'EUR',
      });
    },
  };
  const users = [
    { handle: 'alice', video: true, profile: { PSTN_BALANCE: '5000' } },
    { handle: 'bob' },
    { handle: 'testuser', fullName: 'Test User', greeting: join(root, 'greeting.wav') },
  ];
  return world({ users, gateway, fileRoots: [root], conferenceLimit: 4 }).then((made) => {
    w = made;
    for (const handle of ['abc', 'test', 'anappo2']) {
      made.exchange.addRobot(new RobotDestination(named(handle), PATIENT, made.clock));
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
      expect(strays(client.lines.slice(at, found), printed, ids)).toEqual([]);
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

/** What the reference prints in some transcripts and leaves out in others, heartbeats above all. */
const LEFT_OUT =
  /^(CONTACTS FOCUSED|USER \S+ ONLINESTATUS|CALL \d+ (SUBJECT|DURATION|VAA_INPUT_STATUS|VIDEO_STATUS|VIDEO_(SEND|RECEIVE)_STATUS))\b/;

/** Lines that were skipped and that nothing in the transcript, or in others of its kind, accounts for. */
function strays(skipped: readonly string[], printed: readonly Line[], ids: Map<string, number>): string[] {
  return skipped.filter(
    (actual) => !LEFT_OUT.test(actual) && !printed.some(({ line }) => matches(line, actual, new Map(ids))),
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
