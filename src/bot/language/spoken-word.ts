/** A word of a spoken number or date: the name of its recording, and its text for a speech engine. */
export interface SpokenWord {
  /** Name of the prompt, for example `number/20`. */
  readonly prompt: string;
  readonly text: string;
  /** Text between this word and the next. Default: a blank. */
  readonly joint?: '' | '-';
}

/** A short silence between words, such as between groups of a phone number. It needs no recording. */
export const SHORT_PAUSE: SpokenWord = { prompt: '', text: ',' };

/** Joins words to a text for a speech engine. */
export function textOf(words: readonly SpokenWord[]): string {
  let text = '';
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    text += word === SHORT_PAUSE || !before ? word.text : `${before.joint ?? ' '}${word.text}`;
  }
  return text;
}
