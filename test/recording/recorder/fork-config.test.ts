import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { recordConfigSchema, recorderOptions } from '../../../src/recording/recorder/recorder-config.js';
import { checkMeans } from '../../../src/recording/recorder/recorder-options.js';
import { testFolder } from '../../voice/fixtures.js';

const [CERTIFICATE = ''] = rootCertificates;
const URL = 'wss://analysis.example.com/in';

describe('a fork in the configuration of a recorder', () => {
  it('is read with its options and the files that it names', async () => {
    const folder = testFolder();
    const [tokenFile, passwordFile, caFile] = ['token', 'password', 'ca'].map((name) => join(folder, name));
    await writeFile(String(tokenFile), 'a-token\n');
    await writeFile(String(passwordFile), 'user:pass word\n');
    await writeFile(String(caFile), CERTIFICATE);
    const fork = {
      ...{ url: URL, dialect: 'twilio', legs: 'stereo', policy: 'drop-newest', maxBufferedMs: 500 },
      ...{ tokenFile, passwordFile, caFile, parameters: { desk: '7' }, reconnect: { attempts: 3 } },
    };
    const options = await recorderOptions(recordConfigSchema.parse({ fork }));
    expect(options.fork).toEqual({
      ...{ url: URL, dialect: 'twilio', legs: 'stereo', policy: 'drop-newest', maxBufferedMs: 500 },
      ...{ parameters: { desk: '7' }, reconnect: { attempts: 3 }, ca: CERTIFICATE },
      credentials: { bearer: 'a-token', basic: 'user:pass word' },
    });
    await checkMeans(options);
  });

  it.each([
    ['an address of another kind', { url: 'https://x.example' }],
    ['no address', {}],
    ['a dialect that is none', { url: URL, dialect: 'morse' }],
    ['a field that is none', { url: URL, lag: 5 }],
    ['a policy that would hold the call', { url: URL, policy: 'wait' }],
  ])('is refused with %s', (_, fork) => {
    expect(recordConfigSchema.safeParse({ fork }).success).toBe(false);
  });

  it.each([
    ['the address of TCP for a WebSocket', { url: 'tcp://127.0.0.1:9', dialect: 'raw' }, 'url'],
    [
      'a rate that the dialect does not have',
      { url: URL, dialect: 'twilio', sampleRate: 16_000 },
      'sampleRate',
    ],
    ['two voices where there is one channel', { url: URL, dialect: 'vonage', legs: 'stereo' }, 'legs'],
    ['a version that is none', { url: URL, variant: 'new' }, 'variant'],
  ])('is refused with %s before the first call', async (_, fork, field) => {
    const options = await recorderOptions(recordConfigSchema.parse({ fork }));
    await expect(checkMeans(options)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
      message: expect.stringContaining(field),
    });
  });

  it('is refused with missing files, or files without a password', async () => {
    const empty = join(testFolder(), 'empty');
    await writeFile(empty, 'user\n');
    const read = (files: object) =>
      recorderOptions(recordConfigSchema.parse({ fork: { url: URL, ...files } }));
    await expect(read({ tokenFile: join(empty, 'none') })).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(read({ passwordFile: empty })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(read({ caFile: empty })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
      message: expect.stringContaining('must be certificates as PEM'),
    });
  });
});
