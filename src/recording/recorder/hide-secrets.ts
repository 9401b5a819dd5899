import type { MaskAfterCalls } from '../masking/after-calls-options.js';

/** Loaded before the first call, and only when masking is used. */
let loaded: Pick<typeof import('../../analysis/words/mask-finder.js'), 'MaskFinder'> | undefined;

/** Loads the modules for {@link hideSecrets}. */
export async function loadSecrets(): Promise<void> {
  loaded ??= await import('../../analysis/words/mask-finder.js');
}

/**
 * Removes from a text about a call what is masked in its recording.
 *
 * @param mask The rules. Without rules the text is unchanged.
 * @param isAnswer True for speech or keys of the other party: single keys and parts of numbers are hidden too.
 */
export function hideSecrets(text: string, mask: MaskAfterCalls | undefined, isAnswer: boolean): string {
  if (!mask || !loaded) return text;
  const { cards = true, phrases = [] } = mask;
  const finder = new loaded.MaskFinder({ cards, phrases });
  if (!isAnswer) return finder.text(text);
  const answer = finder.answer(text);
  return cards ? answer.replace(/\d/g, '*') : answer;
}
