import { expect, it } from 'vitest';
import { isLockAndKey, lockAndKey } from '../../../src/protocol/account/lock-and-key.js';

it.each([
  // Made by a program that was written for the services.
  [1_448_000_000, '2f709271ff07d74411814360fc6a6172'],
  [1, '0b4afade153e451a8746371788bc9dc4'],
  [12_345_678, 'a5492e87a709eca2803538b0e1eda152'],
  [777_733, '6b1ff37c3a967542d08e40e3ad531ac0'],
])('the response to %i is the recorded one', (time, response) => {
  const header = `appId=msmsgs@msnmsgr.com; time=${time}; lockAndKeyResponse=${response}`;
  expect(lockAndKey(time)).toBe(header);
  expect(isLockAndKey(header)).toBe(true);
  expect(isLockAndKey(header.toUpperCase())).toBe(true);
  expect(isLockAndKey(header.replace(`time=${time}`, `time=${time + 1}`))).toBe(false);
});

it('an unknown application cannot be checked', () => {
  expect(isLockAndKey('appId=other; time=1; lockAndKeyResponse=00')).toBe(true);
  expect(isLockAndKey('appId=msmsgs@msnmsgr.com')).toBe(false);
});
