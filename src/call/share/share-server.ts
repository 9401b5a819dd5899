import type { Socket } from 'node:net';
import { path as aPath, callback, checkArgument } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { systemClock } from '../../base/time/clock.js';
import { deadlineIn, waitFor } from '../../base/wait.js';
import { OwnerSocket } from '../../files/owner-socket.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import type { SinkHandle, SinkOptions, SynchronousSink } from '../../stream/sink.js';
import type { Lease } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { parseShareRequest, type SharedFrame, type SharedLeg, type SharedVoice } from './share-protocol.js';
import { ownShareSocket } from './share-sockets.js';

/**
 * Most characters that wait for a process that does not keep up: two seconds of both legs. More samples are dropped.
 */
const MAX_WAITING = 180_000;
/** Longest request, in bytes. */
const MAX_REQUEST = 1000;
/** Time after which a call is shared with its `output` stream alone, in ms, when no other stream has followed. */
const STREAMS_FOLLOW_MS = 500;
const TAP: SinkOptions = { policy: 'drop-oldest', name: 'shared' };

/** Streams of one call, on one server. */
interface Voice {
  readonly output: Lease;
  readonly input: Lease | undefined;
  readonly microphone: Lease | undefined;
}

/**
 * Shares the voices of the calls that this process has redirected with other processes of this user. They get both
 * legs, and the right to speak when nobody else has it. A process that does not keep up loses samples and holds nothing
 * up.
 */
export class ShareServer implements AsyncDisposable {
  readonly #servers: () => Iterable<PcmServer>;
  readonly #socket: OwnerSocket;
  /** Output streams of the calls in which another process speaks. */
  readonly #spoken = new Set<Lease>();

  private constructor(servers: () => Iterable<PcmServer>) {
    this.#servers = servers;
    this.#socket = new OwnerSocket(
      { doing: 'share at', maxLineBytes: MAX_REQUEST, lines: 'one', keepsAlive: false },
      (peer) => (line) => void this.#answer(line, peer),
    );
  }

  /**
   * Begins to share.
   *
   * @param servers Returns the PCM servers of this process.
   * @param path Path of the socket. Default: a socket in the folder of this user, where other processes look for it.
   * @throws ERR_INVALID_ARG; ERR_FILE.
   */
  static async open(servers: () => Iterable<PcmServer>, path?: string): Promise<ShareServer> {
    checkArgument('servers', servers, callback);
    if (path !== undefined) checkArgument('path', path, aPath);
    const share = new ShareServer(servers);
    await share.#socket.listen(path ?? (await ownShareSocket()));
    return share;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  async #answer(line: string, peer: Socket): Promise<void> {
    try {
      const { port, speak } = parseShareRequest(line);
      const voice = await this.#voiceAt(port);
      if (speak) this.#letSpeak(voice, peer);
      this.#share(voice, peer);
    } catch (error) {
      const code =
        error instanceof JackfieldError && error.code === 'ERR_TAKEN' ? error.code : 'ERR_INVALID_ARG';
      peer.end(`${printable(JSON.stringify({ ok: false, error: { code, message: messageOf(error) } }))}\n`);
    }
  }

  /** Lets one process, and no second one, speak in a call. @throws ERR_TAKEN. */
  #letSpeak({ output, input }: Voice, peer: Socket): void {
    if (input || this.#spoken.has(output)) {
      const speaker = input ? `process ${process.pid}` : 'another process';
      throw new JackfieldError('ERR_TAKEN', `In ${output.object}, ${speaker} is already speaking.`);
    }
    this.#spoken.add(output);
    peer.once('close', () => this.#spoken.delete(output));
  }

  /** @throws ERR_INVALID_ARG. */
  async #voiceAt(port: number): Promise<Voice> {
    for (const server of this.#servers()) {
      const output = [...server.leases].find((lease) => lease.port === port && lease.stream === 'output');
      if (!output) continue;
      await otherStreamOf(server, output);
      const [input, microphone] = (['input', 'capture_mic'] as const).map((stream) =>
        [...server.leases].find((lease) => lease.object === output.object && lease.stream === stream),
      );
      return { output, input, microphone };
    }
    throw new JackfieldError('ERR_INVALID_ARG', `No voice of this process uses port ${port}.`);
  }

  /** Answers with the position where each leg begins, then sends the samples from there on. */
  #share({ output, input, microphone }: Voice, peer: Socket): void {
    const { object, received } = output;
    const taps: SinkHandle[] = [];
    const answer = (voice: Omit<SharedVoice, 'ok' | 'object'>) =>
      peer.write(`${JSON.stringify({ ok: true, object, ...voice } satisfies SharedVoice)}\n`);
    const hear = (leg: SharedLeg, stream: Pick<PcmStream, 'addSink'>, from: number) =>
      taps.push(stream.addSink(frames(leg, peer, { from, start: 0 }), TAP));
    if (microphone) {
      // With a microphone, audio is played in addition to it or not at all: the microphone is the local leg.
      const [remote, local] = [received.position, microphone.received.position];
      answer({ remote, local, paced: false });
      hear('remote', output, remote);
      hear('local', microphone, local);
    } else if (input) {
      // Played audio runs ahead of the received audio. Samples that were already sent cannot be sent again.
      const start = input.timelineStart;
      const from = Math.max(received.position, start + input.player.position);
      answer({ remote: from, local: from, paced: true });
      hear('remote', output, from);
      taps.push(input.addSentTap(frames('local', peer, { from, start }), TAP));
    } else {
      answer({ remote: received.position, paced: false });
      hear('remote', output, received.position);
    }
    peer.once('close', () => {
      for (const tap of taps) void tap.remove().catch(() => undefined);
    });
  }
}

/**
 * Waits for the local leg of a call whose streams are being redirected. They are redirected one after the other,
 * `output` first.
 */
function otherStreamOf(server: PcmServer, output: Lease): Promise<void> {
  return waitFor<void>({
    what: `the other leg of ${output.object}`,
    deadline: deadlineIn(systemClock, STREAMS_FOLLOW_MS, (): void => undefined),
    begin(resolve) {
      const look = () => {
        if ([...server.leases].some((lease) => lease !== output && lease.object === output.object)) resolve();
      };
      server.on('lease', look);
      look();
      return () => server.off('lease', look);
    },
  });
}

/** Place of a leg. Its stream has its position 0 at `start`, and its samples are sent from the position `from` on. */
interface Place {
  readonly from: number;
  readonly start: number;
}

/**
 * Makes a sink that writes samples as lines. Samples that a peer does not take in time are dropped, so that neither
 * later samples nor the end wait for them.
 */
function frames(leg: SharedLeg, peer: Socket, { from, start }: Place): SynchronousSink {
  const say = (frame: SharedFrame) => {
    if (peer.writable) peer.write(`${JSON.stringify(frame)}\n`);
  };
  return {
    synchronous: true,
    write(samples, at) {
      const early = Math.max(0, from - (at + start));
      if (early >= samples.length || peer.writableLength > MAX_WAITING) return;
      const given = samples.subarray(early);
      const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      say({ leg, position: at + start + early, pcm: bytes.toString('base64') });
    },
    end(error) {
      // A broken stream sends no end: closing the connection tells the peer.
      if (error) peer.destroySoon();
      else say({ leg, end: true });
    },
  };
}
