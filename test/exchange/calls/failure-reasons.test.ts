import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureReason } from '../../../src/exchange/calls/call-end.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';
import {
  CALL_FAILURE_REASONS,
  type CallFailureReason,
} from '../../../src/protocol/status/failure-reasons.js';
import { type RobotBehaviour, RobotDestination } from '../../../src/switch/robot.js';
import { idOf, statuses, talking } from '../talking.js';
import { folder, world } from '../world.js';

/** A call that fails for this reason, and why it does. */
interface Cause {
  readonly why: string;
  readonly options?: ExchangeOptions;
  /** What bob's client says first. */
  readonly bob?: string;
  /** What alice's client says. Default `CALL bob`. */
  readonly alice?: string;
  readonly also?: readonly string[];
}

const NO_SOUND = () => {
  throw new Error('no sound');
};

/** Causes that come up by themselves. */
const CAUSES: Readonly<Partial<Record<CallFailureReason, Cause>>> = {
  1: {
    why: 'a gateway that throws',
    options: {
      gateway: {
        lineTo: () => {
          throw new Error('trunk down');
        },
      },
    },
    alice: 'CALL +3725555',
    also: ['PSTN_STATUS trunk down'],
  },
  2: {
    why: 'a phone number that does not exist',
    options: { gateway: { lineTo: () => undefined } },
    alice: 'CALL +3725555',
  },
  3: { why: 'a callee who is offline', bob: 'SET USERSTATUS OFFLINE' },
  4: { why: 'no gateway to phones', alice: 'CALL +3725555' },
  9: { why: 'a callee who has blocked the caller', bob: 'SET USER alice ISBLOCKED TRUE' },
  10: {
    why: 'a callee who takes calls from contacts only',
    options: { users: [{ handle: 'alice' }, { handle: 'bob', callsFrom: 'contacts' }] },
  },
  11: {
    why: 'a callee who has to authorise callers',
    options: { users: [{ handle: 'alice' }, { handle: 'bob', callsFrom: 'authorized' }] },
  },
};

/** Those that come of something else than dialling, each with its own test below. */
const OTHERWISE: readonly CallFailureReason[] = [5, 7, 8, 12, 13, 14];
/** All calls have one codec here: the reason is a robot's only. */
const ROBOTS_ONLY: readonly CallFailureReason[] = [6];

describe('failure reasons', () => {
  it('are all accounted for', () => {
    const accounted = [...Object.keys(CAUSES).map(Number), ...OTHERWISE, ...ROBOTS_ONLY];
    expect(accounted.sort((a, b) => a - b)).toEqual(Object.keys(CALL_FAILURE_REASONS).map(Number));
  });

  it.each(Object.entries(CAUSES).map(([reason, cause]) => [reason, cause.why, cause] as const))(
    '%s: %s',
    async (reason, _why, { options, bob, alice = 'CALL bob', also = [] }) => {
      await using w = await world(options);
      const caller = w.client();
      if (bob) w.client('bob').send(bob);
      const id = idOf(caller.send(alice)[0]);
      await w.clock.advance(1000);
      expect(caller.told(`CALL ${id} FAILUREREASON`)).toEqual([reason]);
      expect(statuses(caller, id).at(-1)).toBe('FAILED');
      for (const line of also) expect(caller.lines).toContain(`CALL ${id} ${line}`);
    },
  );

  it.each(Object.keys(CALL_FAILURE_REASONS))('%s: a robot that fails with that reason', async (key) => {
    await using w = await world();
    const reason = Number(key) as CallFailureReason;
    const behaviour: RobotBehaviour = {
      ringMs: 0,
      outcome: { kind: 'failed', reason: failureReason(reason) },
      steps: [],
      stay: false,
    };
    const identity = { handle: 'trouble', fullName: 'Trouble', network: 'P2P' } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    const alice = w.client();
    const id = idOf(alice.send('CALL trouble')[0]);
    await w.clock.advance(1000);
    expect(alice.told(`CALL ${id} FAILUREREASON`)).toEqual([key]);
  });

  it('5: a call that a restart has cut off', async () => {
    const stateFolder = folder();
    const cut = await world({ stateFolder });
    const id = idOf(cut.client().send('CALL bob')[0]);
    // The journal as a killed process would leave it; the folder itself is still the first exchange's.
    const left = folder();
    copyFileSync(join(stateFolder, 'exchange.jsonl'), join(left, 'exchange.jsonl'));
    await using again = await world({ stateFolder: left });
    expect(again.client().send(`GET CALL ${id} FAILUREREASON`)).toEqual([`CALL ${id} FAILUREREASON 5`]);
  });

  it.each([
    ['12', 'microphone', { capture: NO_SOUND, play: () => undefined }],
    ['7', 'speaker', { capture: () => undefined, play: NO_SOUND }],
  ])('%s: a %s that fails, which is 8 at the other end', async (reason, _device, soundCard) => {
    await using w = await world({ users: [{ handle: 'alice', soundCard }, { handle: 'bob' }] });
    const { alice, bob, out, in_ } = await talking(w);
    await w.clock.advance(100);
    expect(alice.told(`CALL ${out} FAILUREREASON`)).toEqual([reason]);
    expect(bob.told(`CALL ${in_} FAILUREREASON`)).toEqual(['8']);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['FAILED', 'FAILED']);
  });

  it('7: a speaker that fails while early media plays', async () => {
    const soundCard = { capture: () => undefined, play: NO_SOUND };
    await using w = await world({ users: [{ handle: 'alice', soundCard }] });
    const behaviour: RobotBehaviour = {
      ringMs: 5000,
      outcome: 'answer',
      earlyMedia: new Int16Array(16_000),
      steps: [],
      stay: true,
    };
    const identity = { handle: 'early', fullName: 'Early', network: 'P2P' } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    const alice = w.client();
    const id = idOf(alice.send('CALL early')[0]);
    await w.clock.advance(1000);
    expect(alice.told(`CALL ${id} FAILUREREASON`)).toEqual(['7']);
    expect(statuses(alice, id).at(-1)).toBe('FAILED');
  });

  it("13: a commercial contact costs more than the caller's balance", async () => {
    const profile = { PSTN_BALANCE: '199' };
    await using w = await world({ users: [{ handle: 'alice', profile }] });
    const behaviour: RobotBehaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true };
    const identity = { handle: 'advice', fullName: 'Advice', network: 'P2P' } as const;
    const tariff = { rate: 200, precision: 2, currency: 'EUR' };
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock, tariff));
    const alice = w.client();
    const id = idOf(alice.send('CALL advice')[0]);
    await w.clock.advance(1000);
    expect(alice.told(`CALL ${id} FAILUREREASON`)).toEqual(['13']);
    await using rich = await world({ users: [{ handle: 'alice', profile: { PSTN_BALANCE: '200' } }] });
    rich.exchange.addRobot(new RobotDestination(identity, behaviour, rich.clock, tariff));
    const caller = rich.client();
    const answered = idOf(caller.send('CALL advice')[0]);
    await rich.clock.advance(2000);
    expect(statuses(caller, answered).at(-1)).toBe('INPROGRESS');
    caller.send(`ALTER CALL ${answered} HANGUP`);
    expect(caller.told('PROFILE PSTN_BALANCE')).toEqual(['0']);
  });

  it('14: the host of a conference leaves', async () => {
    await using w = await world();
    const [alice, bob, carol] = [w.client(), w.client('bob'), w.client('carol')];
    const id = idOf(alice.send('CALL bob, carol')[0]);
    await w.clock.advance(600);
    for (const client of [bob, carol]) client.send(`ALTER CALL ${client.newest('CALL')} ANSWER`);
    await w.clock.advance(100);
    alice.send(`ALTER CALL ${id} HANGUP`);
    expect(bob.told(`CALL ${bob.newest('CALL')} FAILUREREASON`)).toEqual(['14']);
    expect(statuses(bob, bob.newest('CALL')).at(-1)).toBe('FINISHED');
  });
});
