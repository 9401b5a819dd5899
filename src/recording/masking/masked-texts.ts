import { type ConversationTranscript, transcriptOf } from '../../analysis/words/conversation-transcript.js';
import { MASKED, type MaskFinder } from '../../analysis/words/mask-finder.js';
import type { SaidPart, SaidWord } from '../../analysis/words/said-part.js';
import type { RecordingSidecar } from '../sidecar.js';
import type { MaskSpan } from './mask-spans.js';

/** A transcript in which words within masked stretches, and finds of the finder, are masked. */
export function maskedTranscript(
  transcript: ConversationTranscript,
  masks: readonly MaskSpan[],
  finder: MaskFinder,
): ConversationTranscript {
  const { schema: _, parts, ...facts } = transcript;
  return transcriptOf(
    parts.map((part) => maskedPart(part, masks, finder)),
    facts,
  );
}

function maskedPart(part: SaidPart, masks: readonly MaskSpan[], finder: MaskFinder): SaidPart {
  const isMasked = (span: { readonly from: number; readonly to: number }) =>
    masks.some(({ from, samples }) => from <= span.to && from + samples >= span.from);
  if (!isMasked(part)) {
    const text = finder.text(part.text);
    return text === part.text ? part : { ...part, text, words: [] };
  }
  // Without word positions the whole part is masked.
  if (part.words.length === 0) return { ...part, text: MASKED };
  const words: SaidWord[] = [];
  for (const word of part.words) {
    const last = words.at(-1);
    if (!isMasked(word)) words.push(word);
    else if (last?.word === MASKED) words[words.length - 1] = { ...last, to: Math.max(last.to, word.to) };
    else words.push({ word: MASKED, from: word.from, to: word.to });
  }
  if (words.length === part.words.length && words.every((word, at) => word === part.words[at])) {
    const text = finder.text(part.text);
    return text === part.text ? part : { ...part, text, words: [] };
  }
  const text = words.map(({ word }) => word).join(' ');
  return { ...part, text: finder.text(text), words: finder.isIn(text) ? [] : words };
}

/** A sidecar in which the finds in tags and marks are masked. */
export function maskedSidecar(sidecar: RecordingSidecar, finder: MaskFinder): RecordingSidecar {
  return {
    ...sidecar,
    tags: Object.fromEntries(Object.entries(sidecar.tags).map(([name, value]) => [name, finder.text(value)])),
    marks: sidecar.marks.map((mark) =>
      mark.text === undefined ? mark : { ...mark, text: finder.text(mark.text) },
    ),
  };
}
