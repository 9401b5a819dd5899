import { checkOptions, type Rules, signal } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { isInstalled } from '../process/require-program.js';
import { runTool } from '../process/run-tool.js';
import type { DeviceDirection, DeviceProgram } from './device-programs.js';

/** A sound device, with the name and program that `openMicrophone` and `openSpeaker` take. */
export interface SoundDevice {
  readonly name: string;
  readonly description: string;
  readonly direction: DeviceDirection;
  readonly program: DeviceProgram;
}

export interface Listing {
  readonly program: DeviceProgram;
  readonly direction: DeviceDirection;
  readonly tool: string;
  readonly args: readonly string[];
  readonly parse: (text: string) => { name: string; description: string }[];
}

const LISTINGS: readonly Listing[] = [
  { program: 'alsa', direction: 'capture', tool: 'arecord', args: ['-L'], parse: parseAlsaNames },
  { program: 'alsa', direction: 'playback', tool: 'aplay', args: ['-L'], parse: parseAlsaNames },
  {
    program: 'pulse',
    direction: 'capture',
    tool: 'pactl',
    args: ['list', 'short', 'sources'],
    parse: parsePulseTable,
  },
  {
    program: 'pulse',
    direction: 'playback',
    tool: 'pactl',
    args: ['list', 'short', 'sinks'],
    parse: parsePulseTable,
  },
];

export interface ListSoundDevicesOptions {
  readonly signal?: AbortSignal;
}

const RULES: Rules<ListSoundDevicesOptions> = { signal };

/**
 * Lists the sound devices of all programs that are installed and running; empty when there are none. sox cannot list
 * any.
 */
export async function listSoundDevices(options: ListSoundDevicesOptions = {}): Promise<SoundDevice[]> {
  checkOptions(options, RULES);
  return listedDevices(['capture', 'playback'], options.signal);
}

/** Lists the sound devices of the given directions. */
export async function listedDevices(
  directions: readonly DeviceDirection[],
  signal?: AbortSignal,
): Promise<SoundDevice[]> {
  const devices: SoundDevice[] = [];
  for (const { program, direction, tool, args, parse } of LISTINGS) {
    if (!directions.includes(direction) || !(await isInstalled(tool))) continue;
    const text = await outputOf(tool, args, signal);
    devices.push(...parse(text).map((device) => ({ ...device, direction, program })));
  }
  return devices;
}

/** Runs a program. Its output is empty when it fails: a sound server that does not run has no devices. */
async function outputOf(tool: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  try {
    return (await runTool({ tool, args, ...(signal && { signal }) })).toString('utf8');
  } catch (error) {
    if (error instanceof JackfieldError && error.code === 'ERR_TOOL') return '';
    throw error;
  }
}

/** Parses `arecord -L`: a name at the beginning of a line, its description indented below it. */
export function parseAlsaNames(text: string): { name: string; description: string }[] {
  const devices: { name: string; description: string }[] = [];
  for (const line of text.split('\n')) {
    const last = devices.at(-1);
    if (/^\S/.test(line)) devices.push({ name: line.trim(), description: '' });
    else if (last && line.trim())
      last.description = [last.description, line.trim()].filter(Boolean).join(', ');
  }
  return devices;
}

/** Parses `pactl list short`: index, name, driver, format and state, separated by tabs. */
export function parsePulseTable(text: string): { name: string; description: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, driver, format] = line.split('\t');
    return name ? [{ name, description: [driver, format].filter(Boolean).join(', ') }] : [];
  });
}
