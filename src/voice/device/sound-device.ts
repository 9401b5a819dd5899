import { checkOptions, object, oneOf, type Rules, rule, signal, whole } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  pcmFormat,
  VOICE_FORMAT,
} from '../../base/pcm.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import type { PcmInput } from '../pcm-input.js';
import { bytesOfSamples, samplesOfBytes } from '../process/pcm-bytes.js';
import { ToolProcess } from '../process/tool-process.js';
import {
  DEVICE_PROGRAMS,
  type DeviceDirection,
  type DeviceProgram,
  deviceInvocation,
  INSTALL_DEVICE_PROGRAM,
} from './device-programs.js';

export interface SoundDeviceOptions {
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /**
   * Name of the device as its program knows it (see `listSoundDevices`). `'none'` is a silent device that drops sound
   * at the pace of a real one. Default: the system's default device.
   */
  readonly device?: string;
  /** Program that plays or records. Default: the first installed one. */
  readonly program?: DeviceProgram;
  /**
   * Delay of the device's buffer, in ms: 20 to 2000. A small one has gaps sooner when the machine is busy. sox has no
   * such option. Default: the program's own (ALSA 500, PulseAudio 40).
   */
  readonly latencyMs?: number;
  /** Closes the device when it fires. */
  readonly signal?: AbortSignal;
  /** Clock that paces the device `'none'`. Default {@link systemClock}. */
  readonly clock?: Clock;
}

const RULES: Rules<SoundDeviceOptions> = {
  format: object,
  // An argument that begins with a dash would be read as an option.
  device: rule(
    'the name of a device that does not begin with a dash',
    (value) => typeof value === 'string' && /^[^-\0][^\0]*$/.test(value),
  ),
  program: oneOf(...DEVICE_PROGRAMS),
  latencyMs: whole(20, 2000, 'ms'),
  signal,
  clock: CLOCK,
};

/** An open microphone. Its source can be read once. Leaving the loop closes it. */
export interface Microphone extends PcmInput, AsyncDisposable {
  close(): Promise<void>;
}

/** An open loudspeaker. `end` waits until all sound was played, `close` does not. */
export interface Speaker extends PcmSink, AsyncDisposable {
  readonly format: PcmFormat;
  write(samples: Int16Array, position?: number): Promise<void>;
  close(): Promise<void>;
}

const NONE_FRAME_MS = 20;

/**
 * Opens a microphone. Resolves when sound arrives, so a missing device is reported here.
 *
 * @throws ERR_DEVICE when there is no program or no device, with the program's own text; ERR_INVALID_ARG; ERR_ABORTED.
 */
export async function openMicrophone(options: SoundDeviceOptions = {}): Promise<Microphone> {
  checkOptions(options, RULES);
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  if (options.device === 'none') return silentMicrophone(format, options);
  const process = await startDevice('capture', format, options);
  process.endInput();
  const chunks = process.output()[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) {
    await process.exit();
    throw new JackfieldError('ERR_DEVICE', 'The recording program ended before it gave any audio.');
  }
  return microphone(format, samplesOfBytes(resumed(first.value), format.channels), close);

  /** Closes the output too: with unread data in it the process would not end. */
  async function close(): Promise<void> {
    await Promise.all([process.stop(), chunks.return?.()]);
  }

  async function* resumed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    try {
      yield bytes;
      yield* { [Symbol.asyncIterator]: () => chunks };
      await process.exit();
    } finally {
      await close();
    }
  }
}

/**
 * Opens a loudspeaker. A device that cannot be opened is reported by the first write, or by `end`.
 *
 * @throws ERR_DEVICE when there is no program; ERR_INVALID_ARG; ERR_ABORTED.
 */
export async function openSpeaker(options: SoundDeviceOptions = {}): Promise<Speaker> {
  checkOptions(options, RULES);
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  if (options.device === 'none') return silentSpeaker(format, options);
  const process = await startDevice('playback', format, options);
  process.ignoreOutput();
  return speaker(format, {
    play: (samples) => process.write(bytesOfSamples(samples)),
    async finish() {
      process.endInput();
      await process.exit();
    },
    close: () => process.stop(),
  });
}

async function startDevice(
  direction: DeviceDirection,
  format: PcmFormat,
  { signal, ...wanted }: SoundDeviceOptions,
): Promise<ToolProcess> {
  const { tool, args } = await deviceInvocation({ ...wanted, direction, format });
  const install = INSTALL_DEVICE_PROGRAM;
  return ToolProcess.start(tool, args, { install, code: 'ERR_DEVICE', ...(signal && { signal }) });
}

function microphone(format: PcmFormat, source: PcmSource, close: () => Promise<void>): Microphone {
  return { format, source, close, [Symbol.asyncDispose]: close };
}

function silentMicrophone(
  format: PcmFormat,
  { signal, clock = systemClock }: SoundDeviceOptions,
): Microphone {
  const closing = new AbortController();
  const length = msToSamples(NONE_FRAME_MS, format) * format.channels;
  async function* silence(): AsyncGenerator<Int16Array> {
    for (let due = clock.now() + NONE_FRAME_MS; !closing.signal.aborted; due += NONE_FRAME_MS) {
      await sleep(clock, Math.max(0, due - clock.now()), signal && { signal });
      yield new Int16Array(length);
    }
  }
  return microphone(format, silence(), async () => closing.abort());
}

/** Takes sound at the pace at which it would be played, and no faster. */
function silentSpeaker(format: PcmFormat, { signal, clock = systemClock }: SoundDeviceOptions): Speaker {
  let heardAt = clock.now();
  return speaker(format, {
    async play(samples) {
      const now = clock.now();
      heardAt = Math.max(heardAt, now) + (samples.length * 1000) / (format.sampleRate * format.channels);
      await sleep(clock, Math.max(0, heardAt - now - NONE_FRAME_MS), signal && { signal });
    },
    finish: () => sleep(clock, Math.max(0, heardAt - clock.now()), signal && { signal }),
    close: async () => {},
  });
}

interface Playing {
  play(samples: Int16Array): Promise<void>;
  finish(): Promise<void>;
  close(): Promise<void>;
}

function speaker(format: PcmFormat, playing: Playing): Speaker {
  const { channels } = format;
  let position = 0;
  let isOver = false;
  const close = async () => {
    isOver = true;
    await playing.close();
  };
  return {
    format,
    async write(samples, at = position) {
      if (isOver) throw new JackfieldError('ERR_CLOSED', 'The loudspeaker was closed.');
      if (samples.length % channels !== 0) {
        throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
      }
      if (!Number.isSafeInteger(at) || at < position) {
        throw invalidArgument('position', `a whole number of at least ${position}`, at);
      }
      const silence = new Int16Array(msToSamples(NONE_FRAME_MS, format) * channels);
      for (let left = at - position; left > 0; left -= silence.length / channels) {
        await playing.play(silence.subarray(0, left * channels));
      }
      await playing.play(samples);
      position = at + samples.length / channels;
    },
    async end(error) {
      if (isOver) return;
      if (error) return close();
      isOver = true;
      await playing.finish();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
