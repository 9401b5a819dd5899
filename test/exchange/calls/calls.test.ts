import { describe, expect, it } from 'vitest';
import { CALL_TRANSITIONS, canCallMove } from '../../../src/protocol/status/call-status.js';
import { type RobotBehaviour, RobotDestination } from '../../../src/switch/robot.js';
import { idOf, ringing, statuses, talking } from '../talking.js';
import { type Client, type World, world } from '../world.js';

describe('a call between two users', () => {
  it('gives both sides CALL objects, with every status in its time', async () => {
    await using w = await world();
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    expect(alice.send('CALL bob')).toEqual(['CALL 1 STATUS UNPLACED']);
    await w.clock.advance(499);
    expect(statuses(alice, 1)).toEqual(['UNPLACED', 'UNPLACED', 'ROUTING']);
    await w.clock.advance(1);
    expect(bob.fresh()).toEqual(['CALL 2 CONF_ID 0', 'CALL 2 STATUS RINGING', 'CONTACTS FOCUSED ']);
    expect(statuses(alice, 1).at(-1)).toBe('RINGING');
    bob.send('ALTER CALL 2 ANSWER');
    expect(bob.fresh()).toEqual([
      'ALTER CALL 2 ANSWER',
      'CALL 2 STATUS INPROGRESS',
      'CALL 2 VIDEO_STATUS VIDEO_NONE',
      'CALL 2 VAA_INPUT_STATUS FALSE',
    ]);
    await w.clock.advance(3000);
    expect(alice.told('CALL 1 DURATION')).toEqual(['1', '2', '3']);
    expect(bob.told('CALL 2 DURATION')).toEqual(['1', '2', '3']);
    alice.send('ALTER CALL 1 HANGUP');
    expect(statuses(alice, 1).at(-1)).toBe('FINISHED');
    expect(statuses(bob, 2).at(-1)).toBe('FINISHED');
    await w.clock.advance(3000);
    expect(alice.told('CALL 1 DURATION')).toHaveLength(3);
  });

  it('answers GET for every property of both', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    const get = (client: Client, id: number, property: string) =>
      client.send(`GET CALL ${id} ${property}`)[0];
    expect(get(alice, out, 'TYPE')).toBe(`CALL ${out} TYPE OUTGOING_P2P`);
    expect(get(bob, in_, 'TYPE')).toBe(`CALL ${in_} TYPE INCOMING_P2P`);
    expect(get(alice, out, 'PARTNER_HANDLE')).toBe(`CALL ${out} PARTNER_HANDLE bob`);
    expect(get(bob, in_, 'PARTNER_HANDLE')).toBe(`CALL ${in_} PARTNER_HANDLE alice`);
    expect(get(alice, out, 'TIMESTAMP')).toBe(`CALL ${out} TIMESTAMP 1174348800`);
    expect(get(alice, out, 'INPUT')).toBe(`CALL ${out} INPUT SOUNDCARD="default"`);
    for (const property of [
      'SUBJECT FAILUREREASON PSTN_NUMBER CONF_ID CONF_PARTICIPANTS_COUNT RATE RATE_CURRENCY RATE_PRECISION',
      'VM_DURATION VM_ALLOWED_DURATION OUTPUT CAPTURE_MIC VAA_INPUT_STATUS FORWARDED_BY TRANSFER_ACTIVE',
      'TRANSFER_STATUS TRANSFERRED_BY TRANSFERRED_TO VIDEO_STATUS VIDEO_SEND_STATUS VIDEO_RECEIVE_STATUS DURATION',
    ].flatMap((line) => line.split(' '))) {
      expect(get(alice, out, property)).toMatch(new RegExp(`^CALL ${out} ${property}`));
    }
    expect(get(alice, out, 'NONSENSE')).toBe('ERROR 13 Invalid PROP');
    expect(get(alice, in_, 'STATUS')).toBe('ERROR 12 Unknown call');
  });

  it.each([
    ['the caller hangs up before the answer', 'alice', 'CANCELLED', 'MISSED'],
    ['the callee refuses', 'bob', 'REFUSED', 'REFUSED'],
  ])('%s', async (_name, who, callers, callees) => {
    await using w = await world();
    const { alice, bob, out, in_ } = await ringing(w);
    if (who === 'alice') alice.send(`SET CALL ${out} STATUS FINISHED`);
    else bob.send(`ALTER CALL ${in_} END HANGUP`);
    expect(statuses(alice, out).at(-1)).toBe(callers);
    expect(statuses(bob, in_).at(-1)).toBe(callees);
    expect(alice.send('SEARCH ACTIVECALLS')).toEqual(['CALLS ']);
  });

  it('is a missed call of a callee that does not answer, until SET CALL SEEN', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await ringing(w);
    await w.clock.advance(60_000);
    expect(statuses(alice, out).at(-1)).toBe('MISSED');
    expect(statuses(bob, in_).at(-1)).toBe('MISSED');
    expect(bob.send('SEARCH MISSEDCALLS')).toEqual([`CALLS ${in_}`]);
    expect(alice.send('SEARCH MISSEDCALLS')).toEqual(['CALLS ']);
    const seen = `CALL ${in_} SEEN TRUE`;
    expect(bob.send(`SET CALL ${in_} SEEN`)).toEqual([seen, seen]);
    expect(bob.send('SEARCH MISSEDCALLS')).toEqual(['CALLS ']);
  });

  it('is BUSY where the callee has call waiting off, and is a missed call of the callee', async () => {
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', callWaiting: false }, { handle: 'carol' }],
    });
    const { bob, in_ } = await talking(w);
    const carol = w.client('carol');
    const busy = idOf(carol.send('CALL bob')[0]);
    await w.clock.advance(600);
    expect(statuses(carol, busy).at(-1)).toBe('BUSY');
    expect(statuses(bob, in_).at(-1)).toBe('INPROGRESS');
    expect(bob.send('SEARCH MISSEDCALLS')).toEqual([`CALLS ${bob.newest('CALL')}`]);
  });

  it('is held from either side, or from both', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    alice.send(`ALTER CALL ${out} HOLD`);
    bob.send(`SET CALL ${in_} STATUS ONHOLD`);
    alice.send(`ALTER CALL ${out} RESUME`);
    bob.send(`SET CALL ${in_} STATUS INPROGRESS`);
    const sinceAnswer = (all: string[]) => all.slice(all.indexOf('INPROGRESS') + 1);
    expect(sinceAnswer(statuses(alice, out))).toEqual(['LOCALHOLD', 'LOCALHOLD', 'REMOTEHOLD', 'INPROGRESS']);
    expect(sinceAnswer(statuses(bob, in_))).toEqual([
      'REMOTEHOLD',
      'REMOTEHOLD',
      'LOCALHOLD',
      'LOCALHOLD',
      'INPROGRESS',
      'INPROGRESS',
    ]);
    expect(alice.send(`ALTER CALL ${out} RESUME`)).toEqual(['ERROR 559 CALL: Action failed']);
    expect(alice.send(`SET CALL ${out} STATUS INPROGRESS`)).toEqual([
      'ERROR 23 Cannot resume this call at the moment',
    ]);
  });

  it('is ONHOLD, and FINISHED instead of CANCELLED, for clients of protocol 1', async () => {
    await using w = await world();
    const old = w.client('alice', { protocol: 1 });
    const { alice, out } = await talking(w);
    alice.send(`ALTER CALL ${out} HOLD`);
    expect(statuses(old, out).at(-1)).toBe('ONHOLD');
    alice.send(`ALTER CALL ${out} HANGUP`);
    const second = idOf(alice.send('CALL bob')[0]);
    alice.send(`ALTER CALL ${second} HANGUP`);
    expect(statuses(alice, second).at(-1)).toBe('CANCELLED');
    expect(statuses(old, second).at(-1)).toBe('FINISHED');
  });

  it('carries digits, each told to the other end', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    expect(alice.send(`SET CALL ${out} DTMF 12#`)).toEqual([`SET CALL ${out} DTMF 12#`]);
    expect(bob.told(`CALL ${in_} DTMF`)).toEqual(['1', '2', '#']);
    expect(alice.send(`SET CALL ${out} DTMF x`)).toEqual(['ERROR 42 Invalid DTMF code']);
    expect(bob.send(`ALTER CALL ${in_} DTMF *`)).toEqual([`ALTER CALL ${in_} DTMF *`]);
    expect(alice.told(`CALL ${out} DTMF`)).toEqual(['*']);
    expect(alice.send('BTN_RELEASED 7')).toEqual(['BTN_RELEASED 7']);
    expect(bob.told(`CALL ${in_} DTMF`).at(-1)).toBe('7');
  });

  it('queues up to 100 digits to be sent; a command that would exceed that is refused as a whole', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    const [full, more] = ['1'.repeat(100), '2'.repeat(1_000_000)];
    expect(alice.send(`SET CALL ${out} DTMF ${more}`)).toEqual(['ERROR 42 Invalid DTMF code']);
    expect(alice.send(`SET CALL ${out} DTMF ${full}`)).toEqual([`SET CALL ${out} DTMF ${full}`]);
    expect(alice.send(`SET CALL ${out} DTMF 2`)).toEqual(['ERROR 42 Invalid DTMF code']);
    expect(alice.send(`ALTER CALL ${out} DTMF 2`)).toEqual(['ERROR 559 CALL: Action failed']);
    expect(bob.told(`CALL ${in_} DTMF`)).toHaveLength(100);
    await w.clock.advance(2000);
    expect(alice.send(`ALTER CALL ${out} DTMF 2`)).toEqual([`ALTER CALL ${out} DTMF 2`]);
    expect(bob.told(`CALL ${in_} DTMF`).at(-1)).toBe('2');
  });

  it('goes through the states of video, where there is a camera', async () => {
    await using w = await world({ users: [{ handle: 'alice', video: true }, { handle: 'bob' }] });
    const { alice, bob, out, in_ } = await talking(w);
    expect(alice.send(`GET CALL ${out} VIDEO_STATUS`)).toEqual([
      `CALL ${out} VIDEO_STATUS VIDEO_SEND_ENABLED`,
    ]);
    alice.send(`ALTER CALL ${out} START_VIDEO_SEND`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${out} STOP_VIDEO_SEND`);
    await w.clock.advance(1000);
    const states = ['STARTING', 'RUNNING', 'STOPPING', 'AVAILABLE'];
    expect(alice.told(`CALL ${out} VIDEO_SEND_STATUS`)).toEqual(states);
    expect(bob.told(`CALL ${in_} VIDEO_RECEIVE_STATUS`)).toEqual(states);
    expect(bob.send(`ALTER CALL ${in_} START_VIDEO_SEND`)).toEqual(['ERROR 559 CALL: Action failed']);
  });

  it('pauses its video on hold, and can refuse it', async () => {
    await using w = await world({ users: [{ handle: 'alice', video: true }, { handle: 'bob' }] });
    const { alice, bob, out, in_ } = await talking(w);
    const act = async (client: Client, command: string) => {
      client.send(command);
      await w.clock.advance(1000);
    };
    await act(alice, `ALTER CALL ${out} START_VIDEO_SEND`);
    await act(bob, `ALTER CALL ${in_} HOLD`);
    await act(bob, `ALTER CALL ${in_} RESUME`);
    await act(alice, `ALTER CALL ${out} STOP_VIDEO_SEND`);
    alice.send(`ALTER CALL ${out} START_VIDEO_SEND`);
    await act(bob, `ALTER CALL ${in_} STOP_VIDEO_RECEIVE`);
    await act(alice, `ALTER CALL ${out} START_VIDEO_SEND`);
    const states = ['STARTING', 'RUNNING', 'PAUSED', 'RUNNING', 'STOPPING', 'AVAILABLE'];
    states.push('STARTING', 'REJECTED', 'STARTING', 'RUNNING');
    expect(alice.told(`CALL ${out} VIDEO_SEND_STATUS`)).toEqual(states);
    expect(bob.told(`CALL ${in_} VIDEO_RECEIVE_STATUS`)).toEqual(states);
  });

  it.each([
    ['ALTER CALL 99 HANGUP', 'ERROR 556 CALL: Invalid call ID given'],
    ['SET CALL 99 STATUS FINISHED', 'ERROR 20 Unknown call'],
    ['GET CALL 99 STATUS', 'ERROR 12 Unknown call'],
    ['CALL !', 'ERROR 34 invalid user handle'],
    ['CALL nobody.here', 'ERROR 93 call error: no user nobody.here on this exchange'],
    ['CALL alice', 'ERROR 92 call error'],
    ['CALL bob, bob, bob, bob, carol', 'ERROR 73 too many participants'],
  ])('answers %s with %s', async (command, error) => {
    await using w = await world();
    expect(w.client().send(command)).toEqual([error]);
  });

  it('changes its status only as the life cycle of a CALL allows', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    alice.send(`ALTER CALL ${out} HOLD`);
    bob.send(`ALTER CALL ${in_} HOLD`);
    bob.send(`ALTER CALL ${in_} HANGUP`);
    const again = await talking(w);
    again.bob.send(`ALTER CALL ${again.in_} HOLD`);
    again.bob.send(`ALTER CALL ${again.in_} TRANSFER carol`);
    await w.clock.advance(1000);
    again.alice.send(`ALTER CALL ${again.out} HANGUP`);
    for (const [client, id] of [
      [alice, out],
      [bob, in_],
      [again.alice, again.out],
      [again.bob, again.in_],
    ] as const) {
      const path = statuses(client, id);
      for (const [index, to] of path.slice(1).entries()) {
        expect(canCallMove(path[index] ?? '', to), `${path[index]} -> ${to}`).toBe(true);
      }
      expect(CALL_TRANSITIONS[path.at(-1) as 'FINISHED']).toEqual([]);
    }
  });
});

describe('call forwarding', () => {
  it('rings the targets of its rules, each in its time, when the callee does not answer', async () => {
    await using w = await world();
    const bob = w.client('bob');
    bob.send('SET PROFILE CALL_NOANSWER_TIMEOUT 10');
    bob.send('SET PROFILE CALL_FORWARD_RULES 0,10,carol 5,20,echo123');
    bob.send('SET PROFILE CALL_APPLY_CF TRUE');
    const alice = w.client('alice');
    const carol = w.client('carol');
    const out = idOf(alice.send('CALL bob')[0]);
    await w.clock.advance(10_500);
    expect(bob.told(`CALL ${bob.newest('CALL')} STATUS`)).toEqual(['RINGING', 'MISSED']);
    expect(carol.told(`CALL ${carol.newest('CALL')} STATUS`)).toEqual(['RINGING']);
    const call = carol.newest('CALL');
    expect(carol.send(`GET CALL ${call} FORWARDED_BY`)).toEqual([`CALL ${call} FORWARDED_BY bob`]);
    await w.clock.advance(6000);
    // echo123 answers a second after its time has come.
    expect(statuses(alice, out).at(-1)).toBe('INPROGRESS');
    expect(carol.told(`CALL ${call} STATUS`)).toEqual(['RINGING', 'MISSED']);
  });

  it('can be requested while the call rings', async () => {
    await using w = await world();
    const { bob, in_ } = await ringing(w);
    bob.send('SET PROFILE CALL_FORWARD_RULES 0,10,carol');
    expect(bob.send(`ALTER CALL ${in_} END FORWARD_CALL`)[0]).toBe(`ALTER CALL ${in_} END FORWARD_CALL`);
    expect(bob.told(`CALL ${in_} STATUS`).at(-1)).toBe('REFUSED');
  });
});

describe('a call to a phone', () => {
  const lineTo = (w: () => World, behaviour: RobotBehaviour) => ({
    lineTo: (number: string) =>
      new RobotDestination({ handle: number, fullName: number, network: 'PSTN' }, behaviour, w().clock, {
        rate: 1234,
        precision: 2,
        currency: 'EUR',
      }),
  });

  it('has early media and a price, which is taken off the balance', async () => {
    let w: World | undefined;
    const behaviour: RobotBehaviour = {
      ringMs: 3000,
      outcome: 'answer',
      earlyMedia: new Int16Array(16_000),
      steps: [],
      stay: true,
      dropAfterMs: 61_500,
    };
    w = await world({
      gateway: lineTo(() => w as World, behaviour),
      users: [{ handle: 'alice', profile: { PSTN_BALANCE: '5000' } }],
    });
    await using disposed = w;
    const alice = disposed.client();
    const id = idOf(alice.send('CALL 003725555')[0]);
    await disposed.clock.advance(70_000);
    expect(statuses(alice, id)).toEqual([
      'UNPLACED',
      'UNPLACED',
      'ROUTING',
      'RINGING',
      'EARLYMEDIA',
      'INPROGRESS',
      'FINISHED',
    ]);
    expect(alice.send(`GET CALL ${id} PARTNER_HANDLE`)).toEqual([`CALL ${id} PARTNER_HANDLE +3725555`]);
    expect(alice.send(`GET CALL ${id} TYPE`)).toEqual([`CALL ${id} TYPE OUTGOING_PSTN`]);
    expect(alice.told(`CALL ${id} DURATION`).at(-1)).toBe('61');
    expect(alice.told('PROFILE PSTN_BALANCE')).toEqual(['2532']);
  });
});

describe('history', () => {
  it('is searched by partner and cleared by kind', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const second = idOf(alice.send('CALL carol')[0]);
    expect(alice.send('SEARCH CALLS')).toEqual([`CALLS ${out}, ${second}`]);
    expect(alice.send('SEARCH CALLS bob')).toEqual([`CALLS ${out}`]);
    expect(alice.send('SEARCH CALLS !')).toEqual(['ERROR 5 Search CALLS: invalid target']);
    expect(alice.send('SEARCH ACTIVECALLS')).toEqual([`CALLS ${second}`]);
    expect(alice.send('CLEAR CALLHISTORY ALL')).toEqual(['CLEAR CALLHISTORY ALL', 'CALLHISTORYCHANGED']);
    expect(alice.send('SEARCH CALLS')).toEqual([`CALLS ${second}`]);
    expect(bob.send('CLEAR CALLHISTORY OUTGOING')[0]).toBe('CLEAR CALLHISTORY OUTGOING');
    expect(bob.send('SEARCH CALLS')).toEqual([`CALLS ${in_}`]);
    expect(bob.send('CLEAR CALLHISTORY INCOMING alice')[0]).toBe('CLEAR CALLHISTORY INCOMING alice');
    expect(bob.send('SEARCH CALLS')).toEqual(['CALLS ']);
  });

  it('keeps no more calls than its limit, with constant memory', async () => {
    await using w = await world({ historyLimit: 3 });
    const alice = w.client();
    const ids = [1, 2, 3, 4, 5].map(() => {
      const id = idOf(alice.send('CALL bob')[0]);
      alice.send(`ALTER CALL ${id} HANGUP`);
      return id;
    });
    expect(alice.send('SEARCH CALLS')).toEqual([`CALLS ${ids.slice(2).join(', ')}`]);
  });
});
