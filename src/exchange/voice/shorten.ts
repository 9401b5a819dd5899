/** Steps of the search for the best place to join. */
const STEP = 4;
/** By how much more alike, of 1, the waves have to be for less to be left out. */
const BETTER = 0.02;

/**
 * Fills `frame` from `samples`, which are twice as many, leaving out as much as a frame or half of one at the place
 * where the waves are most alike: what was said is said faster, and its pitch stays. Begins where `samples` begin, and
 * ends so that what follows the samples used joins on.
 *
 * @returns how many samples were left out.
 */
export function shorten(samples: Int16Array, frame: Int16Array): number {
  const { length } = frame;
  const left = bestJump(samples, length);
  for (let i = 0; i < length; i++) {
    const early = samples[i] ?? 0;
    const late = samples[i + left] ?? 0;
    frame[i] = Math.round(early + ((late - early) * i) / length);
  }
  return left;
}

/** By how many samples, from half of `length` to all of it, the wave is most like itself; all where it is silent. */
function bestJump(samples: Int16Array, length: number): number {
  let best = length;
  let most = likeness(samples, length, length);
  for (let jump = length - STEP; jump >= length / 2; jump -= STEP) {
    const found = likeness(samples, length, jump);
    if (found <= most + BETTER) continue;
    most = found;
    best = jump;
  }
  return best;
}

/** Correlation, -1 to 1, of the first `length` samples with those `jump` later. */
function likeness(samples: Int16Array, length: number, jump: number): number {
  let product = 0;
  let early = 0;
  let late = 0;
  for (let i = 0; i < length; i += STEP) {
    const a = samples[i] ?? 0;
    const b = samples[i + jump] ?? 0;
    product += a * b;
    early += a * a;
    late += b * b;
  }
  return product === 0 ? 0 : product / Math.sqrt(early * late);
}
