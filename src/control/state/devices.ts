import { checkArgument, flag, having, oneOf, words } from '../../base/check.js';
import type { CommandOptions } from '../client/command-sender.js';
import type { Parameters } from './parameters.js';

/** The endpoint's own sound and video devices; an empty name is the default device. */
export interface DeviceNames {
  readonly audioIn: string;
  readonly audioOut: string;
  readonly ringer: string;
  readonly videoIn: string;
}

const DEVICE_PARAMETERS = {
  audioIn: 'AUDIO_IN',
  audioOut: 'AUDIO_OUT',
  ringer: 'RINGER',
  videoIn: 'VIDEO_IN',
} as const satisfies Record<keyof DeviceNames, string>;

const DEVICE = oneOf(...Object.keys(DEVICE_PARAMETERS));
const PARAMETERS = having('get', 'set');

/** The devices of an endpoint (reference, "GET/SET AUDIO_IN" and its kin). */
export class Devices {
  readonly #parameters: Parameters;

  /** @internal */
  constructor(parameters: Parameters) {
    checkArgument('parameters', parameters, PARAMETERS);
    this.#parameters = parameters;
  }

  /** Gets the name of one device. */
  async get(device: keyof DeviceNames, options?: CommandOptions): Promise<string> {
    checkArgument('device', device, DEVICE);
    return await this.#parameters.get(DEVICE_PARAMETERS[device], options);
  }

  /** Chooses a device. @throws ERR_API 50 when there is none of that name. */
  async set(device: keyof DeviceNames, name: string, options?: CommandOptions): Promise<void> {
    checkArgument('device', device, DEVICE);
    checkArgument('name', name, words);
    await this.#parameters.set(DEVICE_PARAMETERS[device], name, options);
  }

  /** Resolves to true when the microphone is muted, and to false without a call in progress. */
  muted(options?: CommandOptions): Promise<boolean> {
    return this.#parameters.get('MUTE', options);
  }

  /** Mutes or unmutes the microphone. */
  async mute(on: boolean, options?: CommandOptions): Promise<void> {
    checkArgument('on', on, flag);
    await this.#parameters.set('MUTE', on, options);
  }
}
