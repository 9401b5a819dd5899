import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import {
  checkTimeout,
  deadlineIn,
  fired,
  TimeLimit,
  type Wait,
  waitFor,
  whenFired,
} from '../../src/base/wait.js';
import { turn } from '../turns.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

/** A wait with every limit, settled from outside; counts how often its listening was stopped. */
function openWait(clock: VirtualClock) {
  const own = new AbortController();
  const ended = new AbortController();
  const parts: {
    stopped: number;
    resolve: (value: string) => void;
    reject: (error: unknown) => void;
  } = { stopped: 0, resolve: () => undefined, reject: () => undefined };
  const wait: Wait<string> = {
    what: 'a word',
    signal: own.signal,
    ended: ended.signal,
    deadline: deadlineIn(clock, 100, () => 'nothing'),
    begin(resolve, reject) {
      Object.assign(parts, { resolve, reject });
      return () => parts.stopped++;
    },
  };
  return { own, ended, parts, wait };
}

describe('waitFor', () => {
  const gone = new Error('gone');
  const ends: [string, (open: ReturnType<typeof openWait>, clock: VirtualClock) => unknown, unknown][] = [
    ['what it listens to', ({ parts }) => parts.resolve('yes'), 'yes'],
    ['an error', ({ parts }) => parts.reject(gone), gone],
    ['its signal', ({ own }) => own.abort(gone), { code: 'ERR_ABORTED', cause: gone }],
    ['the end of its subject', ({ ended }) => ended.abort(gone), gone],
    ['its deadline', (_, clock) => clock.advance(100), 'nothing'],
  ];

  it('removes all listeners and timers when begin throws', async () => {
    const clock = new VirtualClock();
    const { own, ended, wait } = openWait(clock);
    const begin = () => {
      throw gone;
    };
    await expect(waitFor({ ...wait, begin })).rejects.toBe(gone);
    expect([listeners(own.signal), listeners(ended.signal)]).toEqual([0, 0]);
    await clock.run();
    expect(clock.now()).toBe(0);
  });

  it.each(ends)('is ended by %s, and removes its other listeners and timers', async (_, end, outcome) => {
    const clock = new VirtualClock();
    const open = openWait(clock);
    const result = waitFor(open.wait).catch((error: unknown) => error);
    await end(open, clock);
    if (typeof outcome === 'string') expect(await result).toBe(outcome);
    else expect(await result).toMatchObject(outcome as Error);
    expect(open.parts.stopped).toBe(1);
    expect([listeners(open.own.signal), listeners(open.ended.signal)]).toEqual([0, 0]);
    // What comes later changes nothing.
    for (const [, again] of ends) await again(open, clock);
    expect(open.parts.stopped).toBe(1);
  });

  it('does not begin when a signal has fired', async () => {
    let begun = 0;
    const wait: Wait<void> = { what: 'a word', begin: () => void begun++ };
    const signal = AbortSignal.abort('enough');
    await expect(waitFor({ ...wait, signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      message: 'The wait for a word was cancelled.',
      cause: 'enough',
    });
    await expect(waitFor({ ...wait, signal, ended: AbortSignal.abort(gone) })).rejects.toBe(gone);
    expect(begun).toBe(0);
  });

  it('stops the listening of a wait that settles while it begins', async () => {
    let stopped = 0;
    const result = waitFor<string>({
      what: 'a word',
      begin(resolve) {
        resolve('at once');
        return () => stopped++;
      },
    });
    expect(stopped).toBe(1);
    expect(await result).toBe('at once');
  });

  it('rejects with the error of begin, and with that of the deadline', async () => {
    const clock = new VirtualClock();
    const fail = () => {
      throw gone;
    };
    await expect(waitFor({ what: 'a word', begin: fail })).rejects.toBe(gone);
    const late = waitFor({
      what: 'a word',
      deadline: deadlineIn(clock, 5, fail),
      begin: () => undefined,
    });
    const rejected = expect(late).rejects.toBe(gone);
    await clock.advance(5);
    await rejected;
  });

  it('refuses a time limit that is not a time, and has no deadline without one', () => {
    const clock = new VirtualClock();
    expect(() => checkTimeout(-1)).toThrow('timeoutMs must be');
    expect(() => deadlineIn(clock, Number.NaN, () => undefined)).toThrow('timeoutMs must be');
    expect(deadlineIn(clock, undefined, () => undefined)).toBeUndefined();
  });
});

describe('a signal', () => {
  it('calls a task once, also when the signal has already fired', () => {
    const source = new AbortController();
    let calls = 0;
    whenFired(source.signal, () => calls++);
    const cancel = whenFired(source.signal, () => calls++);
    cancel();
    source.abort();
    whenFired(source.signal, () => calls++);
    expect(calls).toBe(2);
  });

  it('has one listener for any number of waits, and no listener after the last', () => {
    const source = new AbortController();
    const listeners = () => getEventListeners(source.signal, 'abort').length;
    const called: number[] = [];
    const cancels = Array.from({ length: 50 }, (_, n) => whenFired(source.signal, () => called.push(n)));
    expect(listeners()).toBe(1);
    for (const cancel of cancels) cancel();
    expect(listeners()).toBe(0);
    const [first, second] = [1, 2].map((n) => whenFired(source.signal, () => called.push(n)));
    first?.();
    first?.();
    whenFired(source.signal, () => second?.());
    whenFired(source.signal, () => called.push(3));
    source.abort();
    expect([called, listeners()]).toEqual([[2, 3], 0]);
  });

  it('keeps nothing of a wait that is over, while the signal itself lives on', async () => {
    const source = new AbortController();
    const { signal } = source;
    const forget = whenFired(signal, () => undefined);
    const waited = async (end: (resolve: () => void, reject: (error: unknown) => void) => void) => {
      const value = { of: 'the wait' };
      const begin: Wait<void>['begin'] = (resolve, reject) => {
        end(resolve, reject);
        return () => void value;
      };
      await waitFor<void>({ what: 'it', signal, begin }).catch(() => undefined);
      return new WeakRef(value);
    };
    const held = [
      await waited((resolve) => resolve()),
      await waited((resolve) => queueMicrotask(resolve)),
      await waited((_, reject) => reject(new Error('no'))),
    ];
    await turn();
    collectGarbage();
    expect(held.map((each) => each.deref())).toEqual([undefined, undefined, undefined]);
    forget();
    expect(listeners(signal)).toBe(0);
  });

  it('resolves the waits for it', async () => {
    const source = new AbortController();
    const waiting = fired(source.signal);
    source.abort();
    await waiting;
    await fired(source.signal);
  });
});

describe('TimeLimit', () => {
  it('fires when the time is up, with its own error', async () => {
    const clock = new VirtualClock();
    const late = new Error('late');
    using limit = new TimeLimit(clock, { timeoutMs: 10 }, () => late);
    await clock.advance(9);
    expect(limit.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(limit.signal.reason).toBe(late);
    expect(limit.passed).toBe(true);
  });

  it("fires with the caller's signal, or when it is ended, without waiting for its time", async () => {
    const clock = new VirtualClock();
    const caller = new AbortController();
    using limit = new TimeLimit(clock, { timeoutMs: 10, signal: caller.signal });
    caller.abort('enough');
    await clock.advance(10);
    expect([limit.signal.reason, limit.passed]).toEqual(['enough', false]);
    using other = new TimeLimit(clock, { timeoutMs: 10 });
    other.end();
    await clock.advance(10);
    expect([other.signal.aborted, other.passed]).toEqual([true, false]);
    expect(new TimeLimit(clock, { signal: AbortSignal.abort('before') }).signal.reason).toBe('before');
  });

  it('removes its timer and its listener on the signal', async () => {
    const clock = new VirtualClock();
    const caller = new AbortController();
    const limit = new TimeLimit(clock, { timeoutMs: 10, signal: caller.signal });
    limit[Symbol.dispose]();
    await clock.advance(10);
    caller.abort();
    expect(limit.signal.aborted).toBe(false);
    expect(listeners(caller.signal)).toBe(0);
  });
});
