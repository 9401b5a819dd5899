import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Opening } from '../../src/base/opening.js';
import { VOICE_FORMAT } from '../../src/base/pcm.js';
import { attach } from '../../src/control/attach.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { Journal } from '../../src/recording/file/journal.js';
import { StereoFile } from '../../src/recording/file/stereo-file.js';
import { recordCall } from '../../src/recording/record-call.js';
import { SealedFile } from '../../src/recording/sealed/sealed-file.js';
import { SealedWav } from '../../src/recording/sealed/sealed-wav.js';
import { FileSink } from '../../src/stream/receive/file-sink.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { WavReader } from '../../src/voice/wav/wav-reader.js';
import { WavWriter } from '../../src/voice/wav/wav-writer.js';
import { hasXvfb, startDisplay } from '../control/private-servers.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-opening-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('Opening', () => {
  const opened = async (fails: boolean, closed: string[]) => {
    await using opening = new Opening();
    opening.add('first', (it) => closed.push(it));
    opening.add('broken', () => Promise.reject(new Error('it cannot be closed')));
    opening.add('last', async (it) => closed.push(it));
    if (fails) throw new Error('the step failed');
    return opening.done('result');
  };

  it('closes what was opened, newest first, when a step throws', async () => {
    const closed: string[] = [];
    await expect(opened(true, closed)).rejects.toThrow('the step failed');
    expect(closed).toEqual(['last', 'first']);
  });

  it('closes nothing once it is done', async () => {
    const closed: string[] = [];
    expect(await opened(false, closed)).toBe('result');
    expect(closed).toEqual([]);
  });
});

/** What this process has open, of what the test knows. */
function openFiles(): string[] {
  return descriptors().filter((path) => path === '/dev/full' || path.startsWith(folder));
}

function openSockets(): number {
  return descriptors().filter((path) => path.startsWith('socket:')).length;
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
}

const HEAD = {
  id: 'id',
  segment: 1,
  startedAt: new Date(0).toISOString(),
  call: { id: 1, partner: 'ann', type: 'INCOMING_P2P', status: 'INPROGRESS', duration: 0, states: [] },
  streams: { local: 'INPUT', remote: 'OUTPUT' },
  tags: {},
} as const;

// A device that can be opened and takes nothing: what a full disk does after the file was made.
describe.skipIf(process.platform !== 'linux')('opening on a full disk', () => {
  const recipient = async () => [await identityToRecipient(await generateIdentity())];
  const STEPS: Record<string, () => unknown> = {
    'a WAV file': () => WavWriter.create('/dev/full'),
    'a stereo file': () => StereoFile.create('/dev/full', 'async'),
    'a journal': () => Journal.create('/dev/full', HEAD),
    'an encrypted WAV file': async () =>
      await SealedWav.create('/dev/full', await recipient(), { format: VOICE_FORMAT }).then((it) =>
        it.close(),
      ),
    'a file sink': () =>
      new FileSink(
        { kind: 'file', path: '/dev/full', overwrite: true, header: new Uint8Array(44) },
        VOICE_FORMAT,
      ),
  };
  it.each(Object.entries(STEPS))('%s is closed', async (_, open) => {
    await expect((async () => await open())()).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(openFiles()).toEqual([]);
    // The device was not made by us, and is not ours to remove.
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });
});

describe.skipIf(process.platform !== 'linux')('resources that were opened before a step failed', () => {
  it('is closed where an encrypted recording cannot be made', async () => {
    const file = join(folder, 'call.wav.age');
    await mkdir(file);
    const to = [await identityToRecipient(await generateIdentity())];
    await expect(SealedFile.create(file, to)).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(openFiles()).toEqual([]);
  });

  it('is closed where a file turns out to be no WAV', async () => {
    const file = join(folder, 'call.wav');
    await writeFile(file, 'no sound');
    await expect(WavReader.open(file)).rejects.toMatchObject({ code: 'ERR_WAV' });
    expect(openFiles()).toEqual([]);
  });

  it.each([
    ['a WAV', false, 'call.journal'],
    ['an encrypted file', true, 'call.journal'],
    ['a WAV, its reserve', false, 'call.reserve'],
  ])('is closed and removed where a call cannot be recorded: %s', async (_, encrypted, name) => {
    await using exchange = await Exchange.start();
    await using client = await attach(new MemoryTransport(exchange.endpoint()));
    await using server = new PcmServer();
    const call = await client.call('echo123');
    await mkdir(join(folder, name));
    const encryptTo = encrypted ? [await identityToRecipient(await generateIdentity())] : undefined;
    const recording = recordCall(call, server, {
      file: join(folder, 'call.wav'),
      ...(encryptTo && { encryptTo }),
    });
    await expect(recording).rejects.toThrow(name);
    expect(openFiles()).toEqual([]);
    expect(await readdir(folder)).toEqual([name]);
  });

  it.skipIf(!hasXvfb)(
    'is closed where another program is served on the X display (skipped without Xvfb)',
    async () => {
      await using display = await startDisplay();
      await using first = await Exchange.start();
      await first.listenOnX11({ display: display.address });
      await using second = await Exchange.start();
      const before = openSockets();
      for (let time = 0; time < 3; time++) {
        await expect(second.listenOnX11({ display: display.address })).rejects.toMatchObject({
          code: 'ERR_PORT',
        });
      }
      await expect.poll(openSockets).toBe(before);
    },
  );

  it('is closed where an exchange cannot start, and its folder is free again', async () => {
    const stateFolder = join(folder, 'state');
    await mkdir(stateFolder);
    await writeFile(join(stateFolder, 'voicemails'), '');
    await expect(Exchange.start({ stateFolder })).rejects.toThrow();
    expect(openFiles()).toEqual([]);
    await rm(join(stateFolder, 'voicemails'));
    await using exchange = await Exchange.start({ stateFolder });
    expect(exchange.handles).toHaveLength(1);
  });

  it('is removed where an exchange without a state folder cannot start', async () => {
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    try {
      const robots = [{ identity: undefined } as never];
      await expect(Exchange.start({ robots })).rejects.toThrow();
    } finally {
      process.env['TMPDIR'] = before;
    }
    expect(await readdir(folder)).toEqual([]);
  });
});
