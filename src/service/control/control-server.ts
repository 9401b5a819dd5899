import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { path as aPath, checkArgument, having } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { Call } from '../../control/state/call.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder } from '../../files/whole-file.js';
import type { Service } from '../service.js';
import type { ServiceLine } from '../service-line.js';
import { type ControlRequest, controlRequestSchema } from './control-protocol.js';

/** Work of whoever runs the service and its control server. */
export interface ControlHooks {
  /** Reads the configuration again; resolves to the parts that cannot change now. */
  reload(): Promise<readonly string[]>;
  /** The last call is over after `drain`. */
  drained(): void;
}

/** Longest line that is taken, in characters. */
const MAX_LINE = 65_536;
/** Connections at once. */
const MAX_CONNECTIONS = 100;

/** The folder of a control socket, taken for this process. */
export interface SocketClaim {
  /** Gives the folder free. */
  release(): void;
}

/** Serves the control socket of a service: a Unix socket for its owner alone. */
export class ControlServer implements AsyncDisposable {
  readonly #service: Service;
  readonly #hooks: ControlHooks;
  readonly #socket: string;
  readonly #lock: SocketClaim;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #startedAt = new Date().toISOString();

  private constructor(service: Service, hooks: ControlHooks, socket: string, lock: SocketClaim) {
    this.#service = service;
    this.#hooks = hooks;
    this.#socket = socket;
    this.#lock = lock;
    this.#server = createServer((peer) => this.#serve(peer));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Takes the folder of the socket for this process, before anything is started.
   * @throws ERR_INVALID_STATE, with the process that runs, when another service has it; ERR_FILE.
   */
  static async claim(socket: string): Promise<SocketClaim> {
    checkArgument('socket', socket, aPath);
    await makeFolder(dirname(socket));
    return FolderLock.take(dirname(socket), 'served from');
  }

  /** Serves. @param lock Of {@link claim}; it is released at the end. @throws ERR_FILE. */
  static async open(
    service: Service,
    socket: string,
    lock: SocketClaim,
    hooks: ControlHooks,
  ): Promise<ControlServer> {
    checkArgument('service', service, having('drain', 'reload'));
    checkArgument('socket', socket, aPath);
    checkArgument('lock', lock, having('release'));
    checkArgument('hooks', hooks, having('reload', 'drained'));
    const control = new ControlServer(service, hooks, socket, lock);
    // The lock is held: what is there is of a process that was killed.
    rmSync(socket, { force: true });
    await control.#listen();
    return control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#sockets) peer.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#socket, { force: true });
    this.#lock.release();
  }

  async #listen(): Promise<void> {
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#socket, resolve);
        process.umask(before);
      });
      chmodSync(this.#socket, 0o600);
    } catch (cause) {
      throw new JackfieldError('ERR_FILE', `Cannot serve ${this.#socket}: ${messageOf(cause)}`, { cause });
    } finally {
      process.umask(before);
    }
  }

  #serve(peer: Socket): void {
    this.#sockets.add(peer);
    const gone = new AbortController();
    peer.on('error', () => undefined);
    peer.on('close', () => {
      this.#sockets.delete(peer);
      gone.abort();
    });
    let waiting = 0;
    peer.on('data', (bytes: Buffer) => {
      waiting = bytes.includes(10) ? 0 : waiting + bytes.length;
      if (waiting > MAX_LINE) peer.destroy();
    });
    createInterface({ input: peer }).on('line', (line) => void this.#answer(line, peer, gone.signal));
  }

  async #answer(line: string, peer: Socket, gone: AbortSignal): Promise<void> {
    const say = (answer: object) => peer.writable && peer.write(`${JSON.stringify(answer)}\n`);
    let id: unknown;
    try {
      const value = parsed(line);
      id = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
      const { data, error } = controlRequestSchema.safeParse(value);
      if (!data) throw new JackfieldError('ERR_INVALID_ARG', `No such request: ${error.issues[0]?.message}`);
      const result = await this.#obey(data);
      say({ ...(id !== undefined && { id }), ok: true, result });
      if (data.do === 'tail') await this.#tail(peer, gone);
    } catch (error) {
      const code = error instanceof JackfieldError ? error.code : 'ERR_INVALID_STATE';
      say({ ...(id !== undefined && { id }), ok: false, error: { code, message: messageOf(error) } });
    }
  }

  /** Events until the peer goes; a peer that does not read loses events, which is told to it. */
  async #tail(peer: Socket, signal: AbortSignal): Promise<void> {
    for await (const event of this.#service.feed.read({ name: 'tail', limit: 10_000, signal })) {
      if (peer.write(`${JSON.stringify({ event })}\n`)) continue;
      await new Promise<void>((resolve) => {
        peer.once('drain', resolve);
        peer.once('close', resolve);
      });
    }
  }

  async #obey(request: ControlRequest): Promise<unknown> {
    const service = this.#service;
    switch (request.do) {
      case 'status':
        return this.#status();
      case 'calls':
        return service.lines.flatMap((line) => line.calls.map((call) => view(line, call, service)));
      case 'reload':
        return { unchanged: await this.#hooks.reload() };
      case 'drain':
        void service.drain().then(() => this.#hooks.drained());
        return { calls: service.lines.reduce((sum, { calls }) => sum + calls.length, 0) };
      case 'tail':
        return {};
      default:
        return await this.#act(request);
    }
  }

  async #act(request: Extract<ControlRequest, { call: number }>): Promise<unknown> {
    const { line, call } = this.#find(request.call, request.account);
    switch (request.do) {
      case 'hangup':
        await call.hangUp();
        break;
      case 'hold':
        await call.hold();
        break;
      case 'resume':
        await call.resume();
        break;
      case 'say': {
        const talk = line.talk(call.id);
        if (!talk) throw new JackfieldError('ERR_INVALID_STATE', `No bot talks on call ${call.id}.`);
        await talk.say(request.text);
        break;
      }
      case 'record-pause':
        this.#recording(call).pause('by control');
        break;
      case 'record-resume':
        this.#recording(call).resume('by control');
        break;
      default:
        request satisfies never;
    }
    return { call: call.id, account: line.account };
  }

  #recording(call: Call) {
    const found = this.#service.recorder?.recordings.find((recording) => recording.call === call);
    if (found) return found;
    throw new JackfieldError('ERR_INVALID_STATE', `Call ${call.id} is not being recorded.`);
  }

  #find(id: number, account: string | undefined): { line: ServiceLine; call: Call } {
    const found = this.#service.lines.flatMap((line) => {
      const call = account === undefined || line.account === account ? line.client.callById(id) : undefined;
      return call && !call.over ? [{ line, call }] : [];
    });
    const [first, second] = found;
    if (first && !second) return first;
    const accounts = found.map(({ line }) => line.account).join(', ');
    const text = first
      ? `Several accounts have a call ${id}: say which of ${accounts}.`
      : `There is no call ${id} now.`;
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }

  #status(): object {
    const { lines, recorder, feed, draining } = this.#service;
    return {
      pid: process.pid,
      startedAt: this.#startedAt,
      draining,
      endpoints: lines.map(({ name, account, up, calls }) => ({
        name,
        account,
        up,
        calls: calls.length,
      })),
      recordings: recorder?.recordings.length ?? 0,
      readers: feed.readers.map(({ name, waiting, dropped }) => ({ name, waiting, dropped })),
    };
  }
}

function view({ name, account }: ServiceLine, call: Call, { recorder }: Service): object {
  return {
    endpoint: name,
    account,
    call: call.id,
    partner: call.properties.get('PARTNER_HANDLE') ?? '',
    status: call.status,
    recorded: recorder?.recordings.some((recording) => recording.call === call && recording.begun) ?? false,
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new JackfieldError('ERR_SYNTAX', 'Expected one JSON object a line.');
  }
}
