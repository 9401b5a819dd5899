import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Loudspeaker } from '../../../src/exchange/devices/loudspeaker.js';
import { CountingCard, redirected } from '../voice-stage.js';
import { world } from '../world.js';

const frameOf = (value: number, length = 320) => new Int16Array(length).fill(value);

it('a user with two calls hears their sum, one frame a tick', async () => {
  const card = new CountingCard();
  const voice = (value: number) => ({
    capture: (frame: Int16Array) => void frame.fill(value),
    play: () => undefined,
  });
  await using w = await world({
    users: [
      { handle: 'alice', soundCard: card },
      { handle: 'bob', soundCard: voice(100) },
      { handle: 'carol', soundCard: voice(23) },
    ],
  });
  const alice = w.client('alice');
  const calls: number[] = [];
  for (const handle of ['bob', 'carol']) {
    const other = w.client(handle);
    alice.send(`CALL ${handle}`);
    calls.push(alice.newest('CALL'));
    await w.clock.advance(600);
    other.send(`ALTER CALL ${other.newest('CALL')} ANSWER`);
    await w.clock.advance(190);
  }
  const from = card.played.length;
  await w.clock.advance(1000);
  const heard = card.played.slice(from).map(([first]) => first);
  expect(heard).toEqual(new Array(50).fill(123));
  // One of them is redirected: the other goes on alone.
  await redirected(alice, `ALTER CALL ${calls[0]} SET_OUTPUT SOUNDCARD="none"`);
  await w.clock.advance(40);
  const later = card.played.length;
  await w.clock.advance(1000);
  expect(card.played.slice(later).map(([first]) => first)).toEqual(new Array(50).fill(23));
});

it('each frame of each call is played once, in order, while calls come and go', () => {
  const step = fc.record({ call: fc.nat(2), act: fc.constantFrom('play', 'play', 'play', 'play', 'pause') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 90 }), (steps) => {
      const card = new CountingCard();
      const loudspeaker = new Loudspeaker(card);
      const calls = [{}, {}, {}];
      let given = 0;
      for (const { call, act } of steps) {
        const which = calls[call] ?? {};
        if (act === 'pause') loudspeaker.pause(which);
        else loudspeaker.play(which, frameOf(10 ** call));
        if (act === 'play') given += 10 ** call;
      }
      const sum = card.played.reduce((all, [first = 0]) => all + first, 0);
      expect(sum).toBeLessThanOrEqual(given);
      for (const [first = 0] of card.played) expect([1, 10, 100, 11, 101, 110, 111]).toContain(first);
    }),
  );
});

it('a call that is two seconds behind is no longer waited for', () => {
  const card = new CountingCard();
  const loudspeaker = new Loudspeaker(card);
  const [ahead, behind] = [{}, {}];
  loudspeaker.play(behind, frameOf(1));
  for (let tick = 0; tick < 300; tick++) loudspeaker.play(ahead, frameOf(2));
  expect(card.played.length).toBe(1 + 200);
  loudspeaker.play(behind, frameOf(1));
  expect(card.played.at(-1)?.[0]).toBe(3);
});
