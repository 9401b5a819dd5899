import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { path as aPath, callback, checkArgument } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { SinkHandle, SynchronousSink } from '../../stream/sink.js';
import type { Lease } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { ownShareSocket, type SharedFrame, shareRequestSchema } from './share-protocol.js';

/** Connections at once. */
const MAX_CONNECTIONS = 100;
/** Characters that may wait for a process that does not keep up: two seconds of both legs. More is dropped. */
const MAX_WAITING = 180_000;
/** Longest request, in bytes. */
const MAX_REQUEST = 1000;
const REQUEST = '{"do":"voice","port":PORT,"speak":true or false}';

/** Streams of one call, on one server. */
interface Voice {
  readonly output: Lease;
  readonly input: Lease | undefined;
  readonly microphone: Lease | undefined;
}

/**
 * Shares the voices of the calls that this process has redirected with others of this user: what is heard and what is
 * said, and the right to speak where nobody has it. A process that does not keep up loses samples, and holds up nothing.
 */
export class ShareServer implements AsyncDisposable {
  readonly #servers: () => Iterable<PcmServer>;
  readonly #path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Output streams of the calls in which another process speaks. */
  readonly #spoken = new Set<Lease>();

  private constructor(servers: () => Iterable<PcmServer>, path: string) {
    this.#servers = servers;
    this.#path = path;
    this.#server = createServer((peer) => this.#serve(peer));
    this.#server.maxConnections = MAX_CONNECTIONS;
    // A process is not kept alive by what it offers to others.
    this.#server.unref();
  }

  /**
   * Begins to share.
   *
   * @param servers Gives the PCM servers of this process.
   * @param path Default: the socket of this process in the folder of this user, where others look for it.
   * @throws ERR_INVALID_ARG; ERR_FILE.
   */
  static async open(servers: () => Iterable<PcmServer>, path?: string): Promise<ShareServer> {
    checkArgument('servers', servers, callback);
    if (path !== undefined) checkArgument('path', path, aPath);
    const socket = path ?? (await ownShareSocket());
    const share = new ShareServer(servers, socket);
    // One of a process of this number that was killed; a file of that name is somebody's.
    if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket()) rmSync(socket);
    await share.#listen();
    return share;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#sockets) peer.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#path, { force: true });
  }

  async #listen(): Promise<void> {
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#path, resolve);
        process.umask(before);
      });
      chmodSync(this.#path, 0o600);
    } catch (cause) {
      throw new JackfieldError('ERR_FILE', `Cannot share at ${this.#path}: ${messageOf(cause)}`, { cause });
    } finally {
      process.umask(before);
    }
  }

  #serve(peer: Socket): void {
    this.#sockets.add(peer);
    peer.on('error', () => undefined);
    peer.on('close', () => this.#sockets.delete(peer));
    let received = 0;
    peer.on('data', (bytes: Buffer) => {
      received += bytes.length;
      if (received > MAX_REQUEST) peer.destroy();
    });
    // One request a connection.
    createInterface({ input: peer }).once('line', (line) => this.#answer(line, peer));
  }

  #answer(line: string, peer: Socket): void {
    try {
      const { data: request } = shareRequestSchema.safeParse(parsed(line));
      if (!request) throw new JackfieldError('ERR_INVALID_ARG', `Expected ${REQUEST}.`);
      const voice = this.#voiceAt(request.port);
      if (request.speak) this.#letSpeak(voice, peer);
      peer.write(`${JSON.stringify({ ok: true, object: voice.output.object })}\n`);
      this.#tap(voice, peer);
    } catch (error) {
      const code =
        error instanceof JackfieldError && error.code === 'ERR_TAKEN' ? error.code : 'ERR_INVALID_ARG';
      peer.end(`${JSON.stringify({ ok: false, error: { code, message: messageOf(error) } })}\n`);
    }
  }

  /** One speaks in a call, no more. @throws ERR_TAKEN. */
  #letSpeak({ output, input }: Voice, peer: Socket): void {
    if (input || this.#spoken.has(output)) {
      const speaker = input ? `process ${process.pid}` : 'another process';
      throw new JackfieldError('ERR_TAKEN', `In ${output.object} ${speaker} speaks already.`);
    }
    this.#spoken.add(output);
    peer.once('close', () => this.#spoken.delete(output));
  }

  /** @throws ERR_INVALID_ARG. */
  #voiceAt(port: number): Voice {
    for (const { leases } of this.#servers()) {
      const output = [...leases].find((lease) => lease.port === port && lease.stream === 'output');
      if (!output) continue;
      const [input, microphone] = (['input', 'capture_mic'] as const).map((stream) =>
        [...leases].find((lease) => lease.object === output.object && lease.stream === stream),
      );
      return { output, input, microphone };
    }
    throw new JackfieldError('ERR_INVALID_ARG', `No voice leads to port ${port} of this process.`);
  }

  #tap({ output, input, microphone }: Voice, peer: Socket): void {
    const options = { policy: 'drop-oldest', name: 'shared' } as const;
    const taps: SinkHandle[] = [output.addSink(frames('remote', peer), options)];
    // With a microphone what is played is beside it, or nothing is.
    if (microphone) taps.push(microphone.addSink(frames('local', peer), options));
    else if (input) taps.push(input.addSentTap(frames('local', peer), options));
    peer.once('close', () => {
      for (const tap of taps) void tap.remove().catch(() => undefined);
    });
  }
}

/** Writes samples as lines. What a peer does not take in time it never gets: nothing waits for it, nor does the end. */
function frames(leg: 'remote' | 'local', peer: Socket): SynchronousSink {
  const say = (frame: SharedFrame) => {
    if (peer.writable) peer.write(`${JSON.stringify(frame)}\n`);
  };
  return {
    synchronous: true,
    write(samples, position) {
      if (peer.writableLength > MAX_WAITING) return;
      const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
      say({ leg, position, pcm: bytes.toString('base64') });
    },
    end() {
      say({ leg, end: true });
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
