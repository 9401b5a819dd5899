import { describe, expect, it } from 'vitest';
import * as autoAttendant from '../../examples/bot-auto-attendant.js';
import * as callBackQueue from '../../examples/bot-call-back-queue.js';
import * as conference from '../../examples/bot-conference.js';
import * as echo from '../../examples/bot-echo.js';
import * as musicOnHold from '../../examples/bot-music-on-hold.js';
import * as survey from '../../examples/bot-survey.js';
import * as voicemailMenu from '../../examples/bot-voicemail-menu.js';
import * as speechEngine from '../../examples/speech-engine.js';

const speech = 'assets/speech/reader-870.wav';

describe('bots', () => {
  it('auto-attendant: a wrong key, then through to the workshop', async () => {
    const { results } = await autoAttendant.run();
    expect(results).toMatchObject([{ outcome: 'done', status: 'FINISHED' }]);
  });

  it('voicemail menu: what was left is heard again', async () => {
    const { results } = await voicemailMenu.run({ speech });
    expect(results).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }]);
  });

  it('survey: two answers, by a key and by a tone', async () => {
    const { answers } = await survey.run({ speech });
    expect(answers).toEqual([{ who: 'caller', flour: 4, price: 2 }]);
  });

  it('call-back queue: the agent talks to who waited', async () => {
    const { results } = await callBackQueue.run();
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  });

  it('echo: the pitch tells the delay, and speech comes back', async () => {
    const { pitch } = await echo.run({ speech });
    expect(pitch).toBeGreaterThan(2.2 * 300);
    expect(pitch).toBeLessThan(2.2 * 700);
  });

  it('a speech engine from npm: two languages, and numbers in words', async () => {
    const lengths = Object.values(await speechEngine.run());
    expect(lengths).toHaveLength(6);
    for (const length of lengths) expect(length).toBeGreaterThan(500);
  });

  it('music on hold: until the agent answers', async () => {
    const { results } = await musicOnHold.run();
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });

  it('conference: everybody hears everybody else', async () => {
    const { results } = await conference.run();
    expect(results.map(({ outcome }) => outcome)).toEqual(['hung-up', 'hung-up', 'hung-up']);
  });
});
