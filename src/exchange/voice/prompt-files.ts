import { fileURLToPath } from 'node:url';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { collectSamples } from '../../voice/stage.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';
import { WavReader } from '../../voice/wav/wav-reader.js';

const PROMPTS = new URL('../../../assets/prompts/', import.meta.url);

let tone: Int16Array | undefined;

/** The tone before a recording. */
export function beep(): Int16Array {
  tone ??= toneSamples({ frequency: 1000, durationMs: 400, levelDbfs: -12 });
  return tone;
}

/** Path of one of the shipped prompts. */
export function promptFile(name: string): string {
  return fileURLToPath(new URL(name, PROMPTS));
}

/** Reads one of the shipped prompts. */
export function prompt(name: string): Promise<Int16Array> {
  return readVoice(promptFile(name));
}

/** Reads a whole WAV file in the format of a call. @throws ERR_FILE, ERR_WAV */
export async function readVoice(path: string): Promise<Int16Array> {
  const reader = await WavReader.open(path);
  try {
    return await collectSamples(toFormat(reader, reader.format, VOICE_FORMAT));
  } finally {
    await reader.close();
  }
}
