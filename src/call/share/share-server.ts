import type { Socket } from 'node:net';
import { path as aPath, callback, checkArgument } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { systemClock } from '../../base/time/clock.js';
import { deadlineIn, waitFor } from '../../base/wait.js';
import { OwnerSocket } from '../../files/owner-socket.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import type { SinkHandle, SinkOptions } from '../../stream/sink.js';
import type { Lease } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { isOthersSpeech } from '../others-speech.js';
import {
  MAX_GAP,
  MAX_SHARE_LINE,
  parseSharedFrame,
  parseShareRequest,
  type SharedLeg,
  type SharedVoice,
} from './share-protocol.js';
import { ownShareSocket } from './share-sockets.js';
import { frameSamples, framesTo } from './shared-frames.js';

/** Time after which a call is shared with its `output` stream alone, in ms, when no other stream has followed. */
const STREAMS_FOLLOW_MS = 500;
const TAP: SinkOptions = { policy: 'drop-oldest', name: 'shared' };

/** Streams of one call, on one server. */
interface Voice {
  readonly server: PcmServer;
  readonly output: Lease;
  /** Audio that this process plays, or speech of another one ({@link isOthersSpeech}). */
  readonly input: Lease | undefined;
  readonly microphone: Lease | undefined;
}

/**
 * Shares the voices of the calls that this process has redirected with other processes of this user. They get both
 * legs, and the right to speak when nobody else has it. A process that does not keep up loses samples and holds nothing
 * up. A process that speaks brings a copy of what it says, so that recordings of this process have it.
 */
export class ShareServer implements AsyncDisposable {
  readonly #servers: () => Iterable<PcmServer>;
  readonly #socket: OwnerSocket;
  /** Output streams of the calls in which another process speaks. */
  readonly #spoken = new Set<Lease>();

  private constructor(servers: () => Iterable<PcmServer>) {
    this.#servers = servers;
    this.#socket = new OwnerSocket(
      { doing: 'share at', maxLineBytes: MAX_SHARE_LINE, lines: 'many', keepsAlive: false },
      (peer) => {
        let receive: ((line: string) => void) | undefined = (request) => void answer(request);
        const answer = async (request: string) => {
          // Nothing is expected of a process before it has its answer, nor of one that only listens.
          receive = () => void peer.destroy();
          receive = (await this.#answer(request, peer)) ?? receive;
        };
        return (line) => receive?.(line);
      },
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

  /** Answers a request. Resolves to the receiver of further lines; undefined when none are expected. */
  async #answer(line: string, peer: Socket): Promise<((line: string) => void) | undefined> {
    try {
      const { port, speak } = parseShareRequest(line);
      const voice = await this.#voiceAt(port);
      const receive = speak ? await this.#letSpeak(voice, peer) : undefined;
      this.#share(voice, peer);
      return receive;
    } catch (error) {
      const code =
        error instanceof JackfieldError && error.code === 'ERR_TAKEN' ? error.code : 'ERR_INVALID_ARG';
      peer.end(`${printable(JSON.stringify({ ok: false, error: { code, message: messageOf(error) } }))}\n`);
      return undefined;
    }
  }

  /**
   * Lets one process, and no second one, speak in a call. Resolves to the receiver of its lines, which bring what it
   * says.
   *
   * @throws ERR_TAKEN.
   */
  async #letSpeak({ server, output, input }: Voice, peer: Socket): Promise<(line: string) => void> {
    const isOwn = input !== undefined && !isOthersSpeech(input);
    if (isOwn || this.#spoken.has(output)) {
      const speaker = isOwn ? `process ${process.pid}` : 'another process';
      throw new JackfieldError('ERR_TAKEN', `In ${output.object}, ${speaker} is already speaking.`);
    }
    // A peer that has gone meanwhile emits no further close.
    if (peer.destroyed) return () => undefined;
    this.#spoken.add(output);
    peer.once('close', () => this.#spoken.delete(output));
    return await receiveSpeech(server, output, peer);
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
      return { server, output, input, microphone };
    }
    throw new JackfieldError('ERR_INVALID_ARG', `No voice of this process uses port ${port}.`);
  }

  /** Answers with the position where each leg begins, then sends the samples from there on. */
  #share({ output, input, microphone }: Voice, peer: Socket): void {
    const { object, received } = output;
    const taps: SinkHandle[] = [];
    const answer = (voice: Omit<SharedVoice, 'ok' | 'object'>) =>
      peer.write(`${JSON.stringify({ ok: true, object, ...voice } satisfies SharedVoice)}\n`);
    const hear = (leg: SharedLeg, stream: Pick<PcmStream, 'addSink'>, from: number, start = 0) =>
      taps.push(stream.addSink(framesTo(peer, leg, { from, start }), TAP));
    if (input && isOthersSpeech(input) && this.#spoken.has(output)) {
      const start = input.timelineStart;
      const from = Math.max(received.position, start + input.received.position);
      answer({ remote: from, local: from, paced: true });
      hear('remote', output, from);
      hear('local', input, from, start);
    } else if (microphone) {
      // With a microphone, audio is played in addition to it or not at all: the microphone is the local leg.
      const [remote, local] = [received.position, microphone.received.position];
      answer({ remote, local, paced: false });
      hear('remote', output, remote);
      hear('local', microphone, local);
    } else if (input && !isOthersSpeech(input)) {
      // Played audio runs ahead of the received audio. Samples that were already sent cannot be sent again.
      const start = input.timelineStart;
      const from = Math.max(received.position, start + input.player.position);
      answer({ remote: from, local: from, paced: true });
      hear('remote', output, from);
      taps.push(input.addSentTap(framesTo(peer, 'local', { from, start }), TAP));
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
 * Prepares a stream for what the process at `peer` says. Resolves to the receiver of the lines of that process.
 *
 * @throws ERR_TAKEN without a free lease: recordings of this process would not have what is said.
 */
async function receiveSpeech(
  server: PcmServer,
  output: Lease,
  peer: Socket,
): Promise<(line: string) => void> {
  const { object, received } = output;
  const start = received.position;
  const speech = await server
    .lease({ object, stream: 'input', direction: 'receive', readClass: 'immediate', timelineStart: start })
    .catch((cause: unknown) => {
      const text = `In ${object}, process ${process.pid} cannot record what another one says. ${messageOf(cause)}`;
      throw new JackfieldError('ERR_TAKEN', text, { cause });
    });
  const feed = speech.feed();
  const { readClass } = output;
  // A process that answers must hear the call without delay.
  output.readClass = 'immediate';
  const leave = () => {
    output.readClass = readClass;
    void speech.close();
  };
  if (peer.destroyed) leave();
  else peer.once('close', leave);
  let next = start;
  return (line) => {
    const frame = parseSharedFrame(line);
    if (frame?.leg !== 'local') peer.destroy();
    else if ('end' in frame) feed.end();
    else if (frame.position - next > MAX_GAP) peer.destroy();
    else {
      const samples = frameSamples(frame.pcm);
      const early = Math.max(0, start - frame.position);
      if (early < samples.length) feed.write(samples.subarray(early), frame.position + early - start);
      next = Math.max(next, frame.position + samples.length);
    }
  };
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
