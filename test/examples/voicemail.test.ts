import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as archiveVoicemails from '../../examples/archive-voicemails.js';
import { collectSamples, WavReader } from '../../src/index.js';

it('archive-voicemails: the message is in the archive, sample for sample', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  try {
    const message = 'test/fixtures/speech/goforward.wav';
    const [file = ''] = await archiveVoicemails.run({ folder, message });
    const samples = async (path: string) => {
      await using reader = await WavReader.open(path);
      return await collectSamples(reader);
    };
    expect(await samples(file)).toEqual(await samples(message));
  } finally {
    await rm(folder, { recursive: true });
  }
});
