import { JackfieldError } from '../../base/errors.js';
import type { Endpoint } from '../api/endpoint.js';
import type { Session } from '../api/session.js';
import { type Door, notRead } from './door.js';

/** One connection, to a bus or an X server, through which an endpoint reaches all its clients. */
export interface SharedConnection<Key, Own> {
  readonly name: 'D-Bus' | 'X11';
  readonly server: 'bus' | 'X server';
  /** Bytes that wait to be sent, to all clients. */
  unsentBytes(): number;
  send(client: Key, line: string): void;
  /** Called for a new client. Returns what is kept for it beside its session. */
  opened(client: Key): Own;
}

interface SharedClient<Own> {
  readonly session: Session;
  readonly own: Own;
}

/** Sessions of the clients that an endpoint reaches through one connection: one session for each client. */
export class SharedSessions<Key, Own> {
  readonly #connection: SharedConnection<Key, Own>;
  readonly #endpoint: Endpoint;
  readonly #door: Door;
  readonly #minReplyLatencyMs: number;
  readonly #clients = new Map<Key, SharedClient<Own>>();
  #open = true;

  constructor(
    connection: SharedConnection<Key, Own>,
    endpoint: Endpoint,
    door: Door,
    minReplyLatencyMs: number,
  ) {
    this.#connection = connection;
    this.#endpoint = endpoint;
    this.#door = door;
    this.#minReplyLatencyMs = minReplyLatencyMs;
  }

  /** Gives a client with its session, and opens one if needed; undefined when the limit of clients is reached. */
  clientOf(key: Key): SharedClient<Own> | undefined {
    const known = this.#clients.get(key);
    if (known || this.#door.full()) return known;
    const session = this.#endpoint.connect(
      {
        multiline: true,
        deliver: (line) => this.#deliver(key, line),
        closed: () => this.#clients.delete(key),
      },
      { minReplyLatencyMs: this.#minReplyLatencyMs },
    );
    const client = { session, own: this.#connection.opened(key) };
    this.#clients.set(key, client);
    return client;
  }

  /** Ends the session of a client that has gone. */
  gone(key: Key): void {
    this.#clients.get(key)?.session.disconnect();
    this.#clients.delete(key);
  }

  /** Ends all sessions. Returns false when that was done before. */
  close(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    for (const { session } of this.#clients.values()) session.disconnect();
    this.#clients.clear();
    return true;
  }

  /** Ends all sessions since the connection was lost, and reports that. */
  lost(): void {
    if (!this.close()) return;
    const { name, server } = this.#connection;
    const why = `The connection to the ${server} was lost: the endpoint is no longer served on ${name}.`;
    this.#door.fence.tell(new JackfieldError('ERR_PORT', why), name);
  }

  #deliver(key: Key, line: string): void {
    const { name } = this.#connection;
    if (this.#connection.unsentBytes() <= this.#door.limits.unsentBytes) {
      this.#connection.send(key, line);
      return;
    }
    this.#door.fence.tell(notRead(this.#door, name), name);
    this.gone(key);
  }
}
