import { createHash } from 'node:crypto';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { concatSamples } from '../../voice/stage.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';
import type { SpeechEngine } from './speech-engine.js';

const NOTE_MS = 110;
const LOWEST = 300;
const HIGHEST = 1500;
const MOST_NOTES = 16;

/**
 * "Speaks" each text as its own melody, with at most 16 notes. It needs no installation and takes no time. For tests,
 * in which a caller recognises texts that were not recorded yet.
 */
export function melodyEngine(): SpeechEngine {
  return {
    name: 'melody',
    async speak(text, { language }) {
      const words = text.trim().split(/\s+/).length;
      const hash = createHash('sha256').update(`${language} ${text}`).digest();
      const notes = Array.from({ length: Math.min(words + 3, MOST_NOTES) }, (_, index) => {
        const frequency = LOWEST + (hash.readUInt16LE(index * 2) * (HIGHEST - LOWEST)) / 0xffff;
        return toneSamples({ frequency, durationMs: NOTE_MS, levelDbfs: -15 });
      });
      return { samples: concatSamples(notes), format: VOICE_FORMAT };
    },
  };
}
