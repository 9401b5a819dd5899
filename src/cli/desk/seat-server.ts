import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { peerLines } from '../../base/peer-lines.js';
import type { Exchange } from '../../exchange.js';
import { listenForOwner } from '../../files/owner-socket.js';
import { type Seat, seatAt } from './seat.js';

/** Longest line, in bytes. */
const MAX_LINE = 65_536;
/** Largest number of connections. */
const MAX_PEERS = 100;
/** Largest number of waiting bytes for a slow client. */
const MAX_UNREAD = 8 * 1_048_576;

/** Messages of a {@link SeatServer}, one JSON object per line. */
export type SeatNews =
  | { readonly event: 'state'; readonly state: Seat['state'] }
  | { readonly event: 'change'; readonly changes: Partial<Seat['state']> }
  | { readonly event: 'done'; readonly id: unknown }
  | { readonly event: 'refused'; readonly id: unknown; readonly code: string; readonly message: string };

/**
 * Serves the desks of an exchange to other processes of the same user, over a Unix socket that only its owner can use.
 * The first line is `{"as": handle}` (default: the first user). Each further line is `{"id": number, "type": text}`,
 * with a text as typed at a terminal.
 */
export class SeatServer implements AsyncDisposable {
  readonly #exchange: Exchange;
  readonly #path: string;
  readonly #server: Server;
  readonly #peers = new Set<Socket>();

  private constructor(exchange: Exchange, path: string) {
    this.#exchange = exchange;
    this.#path = path;
    this.#server = createServer((peer) => this.#serve(peer));
    this.#server.maxConnections = MAX_PEERS;
  }

  /** @throws ERR_FILE, also when another process serves there, or when the name is taken by a file. */
  static async open(exchange: Exchange, path: string): Promise<SeatServer> {
    const server = new SeatServer(exchange, path);
    await listenForOwner(server.#server, path, 'serve desks at');
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#path, { force: true });
  }

  #serve(peer: Socket): void {
    let seat: Seat | undefined;
    this.#peers.add(peer);
    peer.on('error', () => undefined);
    peer.on('close', () => {
      this.#peers.delete(peer);
      seat?.leave();
    });
    let line = 0;
    peer.on('data', (bytes: Buffer) => {
      line = bytes.includes(10) ? 0 : line + bytes.length;
      if (line > MAX_LINE) peer.destroy();
    });
    const say = (news: SeatNews) => {
      if (peer.writableLength > MAX_UNREAD) peer.destroy();
      if (peer.writable) peer.write(`${JSON.stringify(news)}\n`);
    };
    peerLines(peer).on('line', (text) => {
      if (seat) void obey(seat, text, say);
      else seat = this.#seat(text, say);
      if (!seat) peer.end();
    });
  }

  #seat(line: string, say: (news: SeatNews) => void): Seat | undefined {
    try {
      const { as } = parsed(line);
      const seat = seatAt(this.#exchange.desk(as as string | undefined));
      say({ event: 'state', state: seat.state });
      seat.watch((changes) => say({ event: 'change', changes }));
      return seat;
    } catch (error) {
      say(refusal(undefined, error));
      return undefined;
    }
  }
}

async function obey(seat: Seat, line: string, say: (news: SeatNews) => void): Promise<void> {
  let id: unknown;
  try {
    const asked = parsed(line);
    id = asked.id;
    await seat.type(String(asked.type ?? ''));
    say({ event: 'done', id });
  } catch (error) {
    say(refusal(id, error));
  }
}

function refusal(id: unknown, error: unknown): SeatNews {
  const code = error instanceof JackfieldError ? error.code : 'ERR_SYNTAX';
  return { event: 'refused', id, code, message: messageOf(error) };
}

function parsed(line: string): { readonly as?: unknown; readonly id?: unknown; readonly type?: unknown } {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null ? value : {};
}
