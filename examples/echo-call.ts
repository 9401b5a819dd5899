// Speaks to the call testing service and listens for the echo: `npm run example -- echo-call`.
import {
  attach,
  collectSamples,
  Exchange,
  MemoryTransport,
  msToSamples,
  openCallVoice,
  PcmServer,
  VirtualClock,
  WavReader,
} from 'jackfield';
import { ToneDetector } from 'jackfield/voice';

export interface Options {
  /** What to say: a 16 kHz mono WAV file of at most ten seconds. */
  readonly speech: string;
}

export interface Echo {
  readonly said: Int16Array;
  readonly heard: Int16Array;
}

/** Returns what was said and what came back. On a virtual clock, so that it takes no half minute. */
export async function run({ speech }: Options): Promise<Echo> {
  const clock = new VirtualClock(Date.now());
  await using exchange = await Exchange.start({ clock, patienceMs: 5000 });
  await using client = await attach(new MemoryTransport(exchange.endpoint()));
  await using server = new PcmServer();
  await using file = await WavReader.open(speech);
  const said = await collectSamples(file);

  const call = await client.call('echo123');
  const voice = await openCallVoice(call, server, { microphone: false });
  const listening = collectEcho(voice.remote.frames(), said.length, (at) => voice.player.play(said, { at }));
  await clock.run();
  return { said, heard: await listening };
}

/** Speaks right after the first beep; what comes back begins 300 ms after the second. */
async function collectEcho(
  frames: AsyncIterable<{ readonly samples: Int16Array; readonly position: number }>,
  length: number,
  speak: (at: number) => void,
): Promise<Int16Array> {
  const detector = new ToneDetector({ frequency: 1000 });
  const beeps: number[] = [];
  const all: Int16Array[] = [];
  for await (const { samples } of frames) {
    all.push(samples);
    for (const event of detector.push(samples)) {
      if (event.type === 'end' && beeps.push(event.end) === 1) speak(event.end + msToSamples(500));
    }
  }
  const heard = Int16Array.from(all.flatMap((samples) => [...samples]));
  // The service listens from the first beep on; the speech began half a second into that.
  const begin = (beeps[1] ?? 0) + msToSamples(300) + msToSamples(500);
  return heard.slice(begin, begin + length);
}
