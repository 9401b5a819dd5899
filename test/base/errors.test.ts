import { describe, expect, it } from 'vitest';
import { asError, invalidArgument, JackfieldError, messageOf, shown } from '../../src/base/errors.js';

it('makes an error of anything that was thrown', () => {
  const error = new JackfieldError('ERR_FILE', 'full');
  expect(asError(error)).toBe(error);
  for (const thrown of ['text', 5, undefined, null]) {
    expect(asError(thrown)).toBeInstanceOf(Error);
    expect(asError(thrown).message).toBe(messageOf(thrown));
  }
});

/** Values that cannot be put into a text, or not into a short one. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  'no prototype': Object.create(null),
  'nested 100,000 deep': JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)),
  'a constructor of its own': JSON.parse('{"constructor":{"name":{"toString":1}},"toString":1}'),
  'a text that throws': {
    toString: () => {
      throw new RangeError('no text');
    },
  },
  'a proxy that is gone': (() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  })(),
  'a long text': 'x'.repeat(1_000_000),
  'a large number': 10n ** 5000n,
  'a long function': new Function(`return '${'x'.repeat(10_000)}'`),
  'a symbol': Symbol('x'.repeat(10_000)),
};

describe.each(Object.entries(HOSTILE))('%s', (_, value) => {
  it('is shown in a few characters', () => {
    expect(shown(value).length).toBeLessThan(100);
    expect(invalidArgument('it', 'good', value).message.length).toBeLessThan(150);
  });

  it('has a text and can become an error', () => {
    expect(messageOf(value)).toEqual(expect.any(String));
    expect(asError(value)).toBeInstanceOf(Error);
  });

  it('can be the message of an error without a second failure', () => {
    expect(new JackfieldError('ERR_FILE', value as string).message).toEqual(expect.any(String));
  });
});

it('cuts the middle out of a line that is too long, and leaves other lines alone', () => {
  const key = 'k'.repeat(70_000);
  const { message } = new JackfieldError(
    'ERR_FLOW',
    `flow.yaml:1: there is no field ${key} here.\nRead the guide.`,
  );
  const [line = '', ...others] = message.split('\n');
  expect(line).toMatch(/^flow\.yaml:1: there is no field k+… \(\d+ characters left out\) …k+ here\.$/);
  expect(line.length).toBeLessThan(2000);
  expect(others).toEqual(['Read the guide.']);
  expect(messageOf(new Error(key)).length).toBeLessThan(2000);
  const path = `/${'folder/'.repeat(200)}call.wav`;
  expect(new JackfieldError('ERR_FILE', `Cannot read ${path}.`).message).toContain(path);
});
