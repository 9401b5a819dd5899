import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordConfigSchema, recorderOptions } from '../../../src/recording/archive/recorder-config.js';
import { resolveRecorderOptions } from '../../../src/recording/archive/recorder-options.js';

interface Schema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every number of the configuration, by its path. */
function numbersOf({ properties = {} }: Schema, path: readonly string[] = []): [string, Schema][] {
  return Object.entries(properties).flatMap(([name, each]): [string, Schema][] => {
    const at = [...path, name];
    const isNumber = each.type === 'number' || each.type === 'integer';
    return isNumber ? [[at.join('.'), each]] : numbersOf(each, at);
  });
}

const NUMBERS = numbersOf(z.toJSONSchema(recordConfigSchema) as Schema);

/** A configuration with `value` at `path`, and what its part needs. */
async function configWith(path: string, value: number): Promise<unknown> {
  const [first = '', second] = path.split('.');
  const secretFile = join(await mkdtemp(join(tmpdir(), 'jackfield-config-')), 'secret');
  await writeFile(secretFile, 'a secret of more than 16 characters');
  const needed = { hook: { command: 'true' }, webhook: { url: 'http://localhost', secretFile } };
  const part = first === 'hook' || first === 'webhook' ? needed[first] : {};
  return { [first]: second === undefined ? value : { ...part, [second]: value } };
}

describe('a number of the configuration of a recorder', () => {
  it('is one of these', () => {
    expect(NUMBERS.map(([path]) => path).toSorted()).toEqual(
      ['consent.toneEveryMs', 'discardBelowMs', 'hook.timeoutMs', 'maxMs', 'preRollMs'].concat(
        ['segments.everyMs', 'segments.maxBytes', 'segments.silenceDbfs', 'segments.silenceMs'],
        ['webhook.timeoutMs'],
      ),
    );
  });

  it.each(NUMBERS)('%s has both ends, which are those of the option', async (path, { minimum, maximum }) => {
    if (minimum === undefined || maximum === undefined) throw new Error(`${path} has no end`);
    for (const [value, isIn] of [
      [minimum, true],
      [maximum, true],
      [minimum - 1, false],
      [maximum + 1, false],
    ] as const) {
      const config = await configWith(path, value);
      expect(recordConfigSchema.safeParse(config).success, `${path} ${value}`).toBe(isIn);
      const options = await recorderOptions(config as never);
      if (isIn) resolveRecorderOptions(options);
      else expect(() => resolveRecorderOptions(options)).toThrow(/must be .* got/);
    }
  });
});
