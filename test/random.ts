/** Random numbers from 0 to 1: the same for the same `seed`, which is 1 or more. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
