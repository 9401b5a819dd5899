// Gives back what is said, and tells how long that takes as a pitch: `npm run example -- bot-echo`.
import { type BotCall, bot, Exchange, msToSamples, samplesToMs, testBot } from 'jackfield';
import type { TranscriptLine } from 'jackfield/bot';
import { ToneDetector } from 'jackfield/voice';

const PING = { tone: 1800, ms: 200 } as const;
/** One octave for each doubling of the delay; 100 ms sound as 220 Hz. */
const pitchOf = (delayMs: number) => Math.min(3000, Math.max(110, 2.2 * delayMs));

/** Sends a ping and times its return from whoever echoes at the far end; undefined when none comes in 3 s. */
async function roundTripMs(call: BotCall): Promise<number | undefined> {
  const detector = new ToneDetector({ frequency: PING.tone });
  const sentAt = call.heardMs;
  void call.say(PING);
  let first: number | undefined;
  for await (const { samples, position } of call.listen()) {
    first ??= position;
    const begin = detector.push(samples).find((event) => event.type === 'begin');
    if (begin) return samplesToMs(first + begin.position) - sentAt;
    if (position - first > msToSamples(3000)) return undefined;
  }
  return undefined;
}

/** Says the delay as a tone, then repeats the caller until the hang-up. */
export const echo = bot(
  async (call) => {
    const delayMs = await roundTripMs(call);
    if (delayMs !== undefined) await call.say({ tone: pitchOf(delayMs), ms: 500 });
    const heard = call.listen();
    const samples = (async function* () {
      for await (const chunk of heard) yield chunk.samples;
    })();
    await call.say({ stream: samples });
  },
  { name: 'echo', toneDigits: false },
);

/** A caller whose line echoes after 300 ms, and who then speaks and hears himself. */
export async function run(
  options: { readonly speech?: string } = {},
): Promise<{ readonly pitch: number; readonly transcript: readonly TranscriptLine[] }> {
  const { speech = 'assets/speech/reader-870.wav' } = options;
  let pitch = 0;
  const { transcript } = await testBot(
    echo,
    async (caller) => {
      await caller.hears(PING);
      await caller.waits(100);
      await caller.speaks(PING);
      const before = caller.heard().length;
      await caller.hearsSilence(700);
      pitch = frequencyOf(caller.heard().subarray(before));
      await caller.speaks({ file: speech });
      await caller.hears({ file: speech }, { withinMs: 20_000 });
    },
    { exchange: Exchange },
  );
  return { pitch, transcript };
}

/** Of the loud part of one tone, in Hz. */
function frequencyOf(samples: Int16Array): number {
  const loud = samples.filter((sample) => Math.abs(sample) > 0);
  const crossings = loud.filter((sample, index) => sample > 0 && (loud[index - 1] ?? 0) < 0).length;
  return (crossings * 1000) / samplesToMs(loud.length);
}
