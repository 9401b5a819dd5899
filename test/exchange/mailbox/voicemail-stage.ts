import { join } from 'node:path';
import { expect } from 'vitest';
import type { SoundCard } from '../../../src/exchange/devices/sound-card.js';
import type { VoicemailFault } from '../../../src/exchange/mailbox/voicemail-failure.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { type Client, folder, settle, type World, world } from '../world.js';

export const SPEECH = toneSamples({ frequency: 440, durationMs: 1234 });

/** Speech, as a file. */
export async function wavFile(root: string, samples = SPEECH): Promise<string> {
  const path = join(root, 'speech.wav');
  await using wav = await WavWriter.create(path);
  await wav.write(samples);
  return path;
}

/** Lets time run until the client has got `line`, not counting the first `from` that it got. */
export async function until(w: World, client: Client, line: RegExp, from = 0): Promise<void> {
  for (let step = 0; step < 3000 && !client.lines.slice(from).some((each) => line.test(each)); step++) {
    await settle();
    await w.clock.advance(20);
  }
  expect(
    client.lines.slice(from).filter((each) => line.test(each)),
    client.lines.join('\n'),
  ).not.toEqual([]);
}

/** Greetings of a second, so that messages begin soon. */
export async function voicemailWorld(
  extra: { soundCard?: SoundCard; stateFolder?: string; faults?: readonly VoicemailFault[] } = {},
) {
  const root = folder();
  const greeting = await wavFile(root);
  const w = await world({
    users: [
      {
        handle: 'alice',
        ...(extra.soundCard && { soundCard: extra.soundCard }),
        ...(extra.faults && { voicemailFaults: extra.faults }),
      },
      { handle: 'bob', fullName: 'Bob', greeting, voicemailSeconds: 20 },
      { handle: 'none', voicemail: false },
    ],
    fileRoots: [root],
    ...(extra.stateFolder && { stateFolder: extra.stateFolder }),
  });
  return { w, root };
}
