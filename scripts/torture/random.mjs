// Random numbers that a seed gives again.

/** Numbers that follow from what is given: the same seed, part and step bring the same blows. */
export function seeded(...parts) {
  let state = 2_166_136_261;
  for (const character of parts.join('/')) {
    state = Math.imul(state ^ character.codePointAt(0), 16_777_619) >>> 0;
  }
  /** From 0 to below 1 (mulberry32). */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from `low` to `high`, both included. */
  const between = (low, high) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (list) => list[between(0, list.length - 1)],
    bytes: (length) => Buffer.from(Array.from({ length }, () => between(0, 255))),
  };
}
