import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import type { Attempt, Destination } from '../../../src/switch/attempt.js';
import type { Conversation, Leg } from '../../../src/switch/leg.js';
import type { Line } from '../../../src/switch/line.js';
import type { Party } from '../../../src/switch/party.js';
import { world } from '../../exchange/world.js';
import { until } from '../../turns.js';

/** A destination that answers at once, says a steady level, and keeps what it hears and is told. */
export class Listener implements Destination {
  readonly identity = { handle: 'listener', fullName: 'Listener', network: 'P2P' } as const;
  readonly calls: ListenerLeg[] = [];
  readonly callers: { readonly handle: string; readonly fullName: string }[] = [];

  arrive(attempt: Attempt): void {
    const leg = new ListenerLeg();
    this.calls.push(leg);
    this.callers.push(attempt.origin.caller);
    attempt.answer(leg);
  }
}

export class ListenerLeg implements Leg, Party {
  readonly identity = { handle: 'listener', fullName: 'Listener', network: 'P2P' } as const;
  readonly voice = this;
  readonly heard: number[] = [];
  readonly digits: string[] = [];
  level = 1000;
  conversation: Conversation | undefined;
  cause: string | undefined;

  place(): void {}
  connected(conversation: Conversation): void {
    this.conversation = conversation;
  }
  digit(digit: string): void {
    this.digits.push(digit);
  }
  ended({ kind }: { kind: string }): void {
    this.cause = kind;
  }
  speak(frame: Int16Array): void {
    frame.fill(this.level);
  }
  hear(frame: Int16Array): void {
    this.heard.push(...frame);
  }
  async leave(): Promise<void> {}
}

/** A connection of bytes to this machine, and all that came on it. */
export class Bytes {
  readonly #socket: Socket;
  received = Buffer.alloc(0);
  closed = false;
  connected = false;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('connect', () => {
      this.connected = true;
    });
    this.#socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.closed = true;
    });
  }

  write(bytes: Uint8Array | readonly number[]): void {
    this.#socket.write(Uint8Array.from(bytes));
  }

  /** Resolves when this many bytes have come. */
  async has(count: number): Promise<Buffer> {
    await until(() => this.received.length >= count);
    return this.received;
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** A WebSocket client, and all that came on it. */
export class Texts {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly bytes: Buffer[] = [];
  closed: number | undefined;
  status: number | undefined;

  constructor(
    url: string,
    options: { protocols?: string[]; headers?: Record<string, string>; ca?: string } = {},
  ) {
    const { protocols = [], ...others } = options;
    this.socket = new WebSocket(url, protocols, { ...others, perMessageDeflate: false });
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.bytes.push(data as Buffer);
      else this.texts.push(String(data));
    });
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (_, response) => {
      this.status = response.statusCode;
      response.destroy();
    });
    this.socket.on('close', (code) => {
      this.closed = code;
    });
  }

  async open(): Promise<this> {
    await until(
      () =>
        this.socket.readyState === WebSocket.OPEN || this.closed !== undefined || this.status !== undefined,
    );
    return this;
  }

  send(message: object | Uint8Array | string): void {
    const isJson = typeof message === 'object' && !(message instanceof Uint8Array);
    this.socket.send(isJson ? JSON.stringify(message) : message);
  }

  get json(): Record<string, never>[] {
    return this.texts.map((text) => JSON.parse(text));
  }
}

/** An exchange with a line and a listener. */
export async function stage(line: Line) {
  const w = await world();
  const listener = new Listener();
  w.exchange.addRobot(listener);
  await w.exchange.addLine(line);
  return { ...w, listener };
}

/** Lets the network and the exchange go on until something holds. */
export async function passing(
  clock: { advance(ms: number): Promise<void> },
  holds: () => boolean,
): Promise<void> {
  while (!holds()) {
    await clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Closes an exchange whose time is driven. */
export async function closed(
  exchange: { close(): Promise<void> },
  clock: { advance(ms: number): Promise<void> },
) {
  let isOpen = true;
  const closing = exchange.close().finally(() => {
    isOpen = false;
  });
  while (isOpen) {
    await clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closing;
}
