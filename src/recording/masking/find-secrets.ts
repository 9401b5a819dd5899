import { type HearableLegs, transcribeLegs } from '../../analysis/files/transcribe-file.js';
import type { PressedKey } from '../../analysis/leg/leg-analysis.js';
import type { ConversationTranscript } from '../../analysis/words/conversation-transcript.js';
import type { FoundSecret, MaskFinder } from '../../analysis/words/mask-finder.js';
import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { RecordingSidecar } from '../sidecar.js';
import { lostStretches } from './lost-stretches.js';

const LEGS = [0, 1] as const;

/** Settings of the search for secrets. */
export interface SecretSearch {
  readonly finder: MaskFinder;
  readonly looksForKeys: boolean;
  readonly transcriber: Transcriber | undefined;
  readonly language: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Transcribes with the engine; empty without an engine. @throws errors of the engine; ERR_ABORTED. */
export async function understood(
  source: HearableLegs,
  search: SecretSearch,
): Promise<ConversationTranscript[]> {
  const { transcriber, language, signal } = search;
  if (!transcriber) return [];
  const options = { transcriber, ...(language !== undefined && { language }), ...(signal && { signal }) };
  return [await transcribeLegs(source, options)];
}

/** Finds secrets in these transcripts and in the pressed keys, also beside voice that is lost. */
export async function secretsIn(
  source: HearableLegs,
  transcripts: readonly ConversationTranscript[],
  { finder, looksForKeys }: SecretSearch,
  { local, remote }: RecordingSidecar['legs'],
): Promise<FoundSecret[]> {
  const { sampleRate } = source;
  const keys = looksForKeys ? await keysOf(source) : [];
  const lost = [local, remote].map(({ ledger }) => lostStretches(ledger.spans));
  return [[], ...transcripts.map(({ parts }) => parts)].flatMap((parts) => [
    ...finder.inCall(parts, keys, sampleRate),
    ...LEGS.flatMap((leg) => {
      const own = parts.filter((part) => part.leg === leg);
      return finder.besideUnknown(leg, own, keys[leg] ?? [], { lost: lost[leg] ?? [] }, sampleRate);
    }),
  ]);
}

/** The pressed keys of each leg. */
async function keysOf(source: HearableLegs): Promise<PressedKey[][]> {
  const format = { sampleRate: source.sampleRate, channels: 1 };
  const lanes = Array.from({ length: source.legs }, () => ({
    detector: new DtmfDetector({ format }),
    events: [] as DtmfEvent[],
  }));
  for await (const legs of source.samples())
    for (const [leg, { detector, events }] of lanes.entries()) {
      const samples = legs[leg];
      if (samples) events.push(...detector.push(samples));
    }
  return lanes.map(({ detector, events }) =>
    [...events, ...detector.flush()].flatMap((event) =>
      event.type === 'end' ? [{ digit: event.digit, from: event.begin, to: event.end }] : [],
    ),
  );
}
