import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSoundDevices } from '../../../src/voice/device/list-devices.js';
import { openMicrophone, openSpeaker } from '../../../src/voice/device/sound-device.js';
import { ToneDetector } from '../../../src/voice/tone/tone-detector.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { testFolder } from '../fixtures.js';
import { HAS_PULSE, type PulseServer, startPulse } from './pulse-server.js';

const folder = testFolder();

describe.skipIf(!HAS_PULSE)('devices of a PulseAudio server (needs pulseaudio and pulseaudio-utils)', () => {
  let server: PulseServer;
  beforeAll(async () => {
    server = await startPulse(folder, ['jack']);
  });
  afterAll(() => server.stop());

  it('are listed', async () => {
    const found = (await listSoundDevices()).filter(({ program }) => program === 'pulse');
    expect(found).toEqual([
      expect.objectContaining({ name: 'jack.monitor', direction: 'capture' }),
      expect.objectContaining({ name: 'jack', direction: 'playback' }),
    ]);
  });

  it('play the sound of the microphone', async () => {
    await using microphone = await openMicrophone({ program: 'pulse', device: 'jack.monitor' });
    const detector = new ToneDetector({ frequency: 1000 });
    const listening = (async () => {
      for await (const samples of microphone.source) {
        for (const event of detector.push(samples)) if (event.type === 'end') return event;
      }
      throw new Error('The recording ended before the tone did.');
    })();
    await using speaker = await openSpeaker({ program: 'pulse', device: 'jack' });
    await speaker.write(toneSamples({ frequency: 1000, durationMs: 500, levelDbfs: -6 }));
    await speaker.end();
    const { begin, end, levelDbfs } = await listening;
    // The server runs in real time: what it plays late is stretched, by as much as the machine is busy.
    expect(end - begin).toBeGreaterThan(8000 - 1600);
    expect(levelDbfs).toBeCloseTo(-6, 0);
  });

  it('that are missing, and a missing server, are reported in the words of the program', async () => {
    const fails = (message: RegExp) => ({
      code: 'ERR_DEVICE',
      message: expect.stringMatching(message),
    });
    const unknown = openMicrophone({ program: 'pulse', device: 'no-such-device' });
    await expect(unknown).rejects.toMatchObject(fails(/pacat failed .*No such entity/s));
    process.env['PULSE_SERVER'] = `unix:${folder}/nobody`;
    await expect(openMicrophone({ program: 'pulse' })).rejects.toMatchObject(
      fails(/pacat failed .*Connection refused/s),
    );
    process.env['PULSE_SERVER'] = server.address;
  });
});
