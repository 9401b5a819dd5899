import { expect, it } from 'vitest';

/** Lets a turn pass, in which what nobody handles comes up. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let tries = 0;
let fail: (error: Error) => void = () => undefined;

it('starts work, and fails the first time', () => {
  tries++;
  new Promise((_, reject) => {
    if (tries === 1) fail = reject;
  });
  expect(tries).toBeGreaterThan(process.env['PLANTED_FAILS'] ? 1 : 0);
});

it('has the work fail', async () => {
  fail(new Error('the work has failed'));
  await turn();
});
