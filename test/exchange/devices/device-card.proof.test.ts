import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { deviceCard } from '../../../src/exchange/devices/device-card.js';
import type { SoundCard } from '../../../src/exchange/devices/sound-card.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { openMicrophone, openSpeaker } from '../../../src/voice/device/sound-device.js';
import { ToneDetector } from '../../../src/voice/tone/tone-detector.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { turn, until } from '../../turns.js';
import { HAS_PULSE, type PulseServer, startPulse } from '../../voice/device/pulse-server.js';
import { hasTool, testFolder } from '../../voice/fixtures.js';
import { world } from '../world.js';

/** The frequency that the microphone of the machine hears, and the one that the other user says. */
const SAID = 1000;
const ANSWERED = 700;

/** A sound card that says one tone all the time, and knows whether it hears the other. */
class ToneCard implements SoundCard {
  readonly #tone = toneSamples({ frequency: ANSWERED, durationMs: 1000, levelDbfs: -12 });
  #at = 0;
  /** Frames in a row in which nothing at all was heard. */
  #silent = 0;
  readonly #events = new EventEmitter();
  #ear = new ToneDetector({ frequency: SAID });

  capture(frame: Int16Array): void {
    frame.set(this.#tone.subarray(this.#at, this.#at + frame.length));
    this.#at = (this.#at + frame.length) % this.#tone.length;
  }

  play(frame: Int16Array): void {
    this.#silent = frame.some((sample) => sample !== 0) ? 0 : this.#silent + 1;
    if (this.#silent > 5) this.#events.emit('silence');
    if (this.#ear.push(frame).length > 0) this.#events.emit('tone');
  }

  /** Resolves when the tone of the other begins, or when nothing at all is heard. */
  async hears(what: 'tone' | 'silence', signal: AbortSignal): Promise<void> {
    this.#ear = new ToneDetector({ frequency: SAID });
    await once(this.#events, what, { signal });
  }
}

/** Resolves when something is heard on a card of the sound server. @param is Tells it from other sounds. */
async function heardOn(
  card: string,
  signal: AbortSignal,
  is: (samples: Int16Array) => boolean,
): Promise<void> {
  await using microphone = await openMicrophone({ program: 'pulse', device: `${card}.monitor`, signal });
  for await (const samples of microphone.source) if (is(samples)) return;
}

function toneOf(frequency: number): (samples: Int16Array) => boolean {
  const ear = new ToneDetector({ frequency });
  return (samples) => ear.push(samples).length > 0;
}

const isLoud = (samples: Int16Array) => samples.some((sample) => Math.abs(sample) > 1000);

/** Says a tone into a card of the sound server until it is told to stop. */
async function say(card: string, signal: AbortSignal): Promise<void> {
  // With half a second on its way, so that a busy machine leaves no gaps in it.
  await using speaker = await openSpeaker({ program: 'pulse', device: card, latencyMs: 500 });
  const tone = toneSamples({ frequency: SAID, durationMs: 100, levelDbfs: -12 });
  while (!signal.aborted) await speaker.write(tone);
}

/** Does the work while the tone is said. Whatever fails first ends both. */
async function whileSaid(card: string, work: (stop: AbortController) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const both = [say(card, stop.signal), work(stop)];
  const over = () => stop.abort();
  await Promise.all(both.map((each) => each.finally(over)));
}

/** Ends the work when the call of a user ends, whose device has failed then. */
function stopsWithCall(client: Client, stop: AbortController): void {
  client.once('call', (call) =>
    call
      .ended({ signal: stop.signal })
      .then((status) => stop.abort(new Error(`The call has ended: ${status}.`)))
      .catch(() => undefined),
  );
}

describe.skipIf(!HAS_PULSE || !hasTool('arecord'))(
  'the sound card of this machine (needs pulseaudio, pulseaudio-utils, alsa-utils, libasound2-plugins)',
  () => {
    let server: PulseServer;
    beforeAll(async () => {
      server = await startPulse(testFolder(), ['mouth', 'ear', 'bell']);
    });
    afterAll(() => server.stop());

    it.each([
      ['PulseAudio', ['AUDIO_IN mouth.monitor', 'AUDIO_OUT ear', 'RINGER bell']],
      ['ALSA', ['AUDIO_IN alsa_mouth_monitor', 'AUDIO_OUT alsa_ear', 'RINGER alsa_bell']],
    ])('records, mutes, plays, and rings on the chosen devices, by %s', async (_, chosen) => {
      const bob = new ToneCard();
      await using exchange = await Exchange.start({
        users: [
          { handle: 'alice', soundCard: deviceCard() },
          { handle: 'bob', soundCard: bob },
        ],
      });
      const failures: unknown[] = [];
      exchange.on('failure', (error) => failures.push(error));
      await using alice = await attach(new MemoryTransport(exchange.endpoint('alice')));
      for (const device of chosen) expect(await alice.invoke(`SET ${device}`)).toBe(device);
      await whileSaid('mouth', async (stop) => {
        const { signal } = stop;
        stopsWithCall(alice, stop);
        await Promise.all([heardOn('bell', signal, isLoud), exchange.desk('bob').call('alice')]);
        const heard = heardOn('ear', signal, toneOf(ANSWERED));
        exchange.desk('alice').answer();
        await heard;
        await bob.hears('tone', signal);
        expect(await alice.invoke('SET MUTE ON')).toBe('MUTE ON');
        await bob.hears('silence', signal);
        expect(await alice.invoke('SET MUTE OFF')).toBe('MUTE OFF');
        await bob.hears('tone', signal);
      });
      expect(failures).toEqual([]);
    });

    it('ends a call whose device is missing, and works again with an existing one', async () => {
      await using exchange = await Exchange.start({
        users: [
          {
            handle: 'alice',
            soundCard: deviceCard({ audioOut: 'none' }),
            devices: { audioIn: ['gone', 'none'] },
          },
          { handle: 'bob' },
        ],
      });
      await using alice = await attach(new MemoryTransport(exchange.endpoint('alice')));
      await alice.invoke('SET AUDIO_IN gone');
      const call = await alice.call('bob');
      await call.reached('RINGING');
      exchange.desk('bob').answer();
      expect(await call.ended()).toBe('FAILED');
      // Error with the sound recording device.
      expect(await call.get('FAILUREREASON')).toBe(12);
      await alice.invoke('SET AUDIO_IN none');
      const again = await alice.call('bob');
      await again.reached('RINGING');
      exchange.desk('bob').answer();
      await again.reached('INPROGRESS');
      await again.hangUp();
      expect(await again.ended()).toBe('FINISHED');
    });
  },
);

it('the choice of devices survives a restart, and an unknown device is refused', async () => {
  const chosen: string[] = [];
  const card = {
    capture: () => undefined,
    play: () => undefined,
    choose: (use: string, name: string) => chosen.push(`${use} ${name}`),
  };
  const devices = { audioIn: ['mic'], audioOut: ['speaker'] };
  const stateFolder = testFolder();
  const clock = new VirtualClock();
  for (const command of ['SET AUDIO_IN mic', 'SET RINGER speaker', 'SET AUDIO_OUT nothing']) {
    await using w = await world({
      users: [{ handle: 'alice', soundCard: card, devices }],
      stateFolder,
      clock,
    });
    w.client('alice').send(command);
  }
  expect(chosen).toContain('AUDIO_IN mic');
  expect(chosen.slice(-3)).toEqual(expect.arrayContaining(['AUDIO_IN mic', 'AUDIO_OUT ', 'RINGER speaker']));
  expect(() => deviceCard({ program: 'oss' as never })).toThrow(/program/);
});

describe.skipIf(process.platform === 'win32')('a faulty device', () => {
  const path = process.env['PATH'];
  const frame = new Int16Array(320);
  /** A program in the place of the machine's, which says in a file that it was started. */
  function program(name: 'arecord' | 'aplay', script: string): () => number {
    const folder = testFolder();
    // Of no other program is it heard which devices there are.
    writeFileSync(join(folder, 'pactl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const log = join(folder, 'log');
    writeFileSync(log, '');
    writeFileSync(join(folder, name), `#!/bin/sh\necho >> '${log}'\n${script}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${path}`;
    return () => readFileSync(log).length;
  }
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('that takes no sound holds up nothing, and is started again', async () => {
    const started = program('aplay', 'exec sleep 1000');
    const clock = new VirtualClock();
    const card = deviceCard({ program: 'alsa', clock });
    while (started() < 2) {
      card.play(frame);
      await clock.advance(20);
      await turn();
    }
    await card.close?.();
  });

  it('that takes long to be found is looked for once, and then plays the newest sound', async () => {
    const folder = testFolder();
    const [found, played] = [join(folder, 'found'), join(folder, 'played')];
    const listing = `while [ ! -e '${found}' ]; do sleep 0.02; done; echo slow`;
    const started = program('aplay', `[ "$1" = -L ] || exec tee '${played}'; ${listing}`);
    const clock = new VirtualClock();
    const card = deviceCard({ audioOut: 'slow', clock });
    const play = async (value: number) => {
      card.play(frame.slice().fill(value));
      await clock.advance(20);
    };
    await play(1);
    await until(() => started() === 1);
    for (let tick = 0; tick < 100; tick++) await play(1);
    for (let tick = 0; tick < 25; tick++) await play(2);
    writeFileSync(found, '');
    await until(() => existsSync(played) && readFileSync(played).length === 25 * frame.byteLength);
    expect(readFileSync(played).every((byte, index) => byte === (index % 2 === 0 ? 2 : 0))).toBe(true);
    expect(started()).toBe(2);
    await card.close?.();
  });

  it('that gives much sound at once is heard with the newest of it only', async () => {
    // Ten seconds of sound, then nothing.
    program('arecord', "head -c 320000 /dev/zero | tr '\\0' 'a'; exec sleep 1000");
    const clock = new VirtualClock();
    const card = deviceCard({ program: 'alsa', clock });
    const heard = async () => {
      card.capture(frame);
      await clock.advance(20);
      await turn();
      return frame.some((sample) => sample !== 0);
    };
    while (!(await heard()));
    let frames = 1;
    for (let tick = 0; tick < 500; tick++) if (await heard()) frames++;
    // Most that waits, and what comes while that is read.
    expect(frames).toBeLessThan(100);
    await card.close?.();
  });

  it('that fails is reported once for each attempt', async () => {
    const started = program('arecord', 'echo no such card >&2; exit 1');
    const clock = new VirtualClock();
    const card = deviceCard({ program: 'alsa', clock });
    const failures: unknown[] = [];
    while (failures.length < 2) {
      try {
        card.capture(frame);
      } catch (error) {
        failures.push(error);
      }
      await turn();
    }
    expect(failures).toMatchObject(Array(2).fill({ code: 'ERR_DEVICE', message: /no such card/ }));
    expect(started()).toBeLessThanOrEqual(3);
    await card.close?.();
  });
});
