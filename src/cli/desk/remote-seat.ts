import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ErrorCode, JackfieldError, messageOf } from '../../base/errors.js';
import { LineReader } from '../../base/line-reader.js';
import type { DeskState } from '../../exchange.js';
import { connectToOwner } from '../../files/owner-socket.js';
import type { Seat, SeatWatcher } from './seat.js';
import type { SeatNews } from './seat-server.js';

/** A typed line without an answer. */
interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Opens a desk of an exchange in another process, which serves its desks at `path`.
 *
 * @param as Handle of the user. Default: the first.
 * @throws ERR_FILE when nothing is served there; ERR_INVALID_ARG for an unknown user.
 */
export async function openRemoteSeat(path: string, as?: string): Promise<Seat> {
  const socket = connectToOwner(path);
  await once(socket, 'connect').catch((cause: unknown) => {
    const message = `No desk is served at ${path}: ${messageOf(cause)}. Start one: jackfield exchange --desk ${path}`;
    throw new JackfieldError('ERR_FILE', message, { cause });
  });
  const seat = new RemoteSeat(socket);
  await seat.begin(as);
  return seat;
}

class RemoteSeat implements Seat {
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  readonly #waiting = new Map<unknown, Waiting>();
  readonly #early: Partial<DeskState>[] = [];
  #watcher: SeatWatcher | undefined;
  #state: DeskState | undefined;
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    new LineReader(socket).on('line', (line) => this.#take(JSON.parse(line) as SeatNews));
  }

  /** Opens the desk. Resolves when its state has arrived. */
  async begin(as: string | undefined): Promise<void> {
    // The answer is the state. A refusal has no id.
    const seated = this.#answer(undefined);
    this.#socket.write(`${JSON.stringify({ as })}\n`);
    await seated;
  }

  get handle(): string {
    return this.state.handle;
  }

  get state(): DeskState {
    if (!this.#state) throw closed();
    return this.#state;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  watch(watcher: SeatWatcher): void {
    this.#watcher = watcher;
    for (const changes of this.#early.splice(0)) this.#change(changes);
  }

  async type(line: string): Promise<void> {
    if (this.gone.aborted) throw closed();
    const id = ++this.#lastId;
    const answer = this.#answer(id);
    this.#socket.write(`${JSON.stringify({ id, type: line })}\n`);
    await answer;
  }

  leave(): void {
    this.#socket.destroy();
  }

  #answer(id: unknown): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #take(news: SeatNews): void {
    switch (news.event) {
      case 'state':
        this.#state = news.state;
        this.#settle(undefined)?.resolve();
        return;
      case 'change':
        if (this.#watcher) this.#change(news.changes);
        else this.#early.push(news.changes);
        return;
      case 'done':
        this.#settle(news.id)?.resolve();
        return;
      case 'refused':
        this.#settle(news.id)?.reject(new JackfieldError(news.code as ErrorCode, news.message));
        return;
      default:
        news satisfies never;
    }
  }

  #change(changes: Partial<DeskState>): void {
    const before = this.state;
    this.#state = { ...before, ...changes };
    this.#watcher?.(changes, before);
  }

  #settle(id: unknown): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(): void {
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
    this.#gone.abort();
  }
}

function closed(): JackfieldError {
  return new JackfieldError('ERR_CLOSED', 'The exchange of this desk has ended.');
}
