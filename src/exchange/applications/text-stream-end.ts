import type { StreamBytes, StreamName } from '../../protocol/catalogue/value-type.js';

/** Most texts that wait in one place of a stream, however short they are. */
const MAX_TEXTS = 4096;

/** Texts that wait in one place of a stream, oldest first. */
class Waiting {
  readonly #texts: string[] = [];
  readonly #limit: number;
  #bytes = 0;

  /** @param limit Bytes from which on it takes no other text. A single text may be longer. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#texts.length;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limit || this.#texts.length >= MAX_TEXTS;
  }

  push(text: string): void {
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
  }

  shift(): string | undefined {
    const text = this.#texts.shift();
    this.#bytes -= Buffer.byteLength(text ?? '');
    return text;
  }

  clear(): void {
    this.#texts.length = 0;
    this.#bytes = 0;
  }
}

/** The application that an end of a stream belongs to: it tells its client what has changed. */
export interface EndOwner {
  /** Bytes that SENDING counts too many for each text that was written. */
  readonly extraBytes: number;
  changed(property: 'SENDING' | 'RECEIVED'): void;
  /** Calls `task` at once, but after what goes on now. */
  soon(task: () => void): void;
  received(from: StreamName, datagram: string): void;
  /** The other side has closed the stream, and the client is to be told. */
  closed(end: TextStreamEnd): void;
}

/**
 * One end of a stream between two applications. A text that is written waits here until the other side has room, and
 * there until it is read: SENDING tells of the one, RECEIVED of the other. Both are bounded, so that a client that
 * never reads holds up the writer.
 */
export class TextStreamEnd {
  readonly name: StreamName;
  readonly #owner: EndOwner;
  readonly #outgoing: Waiting;
  readonly #incoming: Waiting;
  /** Bytes of datagrams that have not been told as sent. */
  #datagramBytes = 0;
  #peer: TextStreamEnd | undefined;

  constructor(name: StreamName, owner: EndOwner, limit: number) {
    this.name = name;
    this.#owner = owner;
    this.#outgoing = new Waiting(limit);
    this.#incoming = new Waiting(limit);
  }

  /** Makes two ends those of one stream. */
  static join(one: TextStreamEnd, other: TextStreamEnd): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** Its entry in SENDING, if anything is on its way. */
  get sending(): StreamBytes | undefined {
    const { bytes, count } = this.#outgoing;
    const total = bytes + count * this.#owner.extraBytes + this.#datagramBytes;
    return total === 0 ? undefined : { ...this.name, bytes: total };
  }

  /** Its entry in RECEIVED, if anything waits to be read. */
  get received(): StreamBytes | undefined {
    const { bytes, count } = this.#incoming;
    return count === 0 ? undefined : { ...this.name, bytes };
  }

  /** Queues a text for the other side. @returns false where too much waits already. */
  write(text: string): boolean {
    if (this.#outgoing.isFull) return false;
    if (text === '') return true;
    this.#outgoing.push(text);
    this.#owner.changed('SENDING');
    this.#owner.soon(() => this.#deliver());
    return true;
  }

  /** Takes the oldest text that has come; empty where there is none. */
  read(): string {
    const text = this.#incoming.shift();
    if (text === undefined) return '';
    this.#owner.changed('RECEIVED');
    const peer = this.#peer;
    if (peer && peer.#outgoing.count > 0) this.#owner.soon(() => peer.#deliver());
    return text;
  }

  /** Sends a datagram, which is not kept. */
  sendDatagram(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#datagramBytes += bytes;
    this.#owner.changed('SENDING');
    this.#owner.soon(() => {
      this.#datagramBytes -= bytes;
      this.#owner.changed('SENDING');
      const peer = this.#peer;
      if (peer) peer.#owner.received(peer.name, text);
    });
  }

  /**
   * Parts the two ends. What the other side has room for can still be read there; what waits behind that is lost.
   *
   * @param told True when the other side hears of it.
   */
  close(told: boolean): void {
    const peer = this.#peer;
    if (told) this.#deliver();
    this.#incoming.clear();
    this.#part(told);
    if (!peer) return;
    peer.#part(told);
    if (told) peer.#owner.closed(peer);
  }

  /** True while the other side is there. */
  get isOpen(): boolean {
    return this.#peer !== undefined;
  }

  #part(told: boolean): void {
    this.#peer = undefined;
    const lost = this.#outgoing.count > 0;
    this.#outgoing.clear();
    if (told && lost) this.#owner.changed('SENDING');
  }

  /** Hands on as much as the other side has room for. */
  #deliver(): void {
    const peer = this.#peer;
    if (!peer) return;
    let moved = false;
    while (!peer.#incoming.isFull) {
      const text = this.#outgoing.shift();
      if (text === undefined) break;
      peer.#incoming.push(text);
      moved = true;
    }
    if (!moved) return;
    this.#owner.changed('SENDING');
    peer.#owner.changed('RECEIVED');
  }
}
