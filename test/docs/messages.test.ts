import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BLOCKS, ROOT, TEXTS } from './blocks.js';

/** Stands for a value that the code puts into a message. */
const VALUE = '¤';
/** Most words of such a value, as a document gives it. */
const MOST_WORDS = 4;

/** The words of all sources, with the texts joined that are written in several pieces. */
function wordsOfSources(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const code = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'));
  const joined = code
    .join('\n')
    .replace(/['`]\s*\+\s*['`]/g, '')
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, VALUE);
  return wordsIn(joined);
}

/** Words without the punctuation around them. */
function wordsIn(text: string): string[] {
  return text.split(/\s+/).map((word) => word.replace(/^[^\w¤]+|[^\w¤]+$/g, ''));
}

/** True where the code has a message: each of its words stands there, or a value in the place of some. */
function isIn(code: readonly string[], message: string): boolean {
  const words = wordsIn(message).filter((word) => word !== '');
  // One of the long words is no value, and leads to the few places that are compared.
  const anchors = [...words.keys()]
    .sort((a, b) => (words[b] ?? '').length - (words[a] ?? '').length)
    .slice(0, 4);
  const goesOn = (at: number, place: number, step: 1 | -1): boolean => {
    if (at < 0 || at >= words.length) return true;
    if (code[place] === words[at]) return goesOn(at + step, place + step, step);
    if (!code[place]?.includes(VALUE)) return false;
    return Array.from({ length: MOST_WORDS }, (_, more) => at + (more + 1) * step).some((next) =>
      goesOn(next, place + step, step),
    );
  };
  return anchors.some((anchor) =>
    code.some(
      (word, place) =>
        word === words[anchor] && goesOn(anchor + 1, place + 1, 1) && goesOn(anchor - 1, place - 1, -1),
    ),
  );
}

/** Messages in blocks that show what is printed: what follows a severity or a code. */
const printed = BLOCKS.filter(({ language }) => ['', 'text', 'console'].includes(language)).flatMap(
  ({ page, code }) =>
    [...code.matchAll(/(?:\b(?:error|warning) [\w.]+|\[?ERR_\w+\]?): (.+)$/gm)].map(
      ([, text = '']) => [page, text] as const,
    ),
);

/** Messages in the prose, which are quoted or marked as code, also across the end of a line. */
const quoted = [...TEXTS].flatMap(([page, text]) =>
  [...text.replace(/^\s*```[\s\S]*?^\s*```$/gm, '').matchAll(/`([^`]+)`|"([^"`]+)"/g)]
    .map(([, code, quote]) => [page, (code ?? quote ?? '').replace(/\s+/g, ' ')] as const)
    .filter(([, said]) => /^[A-Za-z][^{}()=<>|$]*$/.test(said))
    .filter(([, said]) => / (?:must|cannot|needs|is|was|were|are|has|does|did|waited|there) /.test(said)),
);

it('each message that a document shows is a message of the source', () => {
  const code = wordsOfSources();
  const messages = [...printed, ...quoted];
  expect(messages.length).toBeGreaterThan(3);
  expect(messages.filter(([, message]) => !isIn(code, message))).toEqual([]);
  expect(isIn(code, 'there is no step nowhere; there are hours, menu, sales')).toBe(true);
  expect(isIn(code, 'no way leads to this step')).toBe(false);
});
