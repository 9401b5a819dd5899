import { describe, expect, it } from 'vitest';
import { CALL_STATUSES, type CallStatus, canCallMove } from '../../src/protocol/status/call-status.js';
import { VOICEMAIL_STATUSES } from '../../src/protocol/status/voicemail-status.js';
import type { Attempt } from '../../src/switch/attempt.js';
import { type RobotBehaviour, RobotDestination } from '../../src/switch/robot.js';
import { ringing, statuses, talking } from './talking.js';
import { type Client, settle, type World, world } from './world.js';

/** Brings a status about. @returns the client that is to hear of it, and its call. */
type Path = (w: World) => Promise<readonly [client: Client, id: number]>;

const phone = (outcome: RobotBehaviour['outcome']): Path => {
  return async (w) => {
    const alice = w.client();
    phones = { ringMs: 1000, outcome, steps: [], stay: true, earlyMedia: new Int16Array(320) };
    alice.send('CALL +3725555');
    await w.clock.advance(2000);
    return [alice, alice.newest('CALL')];
  };
};
let phones: RobotBehaviour;

const outgoing: Path = async (w) => {
  const { alice, out } = await ringing(w);
  return [alice, out];
};

const hold =
  (whose: 'own' | 'other', protocol = 8): Path =>
  async (w) => {
    const { alice, bob, out, in_ } = await talking(w);
    const watching = w.client('alice', { protocol });
    if (whose === 'own') alice.send(`ALTER CALL ${out} HOLD`);
    else bob.send(`ALTER CALL ${in_} HOLD`);
    return [watching, out];
  };

const transfer: Path = async (w) => {
  const { bob, in_ } = await talking(w);
  bob.send(`ALTER CALL ${in_} TRANSFER carol`);
  await w.clock.advance(1000);
  return [bob, in_];
};

/** Bob does not answer: alice leaves a voicemail, as far as `end` lets her. */
const voicemail =
  (end: (alice: Client, id: number) => void = () => undefined): Path =>
  async (w) => {
    w.client('bob').send('SET PROFILE CALL_SEND_TO_VM TRUE');
    w.client('bob').send('SET PROFILE CALL_NOANSWER_TIMEOUT 1');
    const alice = w.client();
    alice.send('CALL bob');
    const id = alice.newest('CALL');
    const run = async (until: RegExp) => {
      for (let step = 0; step < 2000 && !alice.lines.some((line) => until.test(line)); step++) {
        await settle();
        await w.clock.advance(20);
      }
    };
    await run(/VM_DURATION 1$/);
    end(alice, id);
    alice.send(`ALTER CALL ${id} HANGUP`);
    await run(/STATUS VM_(SENT|FAILED|CANCELLED)/);
    return [alice, id];
  };

const redialled: Path = async (w) => {
  const [alice, id] = await phone({ kind: 'refused' })(w);
  alice.send('BTN_RELEASED YES');
  return [alice, id];
};

/** How each status of the reference's list comes about. */
const PATHS: Readonly<Record<CallStatus, Path>> = {
  UNPLACED: outgoing,
  ROUTING: outgoing,
  EARLYMEDIA: phone('answer'),
  RINGING: outgoing,
  INPROGRESS: async (w) => {
    const { alice, out } = await talking(w);
    return [alice, out];
  },
  ONHOLD: hold('own', 1),
  LOCALHOLD: hold('own'),
  REMOTEHOLD: hold('other'),
  FINISHED: async (w) => {
    const { alice, out } = await talking(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    return [alice, out];
  },
  FAILED: phone({ kind: 'failed', reason: 'error' }),
  MISSED: async (w) => {
    const { alice, bob, out, in_ } = await ringing(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    return [bob, in_];
  },
  REFUSED: async (w) => {
    const { alice, bob, out, in_ } = await ringing(w);
    bob.send(`ALTER CALL ${in_} HANGUP`);
    return [alice, out];
  },
  BUSY: phone({ kind: 'busy' }),
  CANCELLED: async (w) => {
    const { alice, out } = await ringing(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    return [alice, out];
  },
  TRANSFERRING: transfer,
  TRANSFERRED: async (w) => {
    const [bob, id] = await transfer(w);
    bob.send(`ALTER CALL ${id} HANGUP`);
    return [bob, id];
  },
  VM_BUFFERING_GREETING: voicemail(),
  VM_PLAYING_GREETING: voicemail(),
  VM_RECORDING: voicemail(),
  VM_UPLOADING: voicemail(),
  VM_SENT: voicemail(),
  VM_CANCELLED: voicemail((alice) => alice.send(`ALTER VOICEMAIL ${alice.newest('VOICEMAIL')} DELETE`)),
  // Who is offline uploads nothing.
  VM_FAILED: voicemail((alice) => alice.send('SET USERSTATUS OFFLINE')),
  WAITING_REDIAL_COMMAND: phone({ kind: 'refused' }),
  REDIAL_PENDING: redialled,
};

function stage(): Promise<World> {
  let w: World | undefined;
  const identity = { handle: '+3725555', fullName: 'Phone', network: 'PSTN' } as const;
  // The number does with each attempt what `phones` says then.
  const arrive = (attempt: Attempt) => w && new RobotDestination(identity, phones, w.clock).arrive(attempt);
  return world({ gateway: { lineTo: () => ({ identity, arrive }) } }).then((made) => {
    w = made;
    return made;
  });
}

describe('every status of a call', () => {
  it.each(CALL_STATUSES)('%s', async (status) => {
    await using w = await stage();
    const [client, id] = await PATHS[status](w);
    const said = [
      ...statuses(client, id),
      ...client.send(`GET CALL ${id} STATUS`).map((line) => line.split(' ')[3]),
    ];
    expect(said).toContain(status);
    const path = statuses(client, id);
    for (const [index, to] of path.slice(1).entries()) {
      expect(canCallMove(path[index] ?? '', to), `${path[index]} -> ${to}`).toBe(true);
    }
  });
});

describe('a call to a phone that rejects it', () => {
  it('waits to be redialled, and is redialled with its key', async () => {
    await using w = await stage();
    const [alice, id] = await redialled(w);
    phones = { ringMs: 500, outcome: 'answer', steps: [], stay: true };
    await w.clock.advance(3000);
    expect(statuses(alice, id).slice(-6)).toEqual([
      'EARLYMEDIA',
      'WAITING_REDIAL_COMMAND',
      'REDIAL_PENDING',
      'ROUTING',
      'RINGING',
      'INPROGRESS',
    ]);
  });

  it.each([
    ['when nobody does so for 15 seconds', async (w: World) => w.clock.advance(15_000)],
    [
      'when it is hung up',
      async (_: World, alice: Client, id: number) => void alice.send(`ALTER CALL ${id} HANGUP`),
    ],
  ])('is REFUSED %s', async (_when, act) => {
    await using w = await stage();
    const [alice, id] = await phone({ kind: 'refused' })(w);
    await act(w, alice, id);
    expect(statuses(alice, id).slice(-2)).toEqual(['WAITING_REDIAL_COMMAND', 'REFUSED']);
    alice.send('BTN_RELEASED YES');
    await w.clock.advance(20_000);
    expect(statuses(alice, id).at(-1)).toBe('REFUSED');
  });

  it('can be hung up while it is being redialled', async () => {
    await using w = await stage();
    const [alice, id] = await redialled(w);
    alice.send(`ALTER CALL ${id} HANGUP`);
    await w.clock.advance(20_000);
    expect(statuses(alice, id).slice(-2)).toEqual(['REDIAL_PENDING', 'REFUSED']);
  });

  it('is still being routed for clients of protocol 7', async () => {
    await using w = await stage();
    const [, id] = await phone({ kind: 'refused' })(w);
    expect(w.client('alice', { protocol: 7 }).send(`GET CALL ${id} STATUS`)).toEqual([
      `CALL ${id} STATUS ROUTING`,
    ]);
  });
});

describe('the green key', () => {
  it('answers a call that rings', async () => {
    await using w = await world();
    const { bob, in_ } = await ringing(w);
    expect(bob.send('BTN_RELEASED YES')[0]).toBe('BTN_RELEASED YES');
    expect(statuses(bob, in_)).toEqual(['RINGING', 'INPROGRESS']);
  });
});

describe('every status of a voicemail', () => {
  it('except UNKNOWN, which this endpoint never reports', async () => {
    await using w = await stage();
    const [alice, bob] = [w.client(), w.client('bob')];
    const run = async (client: Client, until: RegExp) => {
      for (let step = 0; step < 2000 && !client.lines.some((line) => until.test(line)); step++) {
        await settle();
        await w.clock.advance(20);
      }
    };
    alice.send('CALLVOICEMAIL bob');
    await run(alice, /VM_DURATION 1$/);
    alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
    await run(bob, /STATUS UNPLAYED/);
    const id = bob.newest('VOICEMAIL');
    bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await run(bob, /STATUS PLAYED/);
    bob.send('SET USERSTATUS OFFLINE');
    const greeting = Number(bob.send('SEARCH GREETING bob')[0]?.split(' ')[1]);
    bob.send(`ALTER VOICEMAIL ${greeting} STARTRECORDING`);
    await settle();
    bob.send(`ALTER VOICEMAIL ${greeting} STOPRECORDING`);
    await run(bob, /STATUS FAILED/);
    bob.send(`ALTER VOICEMAIL ${id} DELETE`);
    const said = [...alice.lines, ...bob.lines].map((line) => /^VOICEMAIL \d+ STATUS (\w+)/.exec(line)?.[1]);
    const never = VOICEMAIL_STATUSES.filter((status) => !said.includes(status));
    expect(never).toEqual(['UNKNOWN']);
  });
});
