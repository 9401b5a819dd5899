import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSoundDevices } from '../../../src/voice/device/list-devices.js';
import { openMicrophone, openSpeaker } from '../../../src/voice/device/sound-device.js';
import { ToneDetector } from '../../../src/voice/tone/tone-detector.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { hasTool, run, testFolder } from '../fixtures.js';

const HAS_PULSE = hasTool('pulseaudio') && hasTool('pacat') && hasTool('pactl');
const folder = testFolder();

/** A sound server of the test's own, whose only card plays into a monitor that can be recorded. */
const MODULES = [
  `module-native-protocol-unix socket=${folder}/native`,
  'module-null-sink sink_name=jack rate=16000 channels=1',
];

describe.skipIf(!HAS_PULSE)('devices of a PulseAudio server (needs pulseaudio and pulseaudio-utils)', () => {
  const kept = { ...process.env };

  beforeAll(async () => {
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    Object.assign(process.env, {
      HOME: folder,
      XDG_RUNTIME_DIR: join(folder, 'run'),
      PULSE_SERVER: `unix:${folder}/native`,
    });
    const modules = MODULES.flatMap((module) => ['--load', module]);
    run('pulseaudio', '-n', '--daemonize=yes', '--exit-idle-time=-1', '--disable-shm=1', ...modules);
  });
  afterAll(() => {
    run('pulseaudio', '--kill');
    for (const name of ['HOME', 'XDG_RUNTIME_DIR', 'PULSE_SERVER']) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });

  it('are listed', async () => {
    const found = (await listSoundDevices()).filter(({ program }) => program === 'pulse');
    expect(found).toEqual([
      expect.objectContaining({ name: 'jack.monitor', direction: 'capture' }),
      expect.objectContaining({ name: 'jack', direction: 'playback' }),
    ]);
  });

  it('play what the microphone hears', async () => {
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
    // The server runs in real time: what it plays late is stretched.
    expect(Math.abs(end - begin - 8000)).toBeLessThan(1600);
    expect(levelDbfs).toBeCloseTo(-6, 0);
  });

  it('that are not there, and a server that is not, are told in its own words', async () => {
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
    process.env['PULSE_SERVER'] = `unix:${folder}/native`;
  });
});
