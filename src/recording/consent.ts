import { checkArgument, checkOptions, object, path, type Rules, rule, within } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../base/pcm.js';
import { CLOCK, type Clock, sleep } from '../base/time/clock.js';
import { openAudio } from '../voice/audio-file.js';
import { toFormat } from '../voice/convert/to-format.js';
import { toneSamples } from '../voice/tone/tone-samples.js';
import type { CallRecording } from './call-recording.js';

/** Announcement to the other party that the call is recorded. */
export interface ConsentOptions {
  /** Audio file (in a format of `openAudio`) that is played once when the call has voice. */
  readonly prompt?: string;
  /** Interval of a tone of 1400 Hz and 200 ms, in milliseconds: 5000 to 60000. */
  readonly toneEveryMs?: number;
}

/** The rules of {@link ConsentOptions}. */
export const CONSENT_RULES: Rules<ConsentOptions> = { prompt: path, toneEveryMs: within(5000, 60_000, 'ms') };

const RECORDING = rule(
  'a recording returned by recordCall',
  (value) => object.accepts(value) && 'voice' in (value as object),
);

const TONE = { frequency: 1400, durationMs: 200, levelDbfs: -20 };

/** @throws ERR_INVALID_ARG. */
export function checkConsent(consent: ConsentOptions): ConsentOptions {
  checkOptions(consent, CONSENT_RULES, 'consent.');
  return consent;
}

/**
 * Informs the other party that the call is recorded, and marks the time in the recording. The recording must have an
 * input. Resolves when the recording is over.
 *
 * @throws as {@link openAudio} for the prompt; ERR_INVALID_STATE without an input.
 */
export async function announceRecording(
  recording: CallRecording,
  consent: ConsentOptions,
  clock: Clock,
): Promise<void> {
  const { prompt, toneEveryMs } = checkConsent(consent);
  checkArgument('recording', recording, RECORDING);
  checkArgument('clock', clock, CLOCK);
  const { player } = recording.voice;
  if (prompt !== undefined) {
    await using file = await openAudio(prompt);
    const playback = player.play(toFormat(file.samples(), file.format, VOICE_FORMAT), { underrun: 'wait' });
    const { outcome } = await playback.finished;
    if (outcome !== 'played') {
      throw new JackfieldError('ERR_CLOSED', `The prompt ${prompt} was not played to the end: ${outcome}.`);
    }
    recording.markConsent(`prompt ${prompt}`);
  }
  if (toneEveryMs === undefined) return;
  const over = new AbortController();
  void recording.finished.then(
    () => over.abort(),
    () => over.abort(),
  );
  const tone = toneSamples({ ...TONE, format: VOICE_FORMAT });
  while (!over.signal.aborted) {
    const { outcome } = await player.play(tone, { at: player.position + msToSamples(20) }).finished;
    if (outcome !== 'played') return;
    recording.markConsent('tone');
    await sleep(clock, toneEveryMs, { signal: over.signal }).catch(() => undefined);
  }
}
