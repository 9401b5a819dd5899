import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as devices from '../../examples/interop-devices.js';
import * as files from '../../examples/interop-files.js';
import { HAS_FFMPEG } from '../voice/fixtures.js';

const isInstalled = (name: string) => existsSync(new URL(`../../node_modules/${name}`, import.meta.url));

describe('examples of other packages', () => {
  it.skipIf(!isInstalled('wavefile'))(
    'wavefile takes our file and gives one that we read (needs wavefile)',
    async () => {
      expect(await files.run({ package: 'wavefile' })).toMatchObject({ sampleCount: 16_000 });
    },
  );

  it.skipIf(!isInstalled('fluent-ffmpeg') || !HAS_FFMPEG)(
    'fluent-ffmpeg takes our stream and gives one (needs fluent-ffmpeg and ffmpeg)',
    async () => {
      expect(await files.run({ package: 'fluent-ffmpeg' })).toMatchObject({ sampleCount: 16_000 });
    },
  );

  it.skipIf(isInstalled('speaker'))(
    'says which package is missing (needs speaker not to be there)',
    async () => {
      await expect(devices.run({ package: 'speaker' })).rejects.toThrow(/speaker/);
    },
  );

  it.skipIf(!isInstalled('node-record-lpcm16') || process.env['AUDIODEV'] !== 'null')(
    'node-record-lpcm16 records into our samples (needs node-record-lpcm16, sox and AUDIODEV=null AUDIODRIVER=alsa)',
    async () => {
      expect(
        (await devices.run({ package: 'node-record-lpcm16', seconds: 0.5 })).sampleCount,
      ).toBeGreaterThanOrEqual(8000);
    },
  );
});
