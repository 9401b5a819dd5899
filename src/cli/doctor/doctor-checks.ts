import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { messageOf } from '../../base/errors.js';
import { isPublicAddress } from '../../base/system/host-address.js';
import { type Transport, transportsOf, UnavailableError } from '../../control.js';
import { listCameras, listSoundDevices, type SoundDevice } from '../../voice.js';

/** Result of the check of one component. */
export interface Finding {
  readonly subject: string;
  /** `missing`: a feature is not available. `broken`: nothing works without it. */
  readonly status: 'ok' | 'missing' | 'broken';
  readonly found: string;
  /** Advice for the user. */
  readonly remedy?: string;
}

/** Longest wait per check, in milliseconds. */
const PATIENCE_MS = 5000;

/** Descriptors per call: a port and a connection for each stream, and its files. */
const DESCRIPTORS_PER_CALL = 8;
const ENOUGH_DESCRIPTORS = 4096;

/** Runs all checks in parallel. A failed check does not stop the others. */
export async function examine(platform: NodeJS.Platform = process.platform): Promise<Finding[]> {
  return await Promise.all([
    node(),
    loopback(),
    descriptors(),
    ...(platform === 'linux' ? [peerTable()] : []),
    ...soundDevices(),
    cameras(),
    sipPort(5060),
    sipPort(5061),
    nat(),
    program('ffmpeg', ['-version'], 'MP3, Opus and other files beside WAV and FLAC'),
    program('sox', ['--version'], 'sound devices where PulseAudio and ALSA tools are missing'),
    ...transportsOf(platform).map((transport) => endpoint(transport)),
  ]);
}

async function node(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const found = process.version;
  if (major > 20 || (major === 20 && minor >= 11)) return { subject: 'Node', status: 'ok', found };
  return { subject: 'Node', status: 'broken', found, remedy: 'install Node 20.11 or newer' };
}

/** Checks that ports can be opened on the loopback address, which every voice stream needs. */
async function loopback(): Promise<Finding> {
  const subject = 'loopback ports';
  const server = createServer().listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    return { subject, status: 'ok', found: `can listen on 127.0.0.1 (port ${port})` };
  } catch (error) {
    const remedy = 'allow this program to listen on 127.0.0.1: it receives all voice there';
    return { subject, status: 'broken', found: textOf(error), remedy };
  }
}

async function descriptors(): Promise<Finding> {
  const subject = 'open files';
  const limits = (
    process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  ).userLimits;
  const soft = limits?.open_files?.soft;
  if (soft === undefined) return { subject, status: 'ok', found: 'no limit reported by this system' };
  const calls = soft === 'unlimited' ? 'any number of' : `about ${Math.floor(soft / DESCRIPTORS_PER_CALL)}`;
  const found = `limit ${soft}: ${calls} calls at once`;
  if (soft === 'unlimited' || soft >= ENOUGH_DESCRIPTORS) return { subject, status: 'ok', found };
  return {
    subject,
    status: 'missing',
    found,
    remedy: `raise it for more, for instance with "ulimit -n 65536"`,
  };
}

async function peerTable(): Promise<Finding> {
  const subject = 'peer check';
  try {
    await access('/proc/net/tcp');
    return { subject, status: 'ok', found: '/proc/net/tcp shows which user connects to a voice port' };
  } catch (error) {
    const remedy = 'mount /proc: without it, other users of this machine can connect to the voice ports';
    return { subject, status: 'missing', found: textOf(error), remedy };
  }
}

/** Lists the values of AUDIO_IN, AUDIO_OUT and RINGER. */
function soundDevices(): Promise<Finding>[] {
  const listed = listSoundDevices({ signal: AbortSignal.timeout(PATIENCE_MS) });
  return [
    soundDevicesOf('sound devices (AUDIO_IN)', 'capture', listed),
    soundDevicesOf('sound devices (AUDIO_OUT, RINGER)', 'playback', listed),
  ];
}

async function soundDevicesOf(
  subject: string,
  direction: SoundDevice['direction'],
  listed: Promise<SoundDevice[]>,
): Promise<Finding> {
  const remedy = 'needed only to talk at this machine: install pulseaudio-utils or alsa-utils';
  try {
    const devices = (await listed).filter((device) => device.direction === direction);
    const names = [...new Set(devices.map(({ name }) => name))];
    if (names.length > 0) return { subject, status: 'ok', found: names.join(', ') };
    return { subject, status: 'missing', found: 'none', remedy };
  } catch (error) {
    return { subject, status: 'missing', found: textOf(error), remedy };
  }
}

/** Lists the values of VIDEO_IN. */
async function cameras(): Promise<Finding> {
  const subject = 'cameras (VIDEO_IN)';
  const names = await listCameras();
  if (names.length > 0) return { subject, status: 'ok', found: names.join(', ') };
  return { subject, status: 'missing', found: 'none', remedy: 'needed only to choose a camera: plug one in' };
}

/** Checks that a SIP port is free: 5060 for UDP and TCP, 5061 for TLS. */
async function sipPort(port: number): Promise<Finding> {
  const subject = `SIP port ${port}`;
  const remedy = 'another program uses the port: stop it, or give the line another port (listen)';
  const socket = createSocket('udp4');
  const server = createServer();
  try {
    const bound = once(socket, 'listening');
    socket.bind(port, '0.0.0.0');
    server.listen(port, '0.0.0.0');
    await Promise.all([bound, once(server, 'listening')]);
    return { subject, status: 'ok', found: 'free, for UDP and TCP' };
  } catch (error) {
    return { subject, status: 'missing', found: textOf(error), remedy };
  } finally {
    socket.close();
    server.close();
  }
}

/** Lists the addresses by which phones and trunks can reach this machine. */
async function nat(): Promise<Finding> {
  const subject = 'addresses (SIP)';
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  const found = addresses.join(', ') || 'only loopback';
  if (addresses.some(isPublicAddress)) return { subject, status: 'ok', found };
  const remedy =
    'no public address: for calls from the Internet, set "advertised" to the public address and forward its ports';
  return { subject, status: 'missing', found, remedy };
}

async function program(name: string, args: string[], use: string): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(name, args, { timeout: PATIENCE_MS });
    return { subject: name, status: 'ok', found: stdout.split('\n')[0] ?? '' };
  } catch {
    return { subject: name, status: 'missing', found: 'not installed', remedy: `install ${name} for ${use}` };
  }
}

async function endpoint(transport: Transport): Promise<Finding> {
  const subject = `endpoint on ${transport.name}`;
  const handlers = { line: () => undefined, closed: () => undefined };
  try {
    const link = await transport.open(handlers, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await link.close();
    return { subject, status: 'ok', found: 'answers' };
  } catch (error) {
    if (!(error instanceof UnavailableError)) return { subject, status: 'missing', found: textOf(error) };
    return { subject, status: 'missing', found: error.reason, remedy: error.remedy };
  }
}

function textOf(error: unknown): string {
  return messageOf(error);
}
