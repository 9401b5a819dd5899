import type { ConversationTranscript } from '../../analysis/words/conversation-transcript.js';
import { MASKED } from '../../analysis/words/mask-finder.js';
import { type Rules, whole } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { STEREO } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import type { RecordingSidecar } from '../sidecar.js';

/** A stretch of a leg, in samples of the recording. */
interface Heard {
  readonly from: number;
  readonly to: number;
}

/** State of a recording when it was read. */
export interface HeardRecording {
  /**
   * Number of `maskings` in its sidecar at that time. Default: unknown; then results that overlap masked stretches are
   * refused.
   */
  readonly maskings?: number;
}

/** Rules of {@link HeardRecording}. */
export const HEARD_RECORDING: Rules<HeardRecording> = { maskings: whole(0, Number.MAX_SAFE_INTEGER) };

const LEGS = ['local', 'remote'] as const;

/**
 * Refuses results of a process that read the recording before it was masked.
 *
 * @param places Places of the results, for each leg.
 * @throws ERR_INVALID_STATE
 */
export function checkUnmasked(
  { legs, maskings = [] }: Pick<RecordingSidecar, 'legs' | 'maskings'>,
  places: readonly (readonly Heard[])[],
  file: string,
  heard: HeardRecording,
): void {
  const isOld = heard.maskings === undefined ? isMasked(legs, places) : heard.maskings !== maskings.length;
  if (!isOld) return;
  const text = `${printable(file)} was masked in the meantime: the transcript of the unmasked audio is not stored.`;
  throw new JackfieldError('ERR_INVALID_STATE', text);
}

/** True when a result overlaps a masked stretch of a leg. */
function isMasked(legs: RecordingSidecar['legs'], places: readonly (readonly Heard[])[]): boolean {
  return LEGS.some((name, index) => {
    const masks = legs[name].ledger.spans.filter(
      ({ kind, reason }) => kind === 'masked' && reason !== undefined,
    );
    return masks.some(({ from, samples }) =>
      places[index]?.some((span) => span.from < from + samples && span.to > from),
    );
  });
}

/** Places of the words of each leg. A part without word positions counts as one place. */
export function wordsByLeg({ parts, sampleRate }: ConversationTranscript): Heard[][] {
  const place = (at: number) => (at * STEREO.sampleRate) / sampleRate;
  return LEGS.map((_, index) =>
    parts
      .filter(({ leg }) => leg === index)
      .flatMap(({ words, text, from, to }) => (words.length > 0 ? words : [{ word: text, from, to }]))
      .filter(({ word }) => !word.includes(MASKED))
      .map(({ from, to }) => ({ from: place(from), to: place(to) })),
  );
}
