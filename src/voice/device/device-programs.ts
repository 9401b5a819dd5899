import { checkArgument, oneOf } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { PcmFormat } from '../../base/pcm.js';
import { isInstalled } from '../process/require-program.js';

/** Programs that run sound devices: ALSA's, PulseAudio's (and PipeWire's, which answers to the same), and sox. */
export type DeviceProgram = 'alsa' | 'pulse' | 'sox';

export type DeviceDirection = 'capture' | 'playback';

interface Invocation {
  readonly tool: string;
  readonly args: readonly string[];
}

type Command = (format: PcmFormat, device: string | undefined) => Invocation;

const alsa =
  (tool: string): Command =>
  ({ sampleRate, channels }, device) => ({
    tool,
    args: [
      ...['-q', '-t', 'raw', '-f', 'S16_LE', '-r', String(sampleRate), '-c', String(channels)],
      ...(device === undefined ? [] : ['-D', device]),
    ],
  });

const pulse =
  (tool: string, direction: string): Command =>
  ({ sampleRate, channels }, device) => ({
    tool,
    args: [
      ...[direction, '--raw', '--format=s16le', `--rate=${sampleRate}`, `--channels=${channels}`],
      ...['--latency-msec=40', ...(device === undefined ? [] : [`--device=${device}`])],
    ],
  });

const sox =
  (direction: DeviceDirection): Command =>
  ({ sampleRate, channels }, device) => {
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

/** In the order in which they are tried. */
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
 * The program, with its arguments, that runs `device`. Without a `program` the first that is installed is taken.
 *
 * @throws ERR_INVALID_ARG for a program that there is not; ERR_DEVICE when none is installed.
 */
export async function deviceInvocation(
  direction: DeviceDirection,
  format: PcmFormat,
  device: string | undefined,
  program: DeviceProgram | undefined,
): Promise<Invocation> {
  if (program !== undefined) {
    checkArgument('program', program, oneOf(...DEVICE_PROGRAMS));
    return PROGRAMS[program][direction](format, device);
  }
  for (const commands of Object.values(PROGRAMS)) {
    const invocation = commands[direction](format, device);
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
