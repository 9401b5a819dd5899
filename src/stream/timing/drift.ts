/** Differences up to this, in samples, are left alone: 5 ms. */
const DEAD_BAND = 80;
/** Windows that have to be seen before there can be a drift. */
const LEAST_WINDOWS = 5;
/** Of less than these, the difference has to be the larger, the fewer they are. */
const ENOUGH_WINDOWS = 7;
/** The drift has to stand out of the noise by this many of its standard deviations. */
const SIGNIFICANCE = 4;
/** Each half of what was seen has to show this share of the drift: a step is no drift. */
const HALF_SHARE = 0.5;
/** So much of the drift is still there when any two windows are left out, or any one where there are many. */
const REST_SHARE = 0.75;
const MANY_WINDOWS = 12;
/** More points are thinned out by putting neighbours together: the drift of hours, at the cost of minutes. */
const MAX_POINTS = 64;
/** Newest windows that tell where the leg is now. */
const RECENT = 12;
/** A difference that is left is taken out over this many windows; below {@link SETTLED} samples it is noise. */
const HORIZON = 3;
const SETTLED = 16;
/** Crystals are within 100 ppm of their rate, two of them within 200; more than this is no drift. */
const MAX_RATE = 1000e-6;

/** Difference of the two legs' delays in a window of time, by the clocks alone. */
interface Point {
  readonly window: number;
  readonly behind: number;
}

/**
 * Measures how the clock of one leg runs against the other's, and says how to stretch the leg so that the difference
 * of their delays stays what it was. What it goes by are the least delays of whole windows, which jitter does not
 * touch, and the median of the slopes between all of them (Theil and Sen's estimator), which a few windows of a busy
 * machine do not. Of legs that do not drift, and of whose windows a tenth is off by up to 25 ms, fewer than one in
 * 10,000 is touched. Of such legs that drift by 200 ppm, one or two in a hundred are more than 20 ms off before that is
 * found, and none of a thousand more than 42 ms.
 */
export class DriftControl {
  readonly #windowSamples: number;
  #points: Point[] = [];
  #recent: Point[] = [];
  /** The difference that is kept; nothing until there is a drift. */
  #base: { readonly window: number; readonly behind: number } | undefined;
  #rate = 0;

  constructor(windowSamples: number) {
    this.#windowSamples = windowSamples;
  }

  /** Samples to add to each sample of the leg; negative to take away. 2e-4 is 200 ppm. */
  get rate(): number {
    return this.#rate;
  }

  /**
   * @param window Number of the window, which counts time.
   * @param difference How much later the leg comes than the other one, in samples.
   * @param inserted Samples that were added to the leg so far, less those taken away.
   * @param noise Samples that the difference may be off by in any window.
   */
  measure(window: number, difference: number, inserted: number, noise = 0): void {
    const point = { window, behind: difference + inserted };
    this.#points = thinned([...this.#points, point]);
    this.#recent = [...this.#recent, point].slice(-RECENT);
    const slope = slopeOf(this.#points);
    this.#base ??= this.#baseOf(slope, DEAD_BAND + noise);
    if (!this.#base) return;
    const now = medianOf(this.#recent.map(({ window: at, behind }) => behind + slope * (window - at)));
    const left = now - this.#base.behind - inserted;
    const correction = Math.abs(left) < SETTLED ? 0 : left / HORIZON;
    this.#rate = clamp((slope + correction) / this.#windowSamples);
  }

  /** The first difference, if the points show a drift. */
  #baseOf(slope: number, deadBand: number): Point | undefined {
    const points = this.#points;
    const [first] = points;
    const last = points.at(-1);
    if (!first || !last || points.length < LEAST_WINDOWS) return undefined;
    const level = medianOf(points.map(({ window, behind }) => behind - slope * (window - first.window)));
    const noise = points.map(({ window, behind }) =>
      Math.abs(behind - level - slope * (window - first.window)),
    );
    // The median absolute deviation of a normal distribution is 1 / 1.4826 of its standard deviation.
    const fewer = Math.max(1, ENOUGH_WINDOWS / points.length);
    const least = Math.max(deadBand * fewer, SIGNIFICANCE * 1.4826 * medianOf(noise));
    if (Math.abs(slope) * (last.window - first.window) < least) return undefined;
    if (Math.abs(slope) > MAX_RATE * this.#windowSamples) return undefined;
    const middle = points.length >> 1;
    const halves = [points.slice(0, middle), points.slice(-middle)];
    const steady = halves.every((half) => slopeOf(half) * Math.sign(slope) >= HALF_SHARE * Math.abs(slope));
    return steady && !restsOnFew(points, slope) ? { window: first.window, behind: level } : undefined;
  }
}

/** True when the slope rests on a window or two that a busy machine has put off. */
function restsOnFew(points: readonly Point[], slope: number): boolean {
  const falls = (rest: readonly Point[]) => slopeOf(rest) * Math.sign(slope) < REST_SHARE * Math.abs(slope);
  return points.some((_, i) => {
    const rest = points.toSpliced(i, 1);
    return points.length > MANY_WINDOWS ? falls(rest) : rest.some((_, k) => falls(rest.toSpliced(k, 1)));
  });
}

/** The median of the slopes between all pairs, in samples a window. */
function slopeOf(points: readonly Point[]): number {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let count = 0;
  points.forEach((to, index) => {
    for (let i = 0; i < index; i++) {
      const from = points[i] ?? to;
      if (to.window > from.window) slopes[count++] = (to.behind - from.behind) / (to.window - from.window);
    }
  });
  return medianOf(slopes.subarray(0, count));
}

function thinned(points: readonly Point[]): Point[] {
  if (points.length < MAX_POINTS) return [...points];
  return points.flatMap((point, i) => {
    const next = points[i + 1];
    if (i % 2 === 1) return [];
    if (!next) return [point];
    return [{ window: (point.window + next.window) / 2, behind: (point.behind + next.behind) / 2 }];
  });
}

function medianOf(values: readonly number[] | Float64Array): number {
  const rest = new Float64Array(values);
  const middle = rest.length >> 1;
  const upper = select(rest, middle);
  if (rest.length % 2 === 1) return upper;
  let lower = rest[0] ?? upper;
  for (let i = 1; i < middle; i++) lower = Math.max(lower, rest[i] ?? lower);
  return (upper + lower) / 2;
}

/** The value that would be at `place` if `values` were sorted; puts none before it that is more (Hoare's selection). */
function select(values: Float64Array, place: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? 0;
    let [up, down] = [low, high];
    while (up <= down) {
      while ((values[up] ?? pivot) < pivot) up++;
      while ((values[down] ?? pivot) > pivot) down--;
      if (up > down) break;
      const value = values[up] ?? pivot;
      values[up++] = values[down] ?? pivot;
      values[down--] = value;
    }
    if (place <= down) high = down;
    else if (place >= up) low = up;
    else break;
  }
  return values[place] ?? 0;
}

function clamp(rate: number): number {
  return Math.max(-MAX_RATE, Math.min(MAX_RATE, rate));
}
