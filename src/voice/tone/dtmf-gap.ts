import type { DigitalGap } from './digital-gap.js';
import type { DtmfDigit } from './dtmf.js';
import type { DtmfWindow } from './dtmf-window.js';
import { SinePair, type SineTrack, TRACK_SLICES, wrapAngle } from './sine-pair.js';

/** Frames that are lost are of 10 ms or a multiple of it, and no more than these in a row are bridged. */
const FRAME_MS = 10;
const MAX_FRAMES = 6;
/** Most that a phase may differ from that of a sine which went on during the gap, in radians. */
const GOES_ON = Math.PI / 9;
/** Most that a phase may differ from that of a sine which begins, in radians. */
const BEGINS = Math.PI / 18;
/** First samples of a sine that begins may be rounded to nothing. */
const ROUNDED = 2;

/** True when a gap has the length of lost frames, to the sample, or may come to have it. */
export function mayBeLost({ begin, end, isOpen }: DigitalGap, sampleRate: number): boolean {
  const frame = (FRAME_MS * sampleRate) / 1000;
  const length = end - begin;
  if (isOpen) return length <= MAX_FRAMES * frame;
  const frames = Math.round(length / frame);
  return frames <= MAX_FRAMES && Math.abs(length - frames * frame) < 1;
}

/**
 * True when the tone of a digit behind a gap is that before it, of which frames were lost: the phases of both sines are
 * where they would be had it gone on. A tone whose sines both begin at zero is a press of its own, wherever they are.
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

/** True when both sines of a tone go up through zero at a position, or a few samples before it. */
function beginsAt(end: number, tracks: readonly SineTrack[]): boolean {
  for (let at = end - ROUNDED; at <= end; at++) {
    if (tracks.every(({ phaseAt }) => Math.abs(wrapAngle(phaseAt(at) + Math.PI / 2)) <= BEGINS)) return true;
  }
  return false;
}
