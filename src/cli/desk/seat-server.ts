import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { systemClock } from '../../base/time/clock.js';
import type { Exchange } from '../../exchange.js';
import { OwnerSocket } from '../../files/owner-socket.js';
import { makeFolder } from '../../files/whole-file.js';
import { type Seat, seatAt } from './seat.js';

/** Longest line, in bytes. */
const MAX_LINE = 65_536;
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
  readonly #socket: OwnerSocket;

  private constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#socket = new OwnerSocket(
      { doing: 'serve desks at', maxLineBytes: MAX_LINE, lines: 'many', keepsAlive: true },
      (peer) => this.#serve(peer),
    );
  }

  /**
   * @param lost Told when somebody removes the socket. It is made again.
   * @throws ERR_FILE, also when another process serves there, or when the name is taken by a file.
   */
  static async open(exchange: Exchange, path: string, lost: (error: Error) => void): Promise<SeatServer> {
    const server = new SeatServer(exchange);
    const prepare = async () => makeFolder(dirname(path));
    await server.#socket.listen(path, { clock: systemClock, prepare, lost });
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  #serve(peer: Socket): (line: string) => void {
    let seat: Seat | undefined;
    peer.on('close', () => seat?.leave());
    const say = (news: SeatNews) => {
      if (peer.writableLength > MAX_UNREAD) peer.destroy();
      if (peer.writable) peer.write(`${printable(JSON.stringify(news))}\n`);
    };
    return (line) => {
      if (seat) void obey(seat, line, say);
      else seat = this.#seat(line, say);
      if (!seat) peer.end();
    };
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
