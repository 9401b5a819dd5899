import { expect, test } from 'vitest';
import { hearOthersSpeech } from '../../src/call/others-speech.js';
import { PcmServer } from '../../src/pcm.js';

test('many recordings of one server wait for the speech of others without a listener warning of Node', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on('warning', warned);
  const server = new PcmServer();
  const forgets = Array.from({ length: 30 }, (_, id) =>
    hearOthersSpeech(server, `CALL ${id}`, () => undefined),
  );
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
  for (const forget of forgets) forget();
  expect(server.listenerCount('lease')).toBe(0);
  await server.close();
});
