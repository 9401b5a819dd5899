import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as autoAttendant from '../../examples/bot-auto-attendant.js';
import * as bank from '../../examples/bot-bank.js';
import * as bankFlow from '../../examples/bot-bank-flow.js';
import * as callBackQueue from '../../examples/bot-call-back-queue.js';
import * as conference from '../../examples/bot-conference.js';
import * as echo from '../../examples/bot-echo.js';
import * as helpDesk from '../../examples/bot-help-desk.js';
import * as musicOnHold from '../../examples/bot-music-on-hold.js';
import * as reminder from '../../examples/bot-reminder.js';
import * as survey from '../../examples/bot-survey.js';
import * as voicemailMenu from '../../examples/bot-voicemail-menu.js';
import * as campaignOfTwenty from '../../examples/campaign-of-twenty.js';
import * as speechEngine from '../../examples/speech-engine.js';
import * as twentyCalls from '../../examples/twenty-calls.js';
import * as voiceAgent from '../../examples/voice-agent.js';

const speech = 'assets/speech/reader-870.wav';

describe('bots', () => {
  it('an agent talks back, and hangs up', async () => {
    expect(await voiceAgent.run({ speech })).toEqual({ outcome: 'done' });
  });

  it('auto-attendant: a wrong key, then through to the workshop', async () => {
    const { results } = await autoAttendant.run();
    expect(results).toMatchObject([{ outcome: 'done', status: 'FINISHED' }]);
  });

  it('bank: a balance after a wrong PIN, then the desk; the transcript has no PIN', async () => {
    const { results, transcript } = await bank.run();
    expect(results[0]).toMatchObject({ outcome: 'done' });
    expect(JSON.stringify(transcript.filter(({ who }) => who === 'bot'))).not.toMatch(/8642|0000/);
  });

  it('bank as a flow: a balance, nobody at the desk, and a message', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-bank-'));
    try {
      const { results, steps, transcript } = await bankFlow.run({ folder });
      expect(results).toMatchObject([{ outcome: 'done' }]);
      expect(steps.join(' ')).toMatch(
        /^menu account known silent pin check wrong again pin .*balance menu desk message$/,
      );
      expect(JSON.stringify(transcript.filter(({ who }) => who === 'bot'))).not.toMatch(/8642|1111/);
      expect(await readdir(join(folder, 'messages'))).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('help desk: a ticket by message, and one by phone whose number comes as a message', async () => {
    const { tickets } = await helpDesk.run();
    expect(tickets).toEqual(['1: The printer\nis on fire', '2: a call']);
  });

  it('reminder: a voicemail where nobody answers', async () => {
    const { call, voicemailSeconds } = await reminder.run();
    expect(call).toBe('unanswered');
    expect(voicemailSeconds).toBeGreaterThan(0);
  });

  it('voicemail menu: what was left is heard again', async () => {
    const { results } = await voicemailMenu.run({ speech });
    expect(results).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }]);
  });

  it('survey: two answers, by a key and by a tone', async () => {
    const { answers } = await survey.run({ speech });
    expect(answers).toEqual([{ who: 'caller', flour: 4, price: 2 }]);
  });

  it('call-back queue: a caller who hung up keeps the place, and is served first', async () => {
    const { results, figures } = await callBackQueue.run();
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(figures).toMatchObject({ entered: 2, handled: 2, waiting: 0, abandoned: 0 });
  });

  it('a campaign of twenty: local hours, a holiday, second calls, and the do-not-call list', async () => {
    const { results, never, report } = await campaignOfTwenty.run();
    const last = new Map(results.map((result) => [result.target, result]));
    const outcomes = [...last.values()].map(({ outcome }) => outcome);
    const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
    expect(last.size).toBe(20);
    expect([count('unanswered'), count('do-not-call')]).toEqual([1, 1]);
    expect(last.get('patient7')).toMatchObject({ attempt: 2, variables: { answer: '1' } });
    expect(never).toEqual(new Set(['patient20', 'patient12']));
    // In Tokyo the day was over, and the next was a holiday; nobody answered on the third.
    expect(new Date(last.get('patient3')!.placedAtMs).toISOString()).toMatch(/^2027-03-04T00:00/);
    expect(report.split('\r\n')).toHaveLength(results.length + 2);
  });

  it('twenty calls: one that throws ends alone', async () => {
    const { byOutcome } = await twentyCalls.run();
    expect(byOutcome).toEqual({ done: 14, failed: 4, 'hung-up': 2 });
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
