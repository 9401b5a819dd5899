import type { StreamBytes, StreamName } from '../../protocol/catalogue/value-type.js';

/** Most texts that wait at one end of a stream, whatever their length. */
const MAX_TEXTS = 4096;

/** Queue of texts at one end of a stream, oldest first. */
class Waiting {
  readonly #texts: string[] = [];
  readonly #limit: number;
  #bytes = 0;

  /** @param limit Size in bytes at which it accepts no further text. A single text may be longer. */
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

/** Owner of a stream end: an application, which notifies its client of changes. */
export interface EndOwner {
  /** Extra bytes that SENDING reports for each text written. */
  readonly extraBytes: number;
  changed(property: 'SENDING' | 'RECEIVED'): void;
  /** Calls `task` as soon as the current work is done. */
  soon(task: () => void): void;
  received(from: StreamName, datagram: string): void;
  /** Called when the other side has closed the stream, to notify the client. */
  closed(end: TextStreamEnd): void;
}

/**
 * One end of a stream between two applications. A written text waits at this end until the other end has room
 * (SENDING), and at the other end until it is read (RECEIVED). Both queues are limited, so a client that never reads
 * holds up the writer.
 */
export class TextStreamEnd {
  readonly name: StreamName;
  readonly #owner: EndOwner;
  readonly #outgoing: Waiting;
  readonly #incoming: Waiting;
  /** Bytes of datagrams not yet notified as sent. */
  #datagramBytes = 0;
  #peer: TextStreamEnd | undefined;

  constructor(name: StreamName, owner: EndOwner, limit: number) {
    this.name = name;
    this.#owner = owner;
    this.#outgoing = new Waiting(limit);
    this.#incoming = new Waiting(limit);
  }

  /** Joins two ends into one stream. */
  static join(one: TextStreamEnd, other: TextStreamEnd): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** Entry of this end in SENDING, if anything is being sent. */
  get sending(): StreamBytes | undefined {
    const { bytes, count } = this.#outgoing;
    const total = bytes + count * this.#owner.extraBytes + this.#datagramBytes;
    return total === 0 ? undefined : { ...this.name, bytes: total };
  }

  /** Entry of this end in RECEIVED, if anything waits to be read. */
  get received(): StreamBytes | undefined {
    const { bytes, count } = this.#incoming;
    return count === 0 ? undefined : { ...this.name, bytes };
  }

  /** Queues a text for the other side. @returns false when the queue is full. */
  write(text: string): boolean {
    if (this.#outgoing.isFull) return false;
    if (text === '') return true;
    this.#outgoing.push(text);
    this.#owner.changed('SENDING');
    this.#owner.soon(() => this.#deliver());
    return true;
  }

  /** Takes the oldest received text; empty if there is none. */
  read(): string {
    const text = this.#incoming.shift();
    if (text === undefined) return '';
    this.#owner.changed('RECEIVED');
    const peer = this.#peer;
    if (peer && peer.#outgoing.count > 0) this.#owner.soon(() => peer.#deliver());
    return text;
  }

  /** Sends a datagram, which is not queued. */
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
   * Separates the two ends. Texts that the other end has room for can still be read there; the remaining ones are lost.
   *
   * @param told True to notify the other side.
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

  /** True while it is connected to the other end. */
  get isOpen(): boolean {
    return this.#peer !== undefined;
  }

  #part(told: boolean): void {
    this.#peer = undefined;
    const lost = this.#outgoing.count > 0;
    this.#outgoing.clear();
    if (told && lost) this.#owner.changed('SENDING');
  }

  /** Passes on as much as the other end has room for. */
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
