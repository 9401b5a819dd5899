import type { Transcriber } from '../../../src/voice.js';
import { murmur } from '../../analysis/murmur.js';

export const RATE = 16_000;

/** A word, with its first sample and the one after its last. */
export type Word = readonly [word: string, from: number, to: number];

/** What both legs are, sample by sample. */
export interface Talk {
  readonly local: Int16Array;
  readonly remote: Int16Array;
}

/**
 * An engine that finds what it hears in the call, and understands the words that lie wholly in it. It mistakes the others
 * for another word.
 */
export function ears(
  { local, remote }: Talk,
  words: { readonly local?: readonly Word[]; readonly remote?: readonly Word[] },
) {
  const asked: number[] = [];
  const engine: Transcriber = {
    name: 'ears',
    async transcribe({ samples }) {
      for await (const heard of samples) {
        for (const [leg, said] of [
          [local, words.local ?? []],
          [remote, words.remote ?? []],
        ] as const) {
          const at = placeOf(heard, leg);
          if (at < 0) continue;
          asked.push(at);
          const end = at + heard.length;
          const known = said
            .filter(([, from, to]) => to > at && from < end)
            .map(([word, from, to]) => ({
              word: from >= at && to <= end ? word : 'hm',
              from: Math.max(from, at) - at,
              to: Math.min(to, end) - at,
            }));
          const text = known.map(({ word }) => word).join(' ');
          const [first, last] = [known[0], known.at(-1)];
          return {
            text,
            segments: first && last ? [{ text, from: first.from, to: last.to, words: known }] : [],
          };
        }
      }
      return { text: '' };
    },
  };
  return { engine, asked };
}

export function placeOf(part: Int16Array, whole: Int16Array): number {
  const bytes = (it: Int16Array) => Buffer.from(it.buffer, it.byteOffset, it.byteLength);
  // Its begin may be silent by a pause, its end by a loss.
  const end = part.findLastIndex((sample) => sample !== 0) + 1;
  const from = Math.max(0, end - 64);
  const at = bytes(whole).indexOf(bytes(part.subarray(from, end)));
  return at < 0 ? at : at / 2 - from;
}

/** Words side by side from a place on, each of `length` samples. */
export function spoken(text: string, from: number, length = 3200): Word[] {
  return text.split(' ').map((word, at) => [word, from + at * length, from + (at + 1) * length] as const);
}

/** A call of a length whose sound is words where they are said, and noise elsewhere. */
export function talk(
  seconds: number,
  words: { readonly local?: readonly Word[]; readonly remote?: readonly Word[] },
  seed = 3,
): Talk {
  const leg = (said: readonly Word[], seed: number) =>
    murmur(
      seconds,
      said.map(([, from, to]) => [from / RATE, to / RATE] as const),
      seed,
    );
  return { local: leg(words.local ?? [], seed), remote: leg(words.remote ?? [], seed + 1) };
}
