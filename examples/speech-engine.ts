// A speech engine from npm, with nothing to install on the system: `npm run example -- speech-engine`.
// It is eSpeak NG compiled to WebAssembly: `npm i @echogarden/espeak-ng-emscripten` (GPL-3.0).
import { Prompts, samplesToMs } from 'jackfield';
import type { SpeechEngine } from 'jackfield/bot';

/** What is used of the package, which has no declarations. */
interface EspeakPackage {
  readonly default: () => Promise<{
    readonly eSpeakNGWorker: new () => {
      samplerate: number;
      set_voice(name: string): number;
      set_rate(wordsPerMinute: number): void;
      synthesize(text: string, onAudio: (audio: ArrayBuffer | null) => number): void;
    };
  }>;
}

/** Any engine is an object like this one: a name, and a function from text to samples. */
export async function npmEspeak(wordsPerMinute = 160): Promise<SpeechEngine> {
  const name: string = '@echogarden/espeak-ng-emscripten';
  const { default: load } = (await import(name)) as EspeakPackage;
  const worker = new (await load()).eSpeakNGWorker();
  worker.set_rate(wordsPerMinute);
  return {
    name: `${name} ${wordsPerMinute}`,
    async speak(text, { language }) {
      worker.set_voice(language);
      const parts: Int16Array[] = [];
      worker.synthesize(text, (audio) => {
        // The memory is the engine's: a copy stays.
        if (audio) parts.push(new Int16Array(audio.slice(0)));
        return 0;
      });
      const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        samples.set(part, at);
        at += part.length;
      }
      return { samples, format: { sampleRate: worker.samplerate, channels: 1 } };
    },
  };
}

/** Speaks a sentence, a number and a date in two languages; returns how long each lasts, in milliseconds. */
export async function run(): Promise<Readonly<Record<string, number>>> {
  const prompts = await Prompts.open({ engine: await npmEspeak() });
  const lengths: Record<string, number> = {};
  for (const language of ['en', 'de']) {
    for (const what of [{ text: 'Jackfield' }, { number: 342 }, { date: '2027-03-01' }]) {
      const samples = await prompts.samples(what, { language });
      lengths[`${language} ${Object.values(what)[0]}`] = Math.round(samplesToMs(samples.length));
    }
  }
  return lengths;
}
