/** A function of a program that fails, at once or later. */
export type Failing = () => never;

export const boom = (): never => {
  throw new Error('boom');
};
/** Both ways of failing. */
export const FAILING: readonly [when: string, failing: Failing][] = [
  ['throws', boom],
  ['rejects', (async () => boom()) as unknown as Failing],
];
