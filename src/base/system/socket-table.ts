import { closeSync, openSync, read, readSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { sleep, systemClock } from '../time/clock.js';

/** One end of a TCP connection. */
export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

/** A row of the table: one end of a connection. */
export interface SocketRow {
  /** User id of its process. */
  readonly uid: number;
  /** True while a process holds the socket; after that `uid` means nothing. */
  readonly held: boolean;
  /** Bytes sent that the other end's system has not acknowledged. */
  readonly unacknowledged: number;
  /** Retransmissions and window probes in a row that got no answer. */
  readonly unanswered: number;
  /** Bytes that have arrived and that the process has not read. */
  readonly unread: number;
}

/** Rows are looked for again this often: a table that changes while it is read can miss one. */
const ATTEMPTS = 3;
/** The kernel gives whole rows, at most a page of them in one read. */
const PAGE_BYTES = 64 * 1024;
/**
 * Pause between two readings, in ms, with an addition for each page that was read. It is about ten times as long as the
 * kernel took to write the table, so that a crowd of peers shares few readings.
 */
const REST_MS = 5;
const REST_PER_PAGE_MS = 0.4;
/** Longest time that pages are read on this thread without a break, in ms. */
const SLICE_MS = 1;

/** One of the table's files. */
interface TableFile {
  readonly fd: number;
  /** Pages that the file is known to have. It is seldom read to its end. */
  pages: number;
}

interface Query {
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  /** Only a row that a process holds will do. */
  readonly held: boolean;
  readonly settle: (row: SocketRow | undefined) => void;
  attempts: number;
}

/**
 * Looks up local sockets in Linux's table of TCP connections, a page at a time and no further than the last row that
 * is asked for. All lookups that begin during one reading share the next. The kernel takes 2 to 3 ms to search an
 * empty table and 1 µs to write a row. The last page makes it search the empty rest, so a thread of the pool reads it.
 * The other pages are read on this thread, since handing one over takes longer than reading it. The files stay open,
 * so that a lookup works with no descriptors left.
 */
export class SocketTable {
  readonly #files: readonly TableFile[];
  readonly #page = Buffer.allocUnsafe(PAGE_BYTES);
  #queries: Query[] = [];
  #reading = false;
  #closed = false;

  private constructor(files: readonly TableFile[]) {
    this.#files = files;
  }

  /** Opens the table of this system; `undefined` on systems without one: all but Linux. */
  static open(): SocketTable | undefined {
    const files: TableFile[] = [];
    for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
      try {
        files.push({ fd: openSync(path, 'r'), pages: 0 });
      } catch {
        // Not Linux, or one without IPv6.
      }
    }
    return files.length > 0 ? new SocketTable(files) : undefined;
  }

  /**
   * User id of the process that holds the socket from `local` to `remote`. `undefined` when there is no such socket, or
   * when its process has closed it: the owner that the kernel then shows means nothing.
   */
  async ownerOf(local: SocketEnd, remote: SocketEnd): Promise<number | undefined> {
    return (await this.#rowOf(local, remote, true))?.uid;
  }

  /** The row of the socket from `local` to `remote`; `undefined` when there is none. */
  rowOf(local: SocketEnd, remote: SocketEnd): Promise<SocketRow | undefined> {
    return this.#rowOf(local, remote, false);
  }

  /** Closes the files. Lookups that are under way resolve with `undefined`. */
  close(): void {
    this.#closed = true;
    if (!this.#reading) this.#release();
  }

  #rowOf(local: SocketEnd, remote: SocketEnd, held: boolean): Promise<SocketRow | undefined> {
    return new Promise((settle) => {
      this.#queries.push({ local, remote, held, settle, attempts: 0 });
      if (!this.#reading) void this.#answer();
    });
  }

  async #answer(): Promise<void> {
    this.#reading = true;
    await nextTurn();
    while (this.#queries.length > 0) {
      const queries = this.#queries;
      this.#queries = [];
      const words = memoized(addressWords);
      const wanted = new Map(queries.map((query) => [tableKey(query, words), query]));
      const { rows, pages } = await this.#find(wanted, queries.length);
      for (const query of queries) {
        const row = rows.get(query);
        const found = row && (row.held || !query.held) ? row : undefined;
        if (!found && ++query.attempts < ATTEMPTS) this.#queries.push(query);
        else query.settle(found);
      }
      if (!this.#closed) await sleep(systemClock, REST_MS + pages * REST_PER_PAGE_MS);
    }
    this.#reading = false;
    if (this.#closed) this.#release();
  }

  /** Reads until `most` of the `wanted` are found, or the table ends. Counts the pages that were read. */
  async #find(
    wanted: ReadonlyMap<string, Query>,
    most: number,
  ): Promise<{ rows: Map<Query, SocketRow>; pages: number }> {
    const rows = new Map<Query, SocketRow>();
    let total = 0;
    let turn = systemClock.now();
    for (const file of this.#files) {
      let pages = 0;
      for (let offset = 0, length = -1; length !== 0 && rows.size < most && !this.#closed; pages++) {
        if (pages < file.pages - 1 && systemClock.now() - turn < SLICE_MS) {
          length = this.#readNow(file, offset);
        } else {
          length = await this.#readOff(file, offset);
          turn = systemClock.now();
        }
        file.pages = length === 0 ? pages : Math.max(file.pages, pages);
        offset += length;
        findRows(this.#page.toString('latin1', 0, length), wanted, rows);
      }
      total += pages;
    }
    return { rows, pages: total };
  }

  /** Reads one page. A read that fails ends the table there: a peer that is not found is not admitted. */
  #readNow({ fd }: TableFile, offset: number): number {
    try {
      return readSync(fd, this.#page, 0, PAGE_BYTES, offset);
    } catch {
      return 0;
    }
  }

  /** Does the same as {@link #readNow}, on a thread of the pool. */
  #readOff({ fd }: TableFile, offset: number): Promise<number> {
    return new Promise((resolve) => {
      read(fd, this.#page, 0, PAGE_BYTES, offset, (error, length) => resolve(error ? 0 : length));
    });
  }

  #release(): void {
    for (const { fd } of this.#files) closeSync(fd);
  }
}

/** Wraps `find` so that it runs once for each argument. */
function memoized<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const found = new Map<Key, Value>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const value = find(key);
    found.set(key, value);
    return value;
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A connection as the table of IPv4 writes it; as the table of IPv6 does when an address is not one of IPv4. */
function tableKey({ local, remote }: Query, words: (address: string) => string): string {
  return `${words(local.address)}:${hexPort(local.port)} ${words(remote.address)}:${hexPort(remote.port)}`;
}

/**
 * Finds the rows of the `wanted` pairs `local remote` in the table's text (proc(5), "/proc/net/tcp"), and sets each in
 * `rows` under the value that `wanted` has for it.
 */
export function findRows<T>(text: string, wanted: ReadonlyMap<string, T>, rows: Map<T, SocketRow>): void {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    start = end + 1;
    const ends = line.indexOf(': ') + 2;
    const space = line.indexOf(' ', line.indexOf(' ', ends) + 1);
    const query = wanted.get(line.slice(ends, space).replace(MAPPED, ''));
    if (query !== undefined) {
      const row = rowOf(line.slice(space));
      if (row) rows.set(query, row);
    }
    if (end < 0) return;
  }
}

/** Parses the rest of a row, after its addresses; `undefined` when it is cut short. */
function rowOf(text: string): SocketRow | undefined {
  const [, sent, come, again, uid, asked, inode] = ROW.exec(text) ?? [];
  if (sent === undefined || come === undefined) return undefined;
  const [unacknowledged, unread] = [Number.parseInt(sent, 16), Number.parseInt(come, 16)];
  const unanswered = Number.parseInt(again ?? '', 16) + Number(asked);
  return { uid: Number(uid), held: inode !== '0', unacknowledged, unanswered, unread };
}

/** Prefix of an IPv4 address in the table of IPv6. */
const MAPPED = /0000000000000000FFFF0000(?=[\dA-F]{8}:)/g;
/** After a row's addresses: both queues, retransmissions, uid, probes and inode. */
const ROW = /^ +\S+ +([\dA-F]+):([\dA-F]+) +\S+ +([\dA-F]+) +(\d+) +(\d+) +(\d+)/;

/** An address as the table writes it: words of four bytes, each in the machine's byte order, here little-endian. */
function addressWords(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  const bytes = isIPv4(plain) ? plain.split('.').map(Number) : ipv6Bytes(plain);
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase();
}

function ipv6Bytes(address: string): number[] {
  const [plain = ''] = address.split('%');
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function hexPort(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase();
}
