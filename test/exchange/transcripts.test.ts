import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RobotBehaviour, RobotDestination } from '../../src/switch/robot.js';
import { PcmPort } from './ports.js';
import { printedLines as lines, matches, replay } from './replay.js';
import { EXCEPTIONS, named, PATIENT, type Stage, TRANSCRIPTS, tone } from './transcripts.js';
import { folder, type World, world } from './world.js';

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
    const ids = new Map(
      Object.entries((await transcript.prepare?.(stage)) ?? {}).map(([id, is]) => [id, String(is)]),
    );
    const printed = transcript.sources.flatMap((source) => lines.filter((line) => line.source === source));
    const wanted = printed.filter(({ line }) => !transcript.without?.lines.test(line));
    // The port that it happens to be is no more to the point than an id.
    const here = wanted.map((each) => ({ ...each, line: each.line.replace('"5001"', `"${port.port}"`) }));
    await replay(stage, here, ids, transcript);
  });

  it('include all that concern calls, voicemails, voice streams, conference, transfer, forwarding and cost', () => {
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
      const numbers = new Map(ids.map((id) => [String(id), String(client.newest('CALL'))]));
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
