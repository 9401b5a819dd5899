import { checkArgument, oneOf } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { PcmFormat } from '../../base/pcm.js';
import { isInstalled } from '../process/require-program.js';

/** Programs that run sound devices: ALSA's, PulseAudio's (PipeWire offers the same ones), and sox. */
export type DeviceProgram = 'alsa' | 'pulse' | 'sox';

export type DeviceDirection = 'capture' | 'playback';

interface Invocation {
  readonly tool: string;
  readonly args: readonly string[];
}

/** The device to open. */
export interface DeviceRequest {
  readonly direction: DeviceDirection;
  readonly format: PcmFormat;
  /** Default: the system's default device. */
  readonly device?: string | undefined;
  /** Default: the first installed one. */
  readonly program?: DeviceProgram | undefined;
  /** Delay of the device's buffer, in ms. Default: the program's own. */
  readonly latencyMs?: number | undefined;
}

type Command = (request: DeviceRequest) => Invocation;

const alsa =
  (tool: string): Command =>
  ({ direction, format: { sampleRate, channels }, device, latencyMs }) => ({
    tool,
    args: [
      ...['-q', '-t', 'raw', '-f', 'S16_LE', '-r', String(sampleRate), '-c', String(channels)],
      ...(device === undefined ? [] : ['-D', device]),
      ...(latencyMs === undefined ? [] : alsaTimes(latencyMs * 1000, direction)),
    ],
  });

/** Times in microseconds. The sound of a microphone comes by the period; a loudspeaker's waits in the whole buffer. */
function alsaTimes(latency: number, direction: DeviceDirection): string[] {
  if (direction === 'capture') return [`--period-time=${latency}`];
  return [`--buffer-time=${latency}`, `--period-time=${latency / 8}`];
}

const pulse =
  (tool: string, direction: string): Command =>
  ({ format: { sampleRate, channels }, device, latencyMs = 40 }) => ({
    tool,
    args: [
      ...[direction, '--raw', '--format=s16le', `--rate=${sampleRate}`, `--channels=${channels}`],
      ...[`--latency-msec=${latencyMs}`, ...(device === undefined ? [] : [`--device=${device}`])],
    ],
  });

const sox =
  (direction: DeviceDirection): Command =>
  ({ format: { sampleRate, channels }, device }) => {
    const raw = [
      '-t',
      'raw',
      '-e',
      'signed',
      '-b',
      '16',
      '-r',
      String(sampleRate),
      '-c',
      String(channels),
      '-',
    ];
    const sound = device === undefined ? ['-d'] : ['-t', soxDriver(), device];
    return {
      tool: 'sox',
      args: ['-q', ...(direction === 'capture' ? [...sound, ...raw] : [...raw, ...sound])],
    };
  };

/** Programs in the order in which they are tried. */
const PROGRAMS: Readonly<Record<DeviceProgram, Readonly<Record<DeviceDirection, Command>>>> = {
  alsa: { capture: alsa('arecord'), playback: alsa('aplay') },
  pulse: { capture: pulse('pacat', '--record'), playback: pulse('pacat', '--playback') },
  sox: { capture: sox('capture'), playback: sox('playback') },
};

export const DEVICE_PROGRAMS: readonly string[] = Object.keys(PROGRAMS);

export const INSTALL_DEVICE_PROGRAM =
  'Install alsa-utils, pulseaudio-utils or sox (on Debian with apt-get; sox with brew on macOS), ' +
  "or use device: 'none' to run without sound.";

/**
 * Gives the program that runs a device, with its arguments.
 *
 * @throws ERR_INVALID_ARG for an unknown program; ERR_DEVICE when none is installed.
 */
export async function deviceInvocation(request: DeviceRequest): Promise<Invocation> {
  const { direction, program } = request;
  if (program !== undefined) {
    checkArgument('program', program, oneOf(...DEVICE_PROGRAMS));
    return PROGRAMS[program][direction](request);
  }
  for (const commands of Object.values(PROGRAMS)) {
    const invocation = commands[direction](request);
    if (await isInstalled(invocation.tool)) return invocation;
  }
  throw new JackfieldError(
    'ERR_DEVICE',
    `No program that runs sound devices was found. ${INSTALL_DEVICE_PROGRAM}`,
  );
}

function soxDriver(): string {
  if (process.platform === 'darwin') return 'coreaudio';
  return process.platform === 'win32' ? 'waveaudio' : 'alsa';
}
