import { expect, it } from 'vitest';
import { VOICE_FORMAT } from '../../../src/base/pcm.js';
import { AgentSpeech } from '../../../src/bot/agent/agent-speech.js';
import { ManualTimeline } from '../../../src/stream/sample-timeline.js';
import { PacedWriter } from '../../../src/stream/send/paced-writer.js';
import { turn } from '../../turns.js';

it('the end of resampled speech after the end of the call throws no error', async () => {
  const timeline = new ManualTimeline(VOICE_FORMAT.sampleRate);
  const player = new PacedWriter({ format: VOICE_FORMAT, leadSamples: 960, timelineStart: 0 });
  player.start({ write: () => true, end: () => undefined }, timeline);
  const marks: [string, boolean][] = [];
  const speech = new AgentSpeech(player, {
    marked: (name, heard) => marks.push([name, heard]),
    overflowed: () => undefined,
  });
  speech.write({ type: 'audio', samples: new Int16Array(160).fill(1000), sampleRate: 8000, channels: 1 });
  timeline.advanceTo(320);
  await turn();
  expect(speech.isSpeaking).toBe(true);
  player.end();
  expect(() => speech.heardUpTo(player.position)).not.toThrow();
  speech.mark('over');
  expect(marks).toEqual([['over', true]]);
  expect(() =>
    speech.write({ type: 'audio', samples: new Int16Array(160), sampleRate: 16_000, channels: 1 }),
  ).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
});
