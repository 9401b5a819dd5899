/** Differences up to this are not corrected, in samples: 5 ms. */
const DEAD_BAND = 80;
/** Least number of windows for a drift. */
const LEAST_WINDOWS = 5;
/** Number of windows below which a larger difference is needed for a drift: the larger, the fewer windows there are. */
const ENOUGH_WINDOWS = 7;
/** Standard deviations of the noise that the drift has to exceed. */
const SIGNIFICANCE = 4;
/** Share of the drift that each half of the windows has to show: a step is no drift. */
const HALF_SHARE = 0.5;
/**
 * Share of the drift that has to remain when any two windows are left out. With more than {@link MANY_WINDOWS}, any
 * one.
 */
const REST_SHARE = 0.75;
const MANY_WINDOWS = 12;
/**
 * Most points. More are thinned out by averaging neighbours, so measuring hours costs no more than measuring minutes.
 */
const MAX_POINTS = 64;
/** Newest windows that give the present difference. */
const RECENT = 12;
/** Windows over which a remaining difference is removed. Below {@link SETTLED} samples it is noise. */
const HORIZON = 3;
const SETTLED = 16;
/**
 * Largest drift. Crystals are within 100 ppm of their rate, so two of them differ by at most 200 ppm; more than this
 * rate is no drift.
 */
const MAX_RATE = 1000e-6;

/** Difference of the two legs' delays in a window of time, without the corrections. */
interface Point {
  readonly window: number;
  readonly behind: number;
}

/**
 * Measures the drift of one leg's clock against the other's, and gives the rate by which to stretch the leg so that the
 * difference of their delays stays constant. It uses the least delays of whole windows, which jitter does not affect.
 * It takes the median of the slopes between all of them (Theil–Sen estimator), which a few windows of a busy machine do
 * not affect. Measured on legs of whose windows a tenth is off by up to 25 ms: without drift, fewer than one leg in
 * 10,000 is changed. With a drift of 200 ppm, one or two legs in a hundred are off by more than 20 ms before the drift
 * is found, and none of a thousand by more than 42 ms.
 */
export class DriftControl {
  readonly #windowSamples: number;
  #points: Point[] = [];
  #recent: Point[] = [];
  /** The difference to keep; undefined until there is a drift. */
  #base: { readonly window: number; readonly behind: number } | undefined;
  #rate = 0;

  constructor(windowSamples: number) {
    this.#windowSamples = windowSamples;
  }

  /** Samples to add to each sample of the leg; negative to remove samples. 2e-4 is 200 ppm. */
  get rate(): number {
    return this.#rate;
  }

  /**
   * @param window Number of the window, which counts time.
   * @param difference Delay of the leg minus the delay of the other one, in samples.
   * @param inserted Samples that were added to the leg so far, minus those that were removed.
   * @param noise Error of the difference in any window, in samples.
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

/** True when the slope depends on one or two windows, which a busy machine may have distorted. */
function restsOnFew(points: readonly Point[], slope: number): boolean {
  const falls = (rest: readonly Point[]) => slopeOf(rest) * Math.sign(slope) < REST_SHARE * Math.abs(slope);
  return points.some((_, i) => {
    const rest = points.toSpliced(i, 1);
    return points.length > MANY_WINDOWS ? falls(rest) : rest.some((_, k) => falls(rest.toSpliced(k, 1)));
  });
}

/** The median of the slopes between all pairs of points, in samples per window. */
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

/**
 * Returns the value that would be at `place` if `values` were sorted, and moves no greater value before it (Hoare's
 * selection).
 */
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
