import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { entryOf } from '../../../src/base/entry-of.js';
import {
  RECORD_FILES,
  readRecordConfig,
  recordConfigSchema,
  recorderOptions,
} from '../../../src/recording/recorder/recorder-config.js';
import { resolveRecorderOptions } from '../../../src/recording/recorder/recorder-options.js';

interface Schema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
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
  const needed = {
    ...{ hook: { command: 'true' }, webhook: { url: 'http://localhost', secretFile } },
    fork: { url: 'ws://localhost/' },
  };
  const part = entryOf<object>(needed, first) ?? {};
  return { [first]: second === undefined ? value : { ...part, [second]: value } };
}

describe('a number in the configuration of a recorder', () => {
  it('is in the table of this test', () => {
    expect(NUMBERS.map(([path]) => path).toSorted()).toEqual(
      ['consent.toneEveryMs', 'discardBelowMs', 'fork.maxBufferedMs', 'fork.sampleRate'].concat(
        ['hook.timeoutMs', 'mask.delayMs', 'maxMs', 'preRollMs'],
        ['segments.everyMs', 'segments.maxBytes', 'segments.silenceDbfs', 'segments.silenceMs'],
        ['webhook.timeoutMs'],
      ),
    );
  });

  it.each(NUMBERS)(
    '%s has a minimum and a maximum, which are those of the option',
    async (path, { minimum, maximum }) => {
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
    },
  );
});

it('paths in a configuration are relative to its file; names of programs are left to the system', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-config-'));
  const file = join(folder, 'recorder.json');
  const tls = { caFile: 'ca.pem', certFile: './cert.pem', keyFile: '/etc/key.pem' };
  const webhook = { url: 'http://localhost', secretFile: '../secret' };
  const given = { out: 'calls', tls, tokenFile: 'token', identityFile: 'age', signingKeyFile: 'sign.pem' };
  const consent = { prompt: 'consent.wav' };
  const hook = { command: './hook.sh', args: ['not/a/path'] };
  await writeFile(file, JSON.stringify({ ...given, webhook, consent, hook, template: 'a/{id}' }));
  expect(await readRecordConfig(file)).toEqual({
    ...{ out: join(folder, 'calls'), tokenFile: join(folder, 'token'), identityFile: join(folder, 'age') },
    signingKeyFile: join(folder, 'sign.pem'),
    tls: { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'cert.pem'), keyFile: '/etc/key.pem' },
    webhook: { ...webhook, secretFile: join(folder, '..', 'secret') },
    consent: { prompt: join(folder, 'consent.wav') },
    hook: { command: join(folder, 'hook.sh'), args: ['not/a/path'] },
    template: 'a/{id}',
  });
  await writeFile(file, JSON.stringify({ hook: { command: 'notify-send' } }));
  expect((await readRecordConfig(file)).hook?.command).toBe('notify-send');
});

it('every field that names a file is listed as one', () => {
  const named = Object.entries(z.toJSONSchema(recordConfigSchema).properties ?? {}).flatMap(([name, each]) =>
    [each as Schema, ...((each as Schema).anyOf ?? [])].flatMap(({ properties }) =>
      Object.keys(properties ?? { '': each }).map((inner) => [name, inner].filter(Boolean).join('.')),
    ),
  );
  const files = named.filter((name) => /File$|^out$|prompt$|command$|grammar$|Model$/.test(name));
  expect([...RECORD_FILES.paths, ...RECORD_FILES.programs].toSorted()).toEqual(files.toSorted());
});
