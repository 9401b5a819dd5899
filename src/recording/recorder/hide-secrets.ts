import type { MaskAfterCalls } from '../masking/after-calls-options.js';

/** Loaded for those alone who mask, and before their first call. */
let loaded: Pick<typeof import('../../analysis/words/mask-finder.js'), 'MaskFinder'> | undefined;

/** Loads what {@link hideSecrets} needs. */
export async function loadSecrets(): Promise<void> {
  loaded ??= await import('../../analysis/words/mask-finder.js');
}

/**
 * A text about a call without what is masked in its recording.
 *
 * @param mask The rules; nothing is hidden without.
 * @param isAnswer True for what the other party said or pressed: keys are hidden one by one, and parts of numbers.
 */
export function hideSecrets(text: string, mask: MaskAfterCalls | undefined, isAnswer: boolean): string {
  if (!mask || !loaded) return text;
  const { cards = true, phrases = [] } = mask;
  const finder = new loaded.MaskFinder({ cards, phrases });
  if (!isAnswer) return finder.text(text);
  const answer = finder.answer(text);
  return cards ? answer.replace(/\d/g, '*') : answer;
}
