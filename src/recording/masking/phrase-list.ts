import { keywordIn } from '../../analysis/words/keyword-text.js';
import type { Keyword } from '../../analysis/words/keyword-watch.js';
import { path as aPath, checkArgument } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { readText } from '../../files/key-files.js';

/**
 * Reads a list of phrases to mask: one per line, such as `mothers name~2+1`, as in `jackfield analyse --keyword`. Empty
 * lines are skipped.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE; ERR_SYNTAX for an invalid phrase, with its line, and for an empty list.
 */
export async function readPhrases(file: string): Promise<readonly Keyword[]> {
  checkArgument('file', file, aPath);
  const lines = (await readText(file)).split(/\r?\n/).map((each) => each.trim());
  const phrases = lines.flatMap((each, index) => (each === '' ? [] : [phraseIn(each, file, index + 1)]));
  if (phrases.length > 0) return phrases;
  throw new JackfieldError('ERR_SYNTAX', `${printable(file)} has no phrase: put one on each line.`);
}

function phraseIn(line: string, file: string, number: number): Keyword {
  try {
    return keywordIn(line);
  } catch (error) {
    throw new JackfieldError('ERR_SYNTAX', `${printable(file)}:${number}: ${messageOf(error)}`);
  }
}
