/** A recording that a spoken number or date is put together from, and its text for a speech engine. */
export interface SpokenWord {
  /** Name of the prompt, for example `number/20`. */
  readonly prompt: string;
  readonly text: string;
  /** Between its text and that of the next word. Default: a blank. */
  readonly joint?: '' | '-';
}

/** A short silence between words, such as groups of a phone number; it needs no recording. */
export const SHORT_PAUSE: SpokenWord = { prompt: '', text: ',' };

/** The text of some words, as a speech engine reads it. */
export function textOf(words: readonly SpokenWord[]): string {
  let text = '';
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    text += word === SHORT_PAUSE || !before ? word.text : `${before.joint ?? ' '}${word.text}`;
  }
  return text;
}
