import type { Socket } from 'node:net';
import { path as aPath, checkArgument, listOf } from '../../base/check.js';
import { abortedError, JackfieldError } from '../../base/errors.js';
import { LineReader } from '../../base/line-reader.js';
import { portHolder } from '../../base/system/port-holder.js';
import { whenFired } from '../../base/wait.js';
import { connectToOwner } from '../../files/owner-socket.js';
import type { Lease, LeaseFeed, StreamKind } from '../../tcp/lease.js';
import type { JoinedVoice, PortPlace, VoiceJoiner } from '../join-voice.js';
import { turnAt } from './call-turn.js';
import {
  MAX_GAP,
  parseShareAnswer,
  parseSharedFrame,
  type SharedLeg,
  type SharedVoice,
} from './share-protocol.js';
import { shareSockets, socketOf } from './share-sockets.js';
import { frameSamples, framesTo } from './shared-frames.js';

/** Most samples of a leg that wait until there is a lease for it: two seconds. Older samples are lost. */
const MAX_EARLY = 32_000;
/** Longest wait for the answer of a process that may have the voice, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2000;
/** Longest wait for that of the process that has it, however busy it is: without an answer, the call is lost to us. */
const HOLDER_TIMEOUT_MS = 30_000;

/**
 * Joins the voices that other processes of this user share.
 *
 * @param sockets Default: the sockets of all processes that share, looked up for each call.
 * @throws ERR_INVALID_ARG.
 */
export function shareJoiner(sockets?: readonly string[]): VoiceJoiner {
  if (sockets !== undefined) checkArgument('sockets', sockets, listOf(aPath));
  return {
    async join(_call, port, { speak, signal }) {
      const all = sockets ?? (await shareSockets());
      const { pid, who } = (all.length > 0 && (await portHolder(port))) || {};
      const holder = pid === undefined ? undefined : socketOf(pid, all);
      if (holder === undefined) {
        for (const socket of all) {
          const joined = await joinAt(socket, { port, speak, signal, timeoutMs: ANSWER_TIMEOUT_MS });
          if (joined !== 'silent' && joined) return joined;
        }
        return undefined;
      }
      const joined = await joinAt(holder, { port, speak, signal, timeoutMs: HOLDER_TIMEOUT_MS });
      if (joined !== 'silent') return joined;
      const text = `The voice is redirected to port ${port}, of ${who}, which did not answer in ${HOLDER_TIMEOUT_MS / 1000} s.`;
      throw new JackfieldError('ERR_TAKEN', text);
    },
    turn: turnAt,
  };
}

/** The voice that a process is asked for. */
interface Asked {
  readonly port: number;
  readonly speak: boolean;
  readonly signal: AbortSignal;
  /** Longest wait for the answer. */
  readonly timeoutMs: number;
}

/**
 * Asks one process. Resolves to undefined when it does not run or does not have the port, and to `silent` when it does
 * not answer in time.
 *
 * @throws ERR_TAKEN; ERR_ABORTED.
 */
async function joinAt(
  path: string,
  { port, speak, signal, timeoutMs }: Asked,
): Promise<JoinedVoice | 'silent' | undefined> {
  if (signal.aborted) throw abortedError('a shared voice', signal);
  const socket = connectToOwner(path);
  const leave = whenFired(signal, () => socket.destroy());
  try {
    const lines = new LineReader(socket);
    let isLate = false;
    const answered = new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      socket.once('error', () => resolve(undefined));
      socket.once('close', () => resolve(undefined));
      socket.setTimeout(timeoutMs, () => {
        isLate = true;
        resolve(undefined);
      });
    });
    socket.on('error', () => undefined);
    socket.once('connect', () => socket.write(`${JSON.stringify({ do: 'voice', port, speak })}\n`));
    // Lines that come together with the answer belong to the voice.
    const early: string[] = [];
    const keep = (line: string) => void early.push(line);
    lines.on('line', keep);
    const line = await answered;
    const answer = line === undefined ? undefined : parseShareAnswer(line);
    socket.setTimeout(0);
    if (signal.aborted) throw abortedError('a shared voice', signal);
    if (answer?.ok) {
      lines.off('line', keep);
      return new Joined(socket, lines, { ...answer, port }, early.slice(1));
    }
    if (answer?.error.code === 'ERR_TAKEN') throw new JackfieldError('ERR_TAKEN', answer.error.message);
    socket.destroy();
    return isLate ? 'silent' : undefined;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    leave();
  }
}

/**
 * Does the same as {@link shareJoiner} for a program that wants to speak, such as a bot. It joins a voice in order to
 * speak, never in order to listen alone, and lets no other program begin first.
 *
 * @param sockets as of {@link shareJoiner}.
 * @throws ERR_INVALID_ARG.
 */
export function speakerJoiner(sockets?: readonly string[]): VoiceJoiner {
  return { ...shareJoiner(sockets), joins: 'to-speak' };
}

/**
 * Makes a joiner that joins no voice and only takes turns with other processes of this user. When two processes want to
 * redirect a call at the same moment, one does so, and the other gets ERR_TAKEN.
 */
export function turnTaker(): VoiceJoiner {
  return { turn: turnAt };
}

const LEGS: Readonly<Record<Exclude<StreamKind, 'input'>, SharedLeg>> = {
  output: 'remote',
  capture_mic: 'local',
};

/** A voice that another process shares. The samples of each leg go to a lease, at their positions. */
class Joined implements JoinedVoice {
  readonly paced: boolean;
  readonly outputPlace: PortPlace;
  readonly #socket: Socket;
  readonly #lines: LineReader;
  readonly #legs: Readonly<Record<SharedLeg, JoinedLeg>>;

  constructor(
    socket: Socket,
    lines: LineReader,
    { port, remote, local = 0, paced }: SharedVoice & { readonly port: number },
    early: string[],
  ) {
    this.#socket = socket;
    this.#lines = lines;
    this.#legs = { remote: new JoinedLeg(remote), local: new JoinedLeg(local) };
    this.paced = paced;
    this.outputPlace = { port, from: remote };
    for (const line of early) this.#take(line);
    lines.on('line', (line) => this.#take(line));
    socket.once('close', () => {
      const text = 'The process that shared the voice has ended or no longer shares it.';
      for (const leg of Object.values(this.#legs)) leg.end(new JackfieldError('ERR_PEER', text));
    });
  }

  async feed(
    stream: Exclude<StreamKind, 'input'>,
    lease: Lease,
    limits: { readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#socket.destroyed) {
      throw new JackfieldError('ERR_CLOSED', 'The process that shared the voice has left the call.');
    }
    const leg = this.#legs[LEGS[stream]];
    leg.feed(lease.feed());
    lease.on('held', () => this.#hold(leg, true));
    lease.on('released', () => this.#hold(leg, false));
    void lease.closed.then(() => {
      leg.over = true;
      this.#hold(leg, false);
      if (Object.values(this.#legs).every(({ unfed, over }) => unfed || over)) this.close();
    });
    await lease.claimed(limits);
  }

  speak(input: Lease, start: number): void {
    const place = { from: 0, start: this.outputPlace.from + start };
    const tap = input.addSentTap(framesTo(this.#socket, 'local', place), {
      policy: 'drop-oldest',
      name: 'shared',
    });
    this.#socket.once('close', () => void tap.remove().catch(() => undefined));
  }

  close(): void {
    this.#socket.destroy();
  }

  /**
   * Stops reading the other process while a sink that may not lose samples has no room. That process drops what it
   * cannot send.
   */
  #hold(leg: JoinedLeg, held: boolean): void {
    leg.held = held;
    if (this.#socket.destroyed) return;
    if (Object.values(this.#legs).some((each) => each.held)) this.#lines.pause();
    else this.#lines.resume();
  }

  /** Takes a line of the other process. A line that is not a frame ends the voice. */
  #take(line: string): void {
    const frame = parseSharedFrame(line);
    const leg = frame && this.#legs[frame.leg];
    if (!leg) this.close();
    else if ('end' in frame) leg.end();
    else if (!leg.take(frame.position, frameSamples(frame.pcm))) this.close();
  }
}

/** One leg and its lease, whose position 0 is the beginning of the leg. Samples wait until there is a lease. */
class JoinedLeg {
  /** True when nobody takes the leg any more. */
  over = false;
  /** True while no more can be taken. */
  held = false;
  readonly #begin: number;
  #next: number;
  #feed: LeaseFeed | undefined;
  #waiting: { readonly position: number; readonly samples: Int16Array }[] = [];
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(begin: number) {
    this.#begin = begin;
    this.#next = begin;
  }

  get unfed(): boolean {
    return this.#feed === undefined;
  }

  feed(feed: LeaseFeed): void {
    this.#feed = feed;
    for (const { position, samples } of this.#waiting.splice(0)) feed.write(samples, position);
    if (this.#ended) feed.end(this.#ended.error);
  }

  /** Takes samples. Returns false for an invalid frame, whose gap is too long. */
  take(place: number, samples: Int16Array): boolean {
    if (place - this.#next > MAX_GAP) return false;
    this.#next = Math.max(this.#next, place + samples.length);
    const position = place - this.#begin;
    if (position < 0) return true;
    if (this.#feed) {
      this.#feed.write(samples, position);
      return true;
    }
    this.#waiting.push({ position, samples });
    while ((this.#waiting[0]?.position ?? 0) < this.#next - this.#begin - MAX_EARLY) this.#waiting.shift();
    return true;
  }

  /** Ends the leg. Only the first call has an effect. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#feed?.end(error);
  }
}
