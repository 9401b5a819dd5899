import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { path as aPath, checkArgument, listOf } from '../../base/check.js';
import { abortedError, JackfieldError } from '../../base/errors.js';
import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import { whenFired } from '../../base/wait.js';
import type { JoinedVoice, VoiceJoiner } from '../../call/join-voice.js';
import type { Lease, StreamKind } from '../../tcp/lease.js';
import {
  MAX_SHARE_LINE,
  type SharedFrame,
  sharedFrameSchema,
  sharedVoiceSchema,
  shareRefusalSchema,
  shareSockets,
} from './share-protocol.js';

/** A process that does not answer is not waited for any longer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2000;
/** Bytes that may wait for the port of a lease; more become silence. */
const MAX_WAITING = 1 << 20;
/** Longest silence that a gap is filled with, in samples: an hour. */
const MAX_GAP = 16_000 * 3600;
const SILENCE = Buffer.alloc(64_000);

/**
 * Joins the voices that other processes of this user share.
 *
 * @param sockets Default: those of all that share, found anew for each call.
 * @throws ERR_INVALID_ARG.
 */
export function shareJoiner(sockets?: readonly string[]): VoiceJoiner {
  if (sockets !== undefined) checkArgument('sockets', sockets, listOf(aPath));
  return {
    async join(_call, port, { speak, signal }) {
      for (const socket of sockets ?? (await shareSockets())) {
        const joined = await joinAt(socket, port, speak, signal);
        if (joined) return joined;
      }
      return undefined;
    },
  };
}

/** Asks one process; undefined where it does not run, or does not have the port. @throws ERR_TAKEN; ERR_ABORTED. */
async function joinAt(
  path: string,
  port: number,
  speak: boolean,
  signal: AbortSignal,
): Promise<JoinedVoice | undefined> {
  if (signal.aborted) throw abortedError('a shared voice', signal);
  const socket = connect(path);
  const leave = whenFired(signal, () => socket.destroy());
  try {
    const lines = createInterface({ input: socket });
    const answered = new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      socket.once('error', () => resolve(undefined));
      socket.once('close', () => resolve(undefined));
      socket.setTimeout(ANSWER_TIMEOUT_MS, () => resolve(undefined));
    });
    socket.on('error', () => undefined);
    socket.once('connect', () => socket.write(`${JSON.stringify({ do: 'voice', port, speak })}\n`));
    const joined = new Joined(socket);
    lines.on('line', (line) => joined.take(line));
    const answer = parsed(await answered);
    socket.setTimeout(0);
    if (signal.aborted) throw abortedError('a shared voice', signal);
    const { data: refusal } = shareRefusalSchema.safeParse(answer);
    if (refusal?.error.code === 'ERR_TAKEN') throw new JackfieldError('ERR_TAKEN', refusal.error.message);
    if (sharedVoiceSchema.safeParse(answer).success) return joined;
    socket.destroy();
    return undefined;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    leave();
  }
}

type Leg = SharedFrame['leg'];
const LEGS: Readonly<Record<Exclude<StreamKind, 'input'>, Leg>> = { output: 'remote', capture_mic: 'local' };

/** A voice that another process shares. Each leg goes to the port of a lease, as an endpoint would send it. */
class Joined implements JoinedVoice {
  readonly #socket: Socket;
  readonly #ports = new Map<Leg, LegPort>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => {
      for (const port of this.#ports.values()) port.end();
    });
  }

  async feed(
    stream: Exclude<StreamKind, 'input'>,
    lease: Lease,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#socket.destroyed) {
      throw new JackfieldError('ERR_CLOSED', 'The process that shared the voice has left the call.');
    }
    const leg = LEGS[stream];
    const port = new LegPort(lease);
    void lease.closed.then(() => {
      port.end();
      this.#ports.delete(leg);
      if (this.#ports.size === 0) this.close();
    });
    await lease.claimed({ signal });
    this.#ports.set(leg, port);
    if (this.#socket.destroyed) port.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Takes a line of the other process; one that is no frame ends it. */
  take(line: string): void {
    const { data: frame } = sharedFrameSchema.safeParse(
      line.length <= MAX_SHARE_LINE ? parsed(line) : undefined,
    );
    if (!frame) {
      // The first line is the answer.
      if (this.#ports.size > 0) this.close();
      return;
    }
    const port = this.#ports.get(frame.leg);
    if ('end' in frame) port?.end();
    else port?.take(frame.position, Buffer.from(frame.pcm, 'base64'));
  }
}

/** The connection to the port of a lease. */
class LegPort {
  readonly #socket: Socket;
  #next: number | undefined;

  constructor({ port, hosts }: Lease) {
    this.#socket = connect(port, hosts.includes('127.0.0.1') ? '127.0.0.1' : (hosts[0] ?? '127.0.0.1'));
    this.#socket.on('error', () => undefined);
  }

  /** Sends samples; those that are missing before them become silence. */
  take(position: number, bytes: Buffer): void {
    const samples = Math.floor(bytes.length / BYTES_PER_SAMPLE);
    const next = this.#next ?? position;
    // A stream that does not take what comes misses it, and has silence there.
    if (position < next || this.#socket.writableLength > MAX_WAITING) return;
    this.#fill(Math.min(position - next, MAX_GAP));
    this.#socket.write(bytes.subarray(0, samples * BYTES_PER_SAMPLE));
    this.#next = position + samples;
  }

  end(): void {
    this.#socket.end();
  }

  #fill(samples: number): void {
    for (let left = samples * BYTES_PER_SAMPLE; left > 0; left -= SILENCE.length) {
      this.#socket.write(SILENCE.subarray(0, Math.min(left, SILENCE.length)));
    }
  }
}

function parsed(line: string | undefined): unknown {
  try {
    return line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
