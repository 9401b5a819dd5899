import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';

/** True where baresip is installed (Debian: baresip-core). */
export const HAS_BARESIP = !spawnSync('baresip', ['-h']).error;
/** Tone that it says, in Hz: its period is a whole number of samples at each rate. */
export const BARESIP_TONE = 400;

export interface BaresipOptions {
  /** Line of its file `accounts`. */
  readonly account: string;
  /** Further lines of its configuration. */
  readonly config?: readonly string[];
  /** Tone that it says, in Hz. Default {@link BARESIP_TONE}. */
  readonly tone?: number;
  /** Where it runs. Default this machine's loopback. */
  readonly place?: PhonePlace;
}

/** A network other than this machine's, in which a phone runs. */
export interface PhonePlace {
  /** Command that runs another one there, with its arguments. */
  readonly within: readonly string[];
  /** Address of the phone, and the one at which it takes commands from here. */
  readonly host: string;
  readonly controlHost: string;
}

const HERE: PhonePlace = { within: [], host: '127.0.0.1', controlHost: '127.0.0.1' };

/** What it tells: of a call, or the answer to a command. */
interface Told {
  readonly event?: boolean;
  readonly type?: string;
  readonly param?: string;
}

/** A phone: baresip in a process of its own, which says a tone, keeps what it hears in `folder`, and does what it is told. */
export class Baresip {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #told: Told[] = [];
  #unread = '';

  private constructor(folder: string, child: ChildProcess, control: Socket) {
    this.folder = folder;
    this.#child = child;
    this.#control = control;
    control.setEncoding('latin1');
    control.on('data', (text: string) => this.#read(text));
    control.on('error', () => undefined);
  }

  static async start({
    account,
    config = [],
    tone = BARESIP_TONE,
    place = HERE,
  }: BaresipOptions): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-baresip-'));
    const port = await freePort();
    const sip = `${place.host}:${await freePort()}`;
    await writeFile(
      join(folder, 'config'),
      [...configOf(sip, `${place.controlHost}:${port}`, folder, tone), ...config].join('\n'),
    );
    await writeFile(join(folder, 'accounts'), `${account}\n`);
    const [command = '', ...args] = [...place.within, 'baresip', '-f', folder];
    const child = spawn(command, args, { stdio: 'ignore' });
    let control: Socket | undefined;
    await until(async () => {
      control = await opened(place.controlHost, port);
      return control !== undefined || child.exitCode !== null;
    });
    if (!control) throw new Error(`baresip has ended with ${child.exitCode}.`);
    return new Baresip(folder, child, control);
  }

  /** Gives it a command of its menu: `dial`, `hold`, `transfer`, a digit. */
  command(command: string, params?: string): void {
    const text = JSON.stringify({ command, ...(params !== undefined && { params }) });
    this.#control.write(`${text.length}:${text},`);
  }

  /** Resolves when it has told of something, such as `CALL_CLOSED`, so many times. */
  async told(type: string, times = 1): Promise<string> {
    const found = () => this.#told.filter((each) => each.type === type);
    await until(() => found().length >= times);
    return found()[times - 1]?.param ?? '';
  }

  /** Ends it, with all its files written. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#control.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One whose peer is gone would wait for the answer to its BYE.
    await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true });
  }

  #read(text: string): void {
    this.#unread += text;
    for (;;) {
      const colon = this.#unread.indexOf(':');
      const length = Number(this.#unread.slice(0, colon));
      if (colon < 0 || this.#unread.length < colon + length + 2) return;
      this.#told.push(JSON.parse(this.#unread.slice(colon + 1, colon + 1 + length)) as Told);
      this.#unread = this.#unread.slice(colon + length + 2);
    }
  }
}

function configOf(sip: string, control: string, folder: string, tone: number): string[] {
  return [
    `sip_listen ${sip}`,
    `net_interface ${sip.slice(0, sip.indexOf(':'))}`,
    'audio_player aubridge,sink',
    `audio_source ausine,${tone}`,
    'ausrc_srate 48000',
    'ausrc_channels 2',
    'auplay_srate 48000',
    'auplay_channels 2',
    'module_path /usr/lib/baresip/modules',
    ...['g711', 'srtp', 'aubridge', 'ausine', 'sndfile'].map((name) => `module ${name}.so`),
    ...['account', 'ctrl_tcp', 'menu'].map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen ${control}`,
    `snd_path ${folder}`,
    '',
  ];
}

async function opened(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}
