import { checkOptions, line, listOf, type Rules } from '../base/check.js';
import { listCameras } from '../voice/device/list-cameras.js';
import { listedDevices } from '../voice/device/list-devices.js';

/** Names of devices, of each kind. */
export interface DeviceLists {
  /** Microphones, for AUDIO_IN. Default: none. */
  readonly audioIn?: readonly string[];
  /** Speakers, for AUDIO_OUT. Default: none. */
  readonly audioOut?: readonly string[];
  /** Speakers that ring, for RINGER. Default: those of `audioOut`. */
  readonly ringer?: readonly string[];
  /** Cameras, for VIDEO_IN. Default: none. */
  readonly videoIn?: readonly string[];
}

const NAMES = listOf(line(1, 300));
export const DEVICE_RULES: Rules<DeviceLists> = {
  audioIn: NAMES,
  audioOut: NAMES,
  ringer: NAMES,
  videoIn: NAMES,
};

/** Parameters that name a device. */
export const DEVICE_PARAMETERS = ['AUDIO_IN', 'AUDIO_OUT', 'RINGER', 'VIDEO_IN'] as const;

export type DeviceParameter = (typeof DEVICE_PARAMETERS)[number];

/** Timeout for listing the machine's devices, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Gives the devices of one kind: from the option, or the machine's own. */
export async function devicesFor(
  parameter: DeviceParameter,
  given: DeviceLists | 'machine',
): Promise<readonly string[]> {
  if (given === 'machine') return machineDevices(parameter);
  checkOptions(given, DEVICE_RULES, 'devices.');
  const { audioIn = [], audioOut = [], ringer = audioOut, videoIn = [] } = given;
  return { AUDIO_IN: audioIn, AUDIO_OUT: audioOut, RINGER: ringer, VIDEO_IN: videoIn }[parameter];
}

async function machineDevices(parameter: DeviceParameter): Promise<string[]> {
  if (parameter === 'VIDEO_IN') return listCameras();
  const wanted = parameter === 'AUDIO_IN' ? 'capture' : 'playback';
  const devices = await listedDevices([wanted], AbortSignal.timeout(PATIENCE_MS));
  return devices.map(({ name }) => name);
}
