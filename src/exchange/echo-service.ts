import { fileURLToPath } from 'node:url';
import { msToSamples } from '../pcm.js';
import { toneSamples } from '../voice/tone/tone-samples.js';
import { WavReader } from '../voice/wav/wav-reader.js';
import type { Service } from './conversations.js';

/** How long the call testing service listens, in milliseconds. */
const MESSAGE_MS = 10_000;

const PROMPTS = new URL('../../assets/prompts/', import.meta.url);

/**
 * `echo123`, the call testing service: greets, beeps, records ten seconds of what it hears, plays it back, says
 * good-bye and hangs up.
 */
export async function echoService(): Promise<Service> {
  const [greeting, goodbye] = await Promise.all([prompt('echo-greeting.wav'), prompt('echo-goodbye.wav')]);
  const beep = toneSamples({ frequency: 1000, durationMs: 400, levelDbfs: -12 });
  const pause = new Int16Array(msToSamples(300));
  return {
    handle: 'echo123',
    fullName: 'Echo / Sound Test Service',
    ringMs: 1000,
    script: [
      { say: greeting },
      { say: beep },
      { record: MESSAGE_MS },
      { say: beep },
      { say: pause },
      'play-back',
      { say: pause },
      { say: goodbye },
    ],
  };
}

async function prompt(name: string): Promise<Int16Array> {
  const reader = await WavReader.open(fileURLToPath(new URL(name, PROMPTS)));
  try {
    const samples = new Int16Array(reader.sampleCount);
    let at = 0;
    for await (const chunk of reader) {
      samples.set(chunk, at);
      at += chunk.length;
    }
    return samples;
  } finally {
    await reader.close();
  }
}
