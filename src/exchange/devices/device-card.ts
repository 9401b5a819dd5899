import { checkOptions, line, oneOf, type Rules } from '../../base/check.js';
import { msToSamples, PTIME_MS } from '../../base/pcm.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import {
  DEVICE_PROGRAMS,
  type DeviceDirection,
  type DeviceProgram,
} from '../../voice/device/device-programs.js';
import { listedDevices } from '../../voice/device/list-devices.js';
import { openMicrophone, openSpeaker } from '../../voice/device/sound-device.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import { OpenWhileUsed } from './device-use.js';
import { HeardBuffer } from './heard-buffer.js';
import type { DeviceUse, SoundCard } from './sound-card.js';

/** Options of {@link deviceCard}. */
export interface DeviceCardOptions {
  /** Microphone used while AUDIO_IN is empty; `none` for silence. Default: the system's. */
  readonly audioIn?: string;
  /** Loudspeaker used while AUDIO_OUT is empty; `none` for silence. Default: the system's. */
  readonly audioOut?: string;
  /** Loudspeaker that rings while RINGER is empty. Default: that of AUDIO_OUT. */
  readonly ringer?: string;
  /**
   * Program that runs the devices: `alsa`, `pulse` or `sox`. Default: the program that lists a device of that name, or
   * for the system's default device the first one installed.
   */
  readonly program?: DeviceProgram;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
}

const NAME = line(1, 300);
const RULES: Rules<DeviceCardOptions> = {
  audioIn: NAME,
  audioOut: NAME,
  ringer: NAME,
  program: oneOf(...DEVICE_PROGRAMS),
  clock: CLOCK,
};

/** Delay of each device, in ms. */
const LATENCY_MS = { capture: 20, playback: 160 } as const satisfies Record<DeviceDirection, number>;
/** Timeout for listing the machine's devices, in ms. The machine may be busy. */
const LIST_MS = 15_000;

/**
 * Makes a user's sound card from a real microphone and loudspeaker, through ALSA, PulseAudio (PipeWire) or sox.
 * AUDIO_IN, AUDIO_OUT and RINGER choose its devices by their names in `listSoundDevices`; calls ring on it.
 *
 * A device is open while a call uses it, and two seconds longer; the ringing device is open while it rings. If a device
 * cannot be opened, or fails, the call ends with Skype's reason for that, and the next call tries the device again.
 * Captured sound is sent within 200 ms or discarded, and a slow or fast clock of the microphone is compensated. A
 * loudspeaker that falls behind skips sound that it has not played.
 *
 * @throws ERR_INVALID_ARG, naming the option.
 */
export function deviceCard(options: DeviceCardOptions = {}): SoundCard {
  checkOptions(options, RULES);
  return new DeviceCard(options);
}

class DeviceCard implements SoundCard {
  readonly #options: DeviceCardOptions;
  readonly #chosen: Record<DeviceUse, string> = { AUDIO_IN: '', AUDIO_OUT: '', RINGER: '' };
  readonly #microphone: Microphone;
  readonly #speaker: Loudspeaker;
  readonly #ringer: Loudspeaker;

  constructor(options: DeviceCardOptions) {
    const { clock = systemClock, program } = options;
    this.#options = options;
    this.#microphone = new Microphone(this.#nameOf('AUDIO_IN'), clock, program);
    this.#speaker = new Loudspeaker(this.#nameOf('AUDIO_OUT'), clock, program);
    this.#ringer = new Loudspeaker(this.#nameOf('RINGER'), clock, program);
  }

  capture(frame: Int16Array): void {
    this.#microphone.capture(frame);
  }

  play(frame: Int16Array): void {
    this.#speaker.play(frame);
  }

  ring(frame: Int16Array): void {
    this.#ringer.play(frame);
  }

  choose(use: DeviceUse, name: string): void {
    this.#chosen[use] = name;
    this.#microphone.device.choose(this.#nameOf('AUDIO_IN'));
    this.#speaker.device.choose(this.#nameOf('AUDIO_OUT'));
    this.#ringer.device.choose(this.#nameOf('RINGER'));
  }

  async close(): Promise<void> {
    await Promise.all([this.#microphone, this.#speaker, this.#ringer].map(({ device }) => device.close()));
  }

  #nameOf(use: DeviceUse): string {
    const { audioIn = '', audioOut = '', ringer = '' } = this.#options;
    if (use === 'AUDIO_IN') return this.#chosen.AUDIO_IN || audioIn;
    const speaker = this.#chosen.AUDIO_OUT || audioOut;
    return use === 'AUDIO_OUT' ? speaker : this.#chosen.RINGER || ringer || speaker;
  }
}

const bytesOfMs = (ms: number) => msToSamples(ms) * Int16Array.BYTES_PER_ELEMENT;

/**
 * Sound captured between two reads from which on a device is faster than real time. Reading from it is then slowed
 * down.
 */
const TOO_FAST_BYTES = bytesOfMs(4000);

/** A microphone with a buffer of its captured sound. */
class Microphone {
  readonly device: OpenWhileUsed;
  readonly #clock: Clock;
  readonly #program: DeviceProgram | undefined;
  readonly #heard = new HeardBuffer();
  #sinceRead = 0;

  constructor(name: string, clock: Clock, program: DeviceProgram | undefined) {
    this.#clock = clock;
    this.#program = program;
    this.device = new OpenWhileUsed(name, clock, (device, signal) => this.#listen(device, signal));
  }

  /** Fills `frame`, with silence where there is no sound. Throws the error of a failed device. */
  capture(frame: Int16Array): void {
    this.device.use();
    this.#sinceRead = 0;
    this.#heard.read(frame);
  }

  async #listen(name: string, signal: AbortSignal): Promise<void> {
    this.#heard.clear();
    const options = await optionsOf('capture', name, this.#program, signal);
    await using microphone = await openMicrophone({ ...options, clock: this.#clock });
    for await (const samples of microphone.source) {
      if (signal.aborted) return;
      const bytes = bytesOfSamples(samples);
      this.#sinceRead += bytes.length;
      this.#heard.push(bytes);
      if (this.#sinceRead > TOO_FAST_BYTES) await sleep(this.#clock, PTIME_MS, { signal });
    }
  }
}

/** Most sound that a loudspeaker is given ahead of playback, in ms. Frames beyond that were late and are skipped. */
const MOST_AHEAD_MS = 120;
/** Most frames that wait for a program that does not take them. With more it is restarted. */
const MOST_WAITING = 500 / PTIME_MS;

/** A loudspeaker with a queue of frames. */
class Loudspeaker {
  readonly device: OpenWhileUsed;
  readonly #clock: Clock;
  readonly #program: DeviceProgram | undefined;
  readonly #waiting: Int16Array[] = [];
  #isOpen = false;
  /** Time at which the queued sound will have been played. */
  #heardAt = 0;
  #wake: () => void = () => undefined;

  constructor(name: string, clock: Clock, program: DeviceProgram | undefined) {
    this.#clock = clock;
    this.#program = program;
    this.device = new OpenWhileUsed(name, clock, (device, signal) => this.#speak(device, signal));
  }

  /** Queues a copy of a frame. Throws the error of a failed device. */
  play(frame: Int16Array): void {
    this.device.use();
    const now = this.#clock.now();
    this.#heardAt = Math.max(this.#heardAt, now);
    if (this.#heardAt - now > MOST_AHEAD_MS) return;
    this.#heardAt += (frame.length / FRAME_SAMPLES) * PTIME_MS;
    this.#waiting.push(frame.slice());
    if (this.#waiting.length > MOST_WAITING) this.#isLate();
    this.#wake();
  }

  /**
   * Handles a full queue. Restarts the device, or drops the oldest frame while the device is being opened, since a
   * restart would only delay that.
   */
  #isLate(): void {
    if (this.#isOpen) this.device.letGo();
    else this.#waiting.shift();
  }

  async #speak(name: string, signal: AbortSignal): Promise<void> {
    this.#waiting.length = 0;
    this.#isOpen = false;
    const options = await optionsOf('playback', name, this.#program, signal);
    await using speaker = await openSpeaker({ ...options, clock: this.#clock });
    if (signal.aborted) return;
    this.#isOpen = true;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const frame = this.#waiting.shift();
      if (frame) await speaker.write(frame);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Gives the options to open a device: its name, and the program that lists it. */
async function optionsOf(
  direction: DeviceDirection,
  name: string,
  program: DeviceProgram | undefined,
  signal: AbortSignal,
) {
  const options = { latencyMs: LATENCY_MS[direction], signal, ...(program && { program }) };
  if (name === '') return options;
  if (program || name === 'none') return { ...options, device: name };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
  const listed = await listedDevices([direction], limit);
  const found = listed.find((device) => device.name === name);
  return { ...options, device: name, ...(found && { program: found.program }) };
}
