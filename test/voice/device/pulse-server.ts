import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasTool, run } from '../fixtures.js';

export const HAS_PULSE = hasTool('pulseaudio') && hasTool('pacat') && hasTool('pactl');

/** A sound server of a test's own. While it runs, programs that this process starts find it and no other. */
export interface PulseServer {
  /** Address of its socket, as in PULSE_SERVER. */
  readonly address: string;
  stop(): void;
}

/**
 * Starts a server whose cards play into monitors that can be recorded.
 *
 * @param folder Home of the server.
 * @param cards Names of its cards. ALSA knows the card `x` as `alsa_x`, and its monitor as `alsa_x_monitor`.
 */
export async function startPulse(folder: string, cards: readonly string[]): Promise<PulseServer> {
  const address = `unix:${folder}/native`;
  const config = join(folder, 'asound.conf');
  const kept = { ...process.env };
  await mkdir(join(folder, 'run'), { mode: 0o700 });
  const plugins = cards
    .flatMap((card) => [card, `${card}.monitor`])
    .map(
      (name) =>
        `pcm.alsa_${name.replace('.', '_')} { type pulse device "${name}" hint { show on description "${name}" } }`,
    );
  await writeFile(config, ['</usr/share/alsa/alsa.conf>', ...plugins, ''].join('\n'));
  const set = {
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
    PULSE_SERVER: address,
    ALSA_CONFIG_PATH: config,
  };
  Object.assign(process.env, set);
  const modules = [
    `module-native-protocol-unix socket=${folder}/native`,
    ...cards.map((name) => `module-null-sink sink_name=${name} rate=16000 channels=1`),
  ].flatMap((module) => ['--load', module]);
  run('pulseaudio', '-n', '--daemonize=yes', '--exit-idle-time=-1', '--disable-shm=1', ...modules);
  return {
    address,
    stop() {
      run('pulseaudio', '--kill');
      for (const name of Object.keys(set)) {
        if (kept[name] === undefined) delete process.env[name];
        else process.env[name] = kept[name];
      }
    },
  };
}
