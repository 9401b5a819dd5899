import { checkArgument, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Keyword } from './keyword-watch.js';

const MOST_EDITS = 5;
const MOST_APART = 50;

/**
 * Reads a keyword from a line of text: `phrase~edits+apart`. `~edits` and `+apart` are optional.
 *
 * @throws ERR_INVALID_ARG
 */
export function keywordIn(text: string): Keyword {
  checkArgument('text', text, words);
  const [, phrase = '', edits, apart] = /^(.*?)(?:~(\d+))?(?:\+(\d+))?$/s.exec(text) ?? [];
  if (!/[\p{L}\p{N}]/u.test(phrase)) throw new JackfieldError('ERR_INVALID_ARG', 'Give a word or a phrase.');
  return {
    phrase: phrase.trim(),
    ...numberIn('edits', edits, MOST_EDITS),
    ...numberIn('apart', apart, MOST_APART),
  };
}

function numberIn(name: string, digits: string | undefined, most: number): Record<string, number> {
  if (digits === undefined) return {};
  if (Number(digits) <= most) return { [name]: Number(digits) };
  throw new JackfieldError('ERR_INVALID_ARG', `${name} may be at most ${most}.`);
}
