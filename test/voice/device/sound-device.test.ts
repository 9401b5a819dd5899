import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { deviceInvocation } from '../../../src/voice/device/device-programs.js';
import { listSoundDevices, parseAlsaNames, parsePulseTable } from '../../../src/voice/device/list-devices.js';
import { openMicrophone, openSpeaker } from '../../../src/voice/device/sound-device.js';
import { collectSamples, concatSamples } from '../../../src/voice/stage.js';
import { expectSamples, hasTool, noise, testFolder } from '../fixtures.js';

const folder = testFolder();
const HAS_ALSA = hasTool('arecord');
const FORMAT = { sampleRate: 16_000, channels: 1 };

describe('the device none', () => {
  it('gives silence at the pace of the clock', async () => {
    const clock = new VirtualClock();
    const { source } = await openMicrophone({ device: 'none', clock });
    const frames: Int16Array[] = [];
    const reading = (async () => {
      for await (const samples of source) if (frames.push(samples) === 5) break;
    })();
    await clock.advance(99);
    expect(frames).toHaveLength(4);
    await clock.advance(2);
    await reading;
    expectSamples(concatSamples(frames), new Int16Array(1600));
  });

  it('takes sound at the pace of the clock', async () => {
    const clock = new VirtualClock();
    const speaker = await openSpeaker({ device: 'none', clock });
    let isOver = false;
    const playing = (async () => {
      for (let i = 0; i < 10; i++) await speaker.write(new Int16Array(320));
      await speaker.write(new Int16Array(320), 6400);
      await speaker.end();
      isOver = true;
    })();
    await clock.advance(419);
    expect(isOver).toBe(false);
    await clock.advance(2);
    await playing;
    await expect(speaker.write(new Int16Array(1))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('devices through programs', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
    delete process.env['ALSA_CONFIG_PATH'];
  });

  it('names the package to install when there is no program', async () => {
    process.env['PATH'] = folder;
    await expect(openMicrophone()).rejects.toMatchObject({
      code: 'ERR_DEVICE',
      message: expect.stringContaining('Install alsa-utils'),
    });
    await expect(openSpeaker({ program: 'sox' })).rejects.toMatchObject({
      code: 'ERR_DEVICE',
      message: expect.stringContaining('Cannot run sox'),
    });
    expect(await listSoundDevices()).toEqual([]);
  });

  it('refuses names that would be read as options, and unknown programs', async () => {
    await expect(openMicrophone({ device: '-o/etc/passwd' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
    await expect(
      deviceInvocation({ direction: 'capture', format: FORMAT, program: 'oss' as never }),
    ).rejects.toThrow(/program/);
  });

  it.skipIf(!HAS_ALSA)(
    'reports the message of the program when the device does not exist (needs alsa-utils)',
    async () => {
      const wrong = { program: 'alsa', device: 'no-such-device' } as const;
      await expect(openMicrophone(wrong)).rejects.toMatchObject({
        code: 'ERR_DEVICE',
        message: expect.stringMatching(/arecord failed \(exit code 1\): .*no-such-device/s),
      });
      const speaker = await openSpeaker(wrong);
      const play = async () => {
        for (let i = 0; i < 1000; i++) await speaker.write(new Int16Array(16_000));
        await speaker.end();
      };
      await expect(play()).rejects.toMatchObject({
        code: 'ERR_DEVICE',
        message: expect.stringMatching(/aplay failed/),
      });
    },
  );

  it.skipIf(!HAS_ALSA)("plays into ALSA's file device (needs alsa-utils)", async () => {
    const file = join(folder, 'played.raw');
    const samples = noise(16_000);
    await using speaker = await openSpeaker({ program: 'alsa', device: `tee:null,'${file}',raw` });
    for (let at = 0; at < samples.length; at += 320) await speaker.write(samples.subarray(at, at + 320));
    await speaker.end();
    const bytes = await readFile(file);
    const played = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    expectSamples(played.subarray(0, samples.length), samples);
  });

  it.skipIf(!HAS_ALSA)(
    "records from ALSA's file device, and stops when asked to (needs alsa-utils)",
    async () => {
      const infile = join(folder, 'in.raw');
      const samples = noise(200_000);
      await writeFile(infile, new Uint8Array(samples.buffer));
      const config = join(folder, 'asound.conf');
      await writeFile(
        config,
        `</usr/share/alsa/alsa.conf>
       pcm.fromfile { type file slave.pcm "null" file "/dev/null" infile "${infile}" format "raw" }`,
      );
      process.env['ALSA_CONFIG_PATH'] = config;
      const microphone = await openMicrophone({ program: 'alsa', device: 'fromfile' });
      const parts: Int16Array[] = [];
      for await (const part of microphone.source) {
        parts.push(part);
        if (parts.reduce((sum, { length }) => sum + length, 0) >= 100_000) break;
      }
      await microphone.close();
      expectSamples(concatSamples(parts).subarray(0, 100_000), samples.subarray(0, 100_000));
    },
  );

  it.skipIf(!HAS_ALSA)('closes the device when the signal fires (needs alsa-utils)', async () => {
    const abort = new AbortController();
    const microphone = await openMicrophone({ program: 'alsa', device: 'null', signal: abort.signal });
    abort.abort();
    await expect(collectSamples(microphone.source)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it.skipIf(!HAS_ALSA)('lists the devices that ALSA has (needs alsa-utils)', async () => {
    const found = await listSoundDevices();
    for (const direction of ['capture', 'playback'] as const) {
      expect(found).toContainEqual(expect.objectContaining({ name: 'null', direction, program: 'alsa' }));
    }
  });

  it('reads the listings of the programs', () => {
    expect(
      parseAlsaNames('null\n    Discard all\nhw:CARD=PCH,DEV=0\n    HDA Intel\n    Direct hardware\n'),
    ).toEqual([
      { name: 'null', description: 'Discard all' },
      { name: 'hw:CARD=PCH,DEV=0', description: 'HDA Intel, Direct hardware' },
    ]);
    expect(parsePulseTable('0\talsa_input.usb\tmodule-alsa\ts16le 1ch 48000Hz\tIDLE\n')).toEqual([
      { name: 'alsa_input.usb', description: 'module-alsa, s16le 1ch 48000Hz' },
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('a microphone whose program has more sound', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it.each([
    ['before it is read', 0],
    ['at its first sound', 1],
    ['later', 2],
  ])('is closed %s', async (_, reads) => {
    const bin = testFolder();
    // Ten seconds of sound at once, then none.
    const script = '#!/bin/sh\nhead -c 320000 /dev/zero\nexec sleep 1000\n';
    await writeFile(join(bin, 'arecord'), script, { mode: 0o755 });
    process.env['PATH'] = `${bin}:${path}`;
    const microphone = await openMicrophone({ program: 'alsa' });
    let count = 0;
    if (reads > 0) for await (const _samples of microphone.source) if (++count === reads) break;
    await microphone.close();
    expect(count).toBe(reads);
  });
});
