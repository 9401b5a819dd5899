import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listCameras } from '../../../src/voice/device/list-cameras.js';
import { testFolder } from '../fixtures.js';

it('names each camera once, for any number of devices', async () => {
  const folder = testFolder();
  const devices = {
    video1: 'Integrated Camera\n',
    video0: 'Integrated Camera\n',
    video2: 'USB 2.0 PC Cäm\n',
    video3: '',
  };
  for (const [device, name] of Object.entries(devices)) {
    await mkdir(join(folder, device));
    await writeFile(join(folder, device, 'name'), name);
  }
  await mkdir(join(folder, 'no-camera'));
  expect(await listCameras(folder)).toEqual(['Integrated Camera', 'USB 2.0 PC Cäm']);
  expect(await listCameras(join(folder, 'none'))).toEqual([]);
});
