import { expect, it } from 'vitest';
import { joinedVoices } from '../../../src/line/sip-call/joined-voices.js';
import { SwitchedVoice } from '../../../src/line/sip-call/switched-voice.js';

const frameOf = (value: number) => new Int16Array(320).fill(value);

it('says at one end what the other end hears, in order, also after a stall, and reports what is missing', () => {
  const [near, far] = joinedVoices();
  const said = () => {
    const frame = frameOf(-1);
    void far.speak(frame);
    return [
      frame[0],
      far
        .madeUp?.()
        .map(({ reason }) => reason)
        .join(),
    ];
  };
  // Nothing was said yet: that is no loss.
  expect(said()).toEqual([0, '']);
  void near.hear(frameOf(1));
  void near.hear(frameOf(2), [{ from: 0, samples: 320, reason: 'lost' }]);
  expect([said(), said(), said()]).toEqual([
    [1, ''],
    [2, 'lost'],
    [0, 'held-up'],
  ]);
  for (let value = 3; value < 23; value++) void near.hear(frameOf(value));
  for (let value = 3; value < 23; value++) expect(said()).toEqual([value, '']);
});

it('does not keep the delay of a stall', () => {
  const [near, far] = joinedVoices();
  for (let value = 0; value < 6; value++) void near.hear(frameOf(value));
  const frame = frameOf(-1);
  for (let value = 6; value < 600; value++) {
    void near.hear(frameOf(value));
    void far.speak(frame);
  }
  expect(frame[0]).toBe(599);
});

it('reports concealed samples also through a connected voice', () => {
  const [near, far] = joinedVoices();
  const switched = new SwitchedVoice(joinedVoices()[0]);
  switched.become(near);
  void switched.hear(frameOf(1), [{ from: 0, samples: 320, reason: 'lost' }]);
  void far.speak(frameOf(-1));
  expect(far.madeUp?.()).toEqual([{ from: 0, samples: 320, reason: 'lost' }]);
});
