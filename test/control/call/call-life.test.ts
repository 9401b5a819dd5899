import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallState, canCallReach, nextCallState } from '../../../src/control/call/call-life.js';
import { CALL_STATUSES, isTerminalCallStatus } from '../../../src/protocol/status/call-status.js';

/** The statuses after each piece of news; a number is a DURATION. */
function live(...news: readonly (string | number)[]): string[] {
  let state: CallState | undefined;
  return news.map((item, index) => {
    state = nextCallState(
      state,
      typeof item === 'number'
        ? { property: 'DURATION', seconds: item }
        : { property: 'STATUS', status: item },
      index,
    );
    return state?.status ?? '';
  });
}

describe('the life of a call', () => {
  test('of the reference', () => {
    const call = ['UNPLACED', 'ROUTING', 'RINGING', 'INPROGRESS', 'ONHOLD', 'INPROGRESS', 'FINISHED'];
    expect(live(...call)).toEqual(call);
    const transferred = ['RINGING', 'ROUTING', 'RINGING', 'INPROGRESS', 'TRANSFERRING', 'TRANSFERRED'];
    expect(live(...transferred)).toEqual(transferred);
    const voicemail = ['ROUTING', 'VM_PLAYING_GREETING', 'VM_RECORDING', 'VM_UPLOADING', 'VM_SENT'];
    expect(live(...voicemail)).toEqual(voicemail);
    const redialled = ['RINGING', 'WAITING_REDIAL_COMMAND', 'REDIAL_PENDING', 'ROUTING', 'RINGING', 'BUSY'];
    expect(live(...redialled)).toEqual(redialled);
  });

  test('statuses in between can be missing', () => {
    expect(live('ROUTING', 'ONHOLD')).toEqual(['ROUTING', 'ONHOLD']);
    expect(live('UNPLACED', 'FINISHED')).toEqual(['UNPLACED', 'FINISHED']);
  });

  test('a status that arrives after a later one is ignored', () => {
    expect(live('INPROGRESS', 'RINGING')).toEqual(['INPROGRESS', 'INPROGRESS']);
    expect(live('FINISHED', 'INPROGRESS', 'ROUTING')).toEqual(['FINISHED', 'FINISHED', 'FINISHED']);
    expect(live('RINGING', 'UNPLACED')).toEqual(['RINGING', 'RINGING']);
    expect(live('FINISHED', 'NEVER_HEARD_OF')).toEqual(['FINISHED', 'FINISHED']);
  });

  test('a call that the other party transfers is routed and rings again', () => {
    const news = ['INPROGRESS', 'REMOTEHOLD', 'ROUTING', 'RINGING', 'INPROGRESS', 'RINGING', 'FINISHED'];
    let state: CallState | undefined;
    const after = news.map((status, atMs) => {
      state = nextCallState(state, { property: 'STATUS', status, transferred: true }, atMs);
      return state?.status;
    });
    // The last RINGING comes too late, as ever.
    expect(after).toEqual([...news.slice(0, 5), 'INPROGRESS', 'FINISHED']);
    expect(live('REMOTEHOLD', 'ROUTING')).toEqual(['REMOTEHOLD', 'REMOTEHOLD']);
  });

  test('a first DURATION means INPROGRESS', () => {
    expect(live('RINGING', 1, 2)).toEqual(['RINGING', 'INPROGRESS', 'INPROGRESS']);
    expect(live(7)).toEqual(['INPROGRESS']);
    expect(live('RINGING', 0)).toEqual(['RINGING', 'RINGING']);
    expect(live('INPROGRESS', 'LOCALHOLD', 3)).toEqual(['INPROGRESS', 'LOCALHOLD', 'LOCALHOLD']);
    expect(live('FINISHED', 9)).toEqual(['FINISHED', 'FINISHED']);
    expect(live(1, 'RINGING')).toEqual(['INPROGRESS', 'INPROGRESS']);
  });

  test('each state has its own data', () => {
    const talking = nextCallState(undefined, { property: 'STATUS', status: 'INPROGRESS' }, 5);
    const held = nextCallState(talking, { property: 'STATUS', status: 'REMOTEHOLD' }, 9);
    expect(held).toEqual({ phase: 'held', status: 'REMOTEHOLD', atMs: 9, answeredAtMs: 5, by: 'remote' });
    const ended = nextCallState(held, { property: 'STATUS', status: 'FINISHED' }, 12);
    expect(ended).toEqual({ phase: 'ended', status: 'FINISHED', atMs: 12, answeredAtMs: 5 });
    const refused = nextCallState(undefined, { property: 'STATUS', status: 'REFUSED' }, 3);
    expect(refused).toEqual({ phase: 'ended', status: 'REFUSED', atMs: 3, answeredAtMs: undefined });
  });

  test('a status that is not listed is kept', () => {
    expect(live('RINGING', 'PARKED', 'INPROGRESS')).toEqual(['RINGING', 'PARKED', 'INPROGRESS']);
  });

  test('for any notifications: nothing follows the end, and only permitted statuses follow one another', () => {
    const item = fc.oneof(fc.constantFrom(...CALL_STATUSES, 'NEW'), fc.nat(9));
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), (news) => {
        let state: CallState | undefined;
        for (const [index, entry] of news.entries()) {
          const before = state;
          state = nextCallState(
            state,
            typeof entry === 'number'
              ? { property: 'DURATION', seconds: entry }
              : { property: 'STATUS', status: entry },
            index,
          );
          if (before === undefined || before === state) continue;
          expect(isTerminalCallStatus(before.status)).toBe(false);
          expect(canCallReach(before.status, state?.status ?? '')).toBe(true);
        }
      }),
    );
  });
});
