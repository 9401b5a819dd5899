import type { DigitalGap } from './digital-gap.js';
import type { DtmfDigit } from './dtmf.js';
import type { DtmfWindow } from './dtmf-window.js';
import { SinePair, type SineTrack, TRACK_SLICES, wrapAngle } from './sine-pair.js';

/** Length of lost frames: 10 ms or a multiple of it. At most `MAX_FRAMES` in a row are bridged. */
const FRAME_MS = 10;
const MAX_FRAMES = 6;
/** Largest difference between a phase and that of a sine that continued during the gap, in radians. */
const GOES_ON = Math.PI / 9;
/** Largest difference between a phase and that of a sine that begins, in radians. */
const BEGINS = Math.PI / 18;
/** Number of first samples of a sine that may be rounded to zero. */
const ROUNDED = 2;

/** True when the length of a gap is that of lost frames, to the sample. An open gap may still reach such a length. */
export function mayBeLost({ begin, end, isOpen }: DigitalGap, sampleRate: number): boolean {
  const frame = (FRAME_MS * sampleRate) / 1000;
  const length = end - begin;
  if (isOpen) return length <= MAX_FRAMES * frame;
  const frames = Math.round(length / frame);
  return frames <= MAX_FRAMES && Math.abs(length - frames * frame) < 1;
}

/**
 * True when the tone behind a gap is the tone before it, with lost frames between. Then the phases of both sines are
 * those of sines that never stopped. A tone whose sines both begin at zero is a press of its own, whatever the phases.
 */
export function goesOnBehind({ begin, end }: DigitalGap, digit: DtmfDigit, window: DtmfWindow): boolean {
  const before = Math.floor(begin / window.sliceLength) - TRACK_SLICES;
  const behind = Math.ceil(end / window.sliceLength);
  if (before < 0 || behind + TRACK_SLICES > window.count) return false;
  const pair = new SinePair(window, digit);
  const tracks = pair.track(before);
  const tracksBehind = pair.track(behind);
  const goesOn = tracksBehind.every((track, i) => {
    const { lead, drift } = tracks[i] ?? track;
    const expected = lead + ((drift + track.drift) / 2) * (behind - before);
    return Math.abs(wrapAngle(track.lead - expected)) <= GOES_ON;
  });
  return goesOn && !beginsAt(end, tracksBehind);
}

/** True when both sines of a tone pass upwards through zero at a position, or a few samples before it. */
function beginsAt(end: number, tracks: readonly SineTrack[]): boolean {
  for (let at = end - ROUNDED; at <= end; at++) {
    if (tracks.every(({ phaseAt }) => Math.abs(wrapAngle(phaseAt(at) + Math.PI / 2)) <= BEGINS)) return true;
  }
  return false;
}
