import { randomBytes, randomInt } from 'node:crypto';
import { checkArgument, oneOf } from '../../base/check.js';
import type { JackfieldError } from '../../base/errors.js';
import type { LineQuality } from '../../base/line-quality.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import type { SrtpKey } from '../rtp/rtp-options.js';
import { RtpSession } from '../rtp/rtp-session.js';
import type { RtpSessionStats } from '../rtp/rtp-stats.js';
import { openUdp, type RtpPorts, type RtpTransport } from '../rtp/rtp-transport.js';
import { SocketThreads } from '../rtp-thread/socket-threads.js';
import { type SessionMedia, SipRefusal } from '../sip-call/session-host.js';
import { readAddress } from '../sip-message/address.js';
import { bodyParts, type SipBody, sdpBody } from '../sip-message/body.js';
import type { SipMessage } from '../sip-message/sip-message.js';
import {
  type AnsweredStream,
  answerRecording,
  type OfferedStream,
  readRecordingOffer,
} from './recording-description.js';
import {
  mergeSiprecMetadata,
  readSiprecMetadata,
  type SiprecMetadata,
  type SiprecParticipant,
  speakerOf,
} from './siprec-metadata.js';

/** Side of a recorded call: `local` is the stream that was offered first, `remote` the second. */
export type SiprecSide = 'local' | 'remote';

/** Events of a {@link SiprecSession}. */
export interface SiprecSessionEvents extends FencedEvents {
  /** The client has sent metadata of the call. */
  metadata: [metadata: SiprecMetadata];
  /** Metadata could not be read. The recording continues without them. */
  'metadata-refused': [error: Error];
  /** The client has paused the voice (true), or resumed it (false). */
  paused: [paused: boolean];
  /** The thread that received the voice has ended. No more voice arrives, and the call is being ended. */
  lost: [error: JackfieldError];
  /** The recorded call is over, or its client is gone. */
  ended: [];
}

/** Options of a {@link SiprecSession}. @internal */
export interface SiprecSessionOptions {
  readonly clock: Clock;
  readonly address: string;
  /** Address in the descriptions. Default `address`. */
  readonly advertised?: string;
  readonly ports?: RtpPorts;
  readonly reorderMs?: number;
  readonly timeoutMs?: number;
  /** Threads that the ports are opened in. Default: in this thread. */
  readonly threads?: SocketThreads;
}

interface Slot {
  readonly side: SiprecSide;
  readonly rtp: RtpSession;
  /** Label of the stream that it receives; undefined while it receives none. */
  label: string | undefined;
  isActive: boolean;
  key: SrtpKey | undefined;
}

const SIDE = oneOf('local', 'remote');
const NOTHING: SiprecMetadata = {
  ...{ isComplete: true, session: '', callIds: [] },
  ...{ participants: [], streams: [], extensions: {} },
};
const METADATA_TYPE = /rs-metadata|\+xml|\/xml/i;
const CISCO_PARTICIPANT = 'X-Cisco-Recording-Participant';

/**
 * Call that a recording client sends (RFC 7866): a stream for each side, and its metadata. When a client sends one
 * mixed stream, the side `local` has it and `remote` stays empty.
 */
export class SiprecSession extends FencedEmitter<SiprecSessionEvents> implements SessionMedia {
  /** Id of the SIP session, as the client gave it. */
  readonly callId: string;
  readonly startedAtMs: number;
  readonly #slots: readonly Slot[];
  readonly #id = randomInt(2 ** 31);
  readonly #address: string;
  #transports: readonly RtpTransport[] = [];
  #version = 0;
  #metadata = NOTHING;
  #paused = false;
  #isLost = false;
  #closed: Promise<void> | undefined;

  private constructor(
    callId: string,
    options: SiprecSessionOptions,
    sessions: readonly [RtpSession, RtpSession],
  ) {
    super();
    this.callId = callId;
    this.startedAtMs = options.clock.unixMs();
    this.#address = options.advertised ?? options.address;
    this.#slots = (['local', 'remote'] as const).map((side, index) => ({
      side,
      rtp: sessions[index] ?? sessions[0],
      label: undefined,
      isActive: false,
      key: undefined,
    }));
    for (const { rtp } of this.#slots) void rtp.stream;
  }

  /** Opens the ports of both sides. @throws ERR_PORT. @internal */
  static async open(callId: string, options: SiprecSessionOptions): Promise<SiprecSession> {
    const { clock, address, ports, reorderMs = 1000, timeoutMs = 0, threads } = options;
    // Both sides share a thread, so that they are lost together.
    const thread = threads?.least;
    const [local, remote] = await openBoth(() => thread?.open(address, ports) ?? openUdp(address, ports));
    // A packet that comes to the thread in time is in time.
    const waitMs = Math.min(10_000, reorderMs + (threads ? SocketThreads.latencyMs : 0));
    const originMs = clock.now();
    const rtp = (transport: RtpTransport) =>
      RtpSession.open({ clock, address, originMs, reorderMs: waitMs, timeoutMs, transport });
    const session = new SiprecSession(callId, options, [await rtp(local), await rtp(remote)]);
    local.onLost = (error) => session.#lost(error);
    session.#transports = [local, remote];
    return session;
  }

  /** Voice of the side that was offered first, or of both when they are mixed. */
  get local(): PcmStream {
    return this.#slot('local').rtp.stream;
  }

  /** Voice of the side that was offered second. */
  get remote(): PcmStream {
    return this.#slot('remote').rtp.stream;
  }

  /** True when the thread that received the voice has ended. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Metadata of the call, up to date. */
  get metadata(): SiprecMetadata {
    return this.#metadata;
  }

  /** True while the client has paused the voice. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Returns the participant whose voice a side carries; undefined when that is not given. @throws ERR_INVALID_ARG */
  participant(side: SiprecSide): SiprecParticipant | undefined {
    const { label } = this.#slot(side);
    return label === undefined ? undefined : speakerOf(this.#metadata, label);
  }

  /** Counters of a side's packets. @throws ERR_INVALID_ARG */
  stats(side: SiprecSide): RtpSessionStats {
    return this.#slot(side).rtp.stats();
  }

  /** Quality of a side; undefined before any voice of it has arrived. @throws ERR_INVALID_ARG */
  quality(side: SiprecSide): LineQuality | undefined {
    return this.#slot(side).rtp.quality;
  }

  /** Refuses with 488, because only the client makes offers. @internal */
  offer(): SipBody {
    throw new SipRefusal(488);
  }

  /** @internal */
  async answer(offer: SipBody, message: SipMessage): Promise<SipBody> {
    this.tell(message);
    const read = readOffer(offer);
    // Earlier packets were sent under the earlier agreement: they are read first.
    await this.#drained();
    const taken = this.#assign(read.streams);
    if (taken.size === 0) throw new SipRefusal(488);
    const answered: AnsweredStream[] = [];
    for (const [slot, stream] of taken) {
      slot.label = stream.label;
      slot.isActive = stream.isActive;
      slot.key = stream.crypto && ownKey(slot.key, stream.crypto);
      const { connection, crypto } = stream;
      const srtp = slot.key &&
        crypto && { local: slot.key, remote: { suite: crypto.suite, key: crypto.key } };
      if (connection) await slot.rtp.connect({ ...connection, ...(srtp && { srtp }) });
      answered.push({
        index: stream.index,
        port: slot.rtp.port,
        rtcpPort: slot.rtp.rtcpPort,
        ...(slot.key && { key: slot.key }),
      });
    }
    this.#notePause();
    this.#version++;
    return sdpBody(
      answerRecording(read, answered, { address: this.#address, id: this.#id, version: this.#version }),
    );
  }

  /** @internal */
  take(): void {}

  /** Reads the metadata in a message. @internal */
  tell(message: SipMessage): void {
    const part = bodyParts(message.headers, message.body).find(
      ({ type, content }) => METADATA_TYPE.test(type) || content.subarray(0, 200).includes('<recording'),
    );
    try {
      const told = part ? readSiprecMetadata(part.content) : byHeaders(message);
      if (!told) return;
      this.#metadata = mergeSiprecMetadata(this.#metadata, told);
      this.emit('metadata', this.#metadata);
    } catch (error) {
      this.emit('metadata-refused', error as Error);
    }
  }

  /** Ends both streams, after what has arrived. Idempotent. @internal */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (!this.#isLost) await this.#drained();
    this.emit('ended');
    await Promise.all(this.#slots.map(({ rtp }) => rtp.close()));
  }

  async #drained(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.drain?.()));
  }

  #lost(error: JackfieldError): void {
    if (this.#closed) return;
    this.#isLost = true;
    this.emit('lost', error);
  }

  #slot(side: SiprecSide): Slot {
    checkArgument('side', side, SIDE);
    const [local, remote] = this.#slots as readonly [Slot, Slot];
    return side === 'local' ? local : remote;
  }

  /** Assigns a side to each stream that can be received: the side that had its label before, else the next free one. */
  #assign(streams: readonly OfferedStream[]): Map<Slot, OfferedStream> {
    const usable = streams.filter(({ connection }) => connection);
    const taken = new Map<Slot, OfferedStream>();
    const rest = usable.filter((stream) => {
      const known = this.#slots.find((slot) => stream.label !== '' && slot.label === stream.label);
      if (known && !taken.has(known)) taken.set(known, stream);
      return !known;
    });
    for (const stream of rest) {
      const free = this.#slots.find((slot) => !taken.has(slot));
      if (free) taken.set(free, stream);
    }
    return taken;
  }

  #notePause(): void {
    const paused = this.#slots.every(({ label, isActive }) => label === undefined || !isActive);
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.emit('paused', paused);
  }
}

/** Opens a transport for each side, or none. */
async function openBoth(open: () => Promise<RtpTransport>): Promise<[RtpTransport, RtpTransport]> {
  const local = await open();
  try {
    return [local, await open()];
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Reads the participants that a client names only in headers. */
function byHeaders({ headers }: SipMessage): SiprecMetadata | undefined {
  const participants = headers.list(CISCO_PARTICIPANT).flatMap((value, index): SiprecParticipant[] => {
    const { uri = value, name = '' } = readAddress(value) ?? {};
    return [{ id: String(index), address: uri.slice(0, 1000), name, sends: [String(index + 1)] }];
  });
  return participants.length > 0 ? { ...NOTHING, isComplete: false, participants } : undefined;
}

function readOffer(offer: SipBody) {
  try {
    return readRecordingOffer(offer.content.toString('utf8'));
  } catch {
    throw new SipRefusal(488);
  }
}

/** Returns the key of this end. It stays the same while the peer uses the same suite. */
function ownKey(before: SrtpKey | undefined, { suite }: SrtpKey): SrtpKey {
  return before?.suite === suite ? before : { suite, key: randomBytes(30).toString('base64') };
}
