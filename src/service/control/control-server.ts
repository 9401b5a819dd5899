import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { path as aPath, checkArgument, having } from '../../base/check.js';
import { shown } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { RequestError, toldError } from '../../base/request-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { checkSocketPath, OwnerSocket } from '../../files/owner-socket.js';
import { makeFolder } from '../../files/whole-file.js';
import type { FeedEvent } from '../feed/feed-event.js';
import { tailTo } from '../feed/tail-to.js';
import { type ControlCommand, controlCommands, expectedArguments } from './control-commands.js';
import type { ControlDesk } from './control-desk.js';

/** Longest line, in bytes. */
const MAX_LINE = 65_536;
/** Longest id of a request, in characters. */
const MAX_ID = 1000;

/** A lock on the folder of a control socket. */
export interface SocketClaim {
  /** Releases the folder. */
  release(): void;
}

const NO_CLAIM: SocketClaim = { release: () => undefined };

/** Serves the control socket of a service: a Unix socket that only its owner can use. */
export class ControlServer implements AsyncDisposable {
  readonly #desk: ControlDesk;
  #lock: SocketClaim;
  readonly #socket: OwnerSocket;

  private constructor(desk: ControlDesk, lock: SocketClaim) {
    this.#desk = desk;
    this.#lock = lock;
    this.#socket = new OwnerSocket(
      { doing: 'serve', maxLineBytes: MAX_LINE, lines: 'many', keepsAlive: true },
      (peer) => this.#serve(peer),
    );
  }

  /**
   * Locks the folder of the socket, before anything is started.
   * @throws ERR_INVALID_STATE, with the other process, when another service has it; ERR_INVALID_ARG for a path
   * that no socket can have; ERR_FILE.
   */
  static async claim(socket: string): Promise<SocketClaim> {
    checkArgument('socket', socket, aPath);
    checkSocketPath(socket);
    await makeFolder(dirname(socket));
    return FolderLock.take(dirname(socket), 'served from');
  }

  /**
   * Starts to serve. Where somebody removes the socket or its folder, the feed has a `failure`, and the socket is made
   * again within five seconds. @param lock Result of {@link claim}; released at the end. @throws ERR_FILE.
   */
  static async open(desk: ControlDesk, socket: string, lock: SocketClaim): Promise<ControlServer> {
    checkArgument('desk', desk, having('obey'));
    checkArgument('socket', socket, aPath);
    checkArgument('lock', lock, having('release'));
    const control = new ControlServer(desk, lock);
    const { clock, feed } = desk.service;
    const prepare = async () => {
      control.#lock.release();
      control.#lock = NO_CLAIM;
      control.#lock = await ControlServer.claim(socket);
    };
    const lost = (error: Error) => feed.failed('control socket', error);
    await control.#socket.listen(socket, { clock, prepare, lost });
    return control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
    this.#lock.release();
  }

  #serve(peer: Socket): (line: string) => void {
    const gone = new AbortController();
    peer.on('close', () => gone.abort());
    return (line) => void this.#answer(line, peer, gone.signal);
  }

  async #answer(line: string, peer: Socket, gone: AbortSignal): Promise<void> {
    const say = (answer: object) => peer.writable && peer.write(`${printable(JSON.stringify(answer))}\n`);
    let head: { readonly id?: string | number } = {};
    let expected = REQUEST;
    try {
      const { id, do: name, ...args } = parsed(line);
      if (!isId(id)) throw new RequestError('ERR_INVALID_ARG', `The id is not valid: ${shown(id)}.`);
      if (id !== undefined) head = { id };
      if (!isCommand(name)) throw new RequestError('ERR_INVALID_ARG', `There is no command ${shown(name)}.`);
      expected = expectedArguments(name);
      say({ ...head, ok: true, result: await this.#desk.obey(name, args, 'the control socket') });
      if (name === 'tail')
        await tailTo(peer, this.#desk.service.feed, { name, signal: gone, format: tailLine });
    } catch (error) {
      say({ ...head, ok: false, error: toldError(error, expected) });
    }
  }
}

const NAMES: readonly string[] = controlCommands().map(({ name }) => name);
const REQUEST = `{"do": one of ${NAMES.join(', ')}, "id": an optional number, and arguments}`;

function tailLine(event: FeedEvent): string {
  return `${printable(JSON.stringify({ event }))}\n`;
}

/** The id is repeated in the answer, so it must be a short string or a number. */
function isId(id: unknown): id is string | number | undefined {
  return id === undefined || typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID);
}

function isCommand(name: unknown): name is ControlCommand {
  return typeof name === 'string' && NAMES.includes(name);
}

function parsed(line: string): { readonly id?: unknown; readonly do?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below.
  }
  throw new RequestError('ERR_SYNTAX', 'This is not a JSON object.');
}
