import { closeSync, openSync, read } from 'node:fs';
import { isIPv4 } from 'node:net';
import { sleep, systemClock } from '../clock.js';

/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Rows are looked for again this often: a table that changes while it is read can miss one. */
const ATTEMPTS = 3;
/** The kernel gives whole rows, at most a page of them in one read. */
const PAGE_BYTES = 64 * 1024;
/**
 * After a reading the table is left alone for this long, in ms, and so much longer for each page that was read: about
 * four times as long as the kernel took to write it, so that a crowd of peers shares few readings.
 */
const REST_MS = 5;
const REST_PER_PAGE_MS = 0.4;

interface Query {
  readonly keys: readonly string[];
  readonly settle: (uid: number | undefined) => void;
  attempts: number;
}

/**
 * Looks up the owners of local sockets in Linux's table of TCP connections. The kernel takes 2 to 3 ms to look through
 * an empty table and 3 µs to write a row, so it is read off this thread, a page at a time and up to the last row that
 * is asked for; all that are asked for during one reading share the next. The files stay open, so that a lookup works
 * with no descriptors left.
 */
export class SocketTable {
  readonly #files: readonly number[];
  readonly #page = Buffer.allocUnsafe(PAGE_BYTES);
  #queries: Query[] = [];
  #reading = false;
  #closed = false;

  private constructor(files: readonly number[]) {
    this.#files = files;
  }

  /** The table of this system; nothing where there is none, which is everywhere but on Linux. */
  static open(): SocketTable | undefined {
    const files: number[] = [];
    for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
      try {
        files.push(openSync(path, 'r'));
      } catch {
        // Not Linux, or one without IPv6.
      }
    }
    return files.length > 0 ? new SocketTable(files) : undefined;
  }

  /**
   * User id of the process that holds the socket from `local` to `remote`; nothing when there is no such socket,
   * or its process has let go of it: the kernel then shows an owner that means nothing.
   */
  ownerOf(local: Endpoint, remote: Endpoint): Promise<number | undefined> {
    const keys = tableKeys(local, remote);
    return new Promise((settle) => {
      this.#queries.push({ keys, settle, attempts: 0 });
      if (!this.#reading) void this.#answer();
    });
  }

  /** Lookups that are under way settle with nothing. */
  close(): void {
    this.#closed = true;
    if (!this.#reading) this.#release();
  }

  async #answer(): Promise<void> {
    this.#reading = true;
    await nextTurn();
    while (this.#queries.length > 0) {
      const queries = this.#queries;
      this.#queries = [];
      const { found, pages } = await this.#find(queries);
      for (const query of queries) {
        const key = query.keys.find((candidate) => found.has(candidate));
        if (key === undefined && ++query.attempts < ATTEMPTS) this.#queries.push(query);
        else query.settle(key === undefined ? undefined : found.get(key));
      }
      if (!this.#closed) await sleep(systemClock, REST_MS + pages * REST_PER_PAGE_MS);
    }
    this.#reading = false;
    if (this.#closed) this.#release();
  }

  /** Reads until there is an owner for each query, or no more to read; tells how many pages that took. */
  async #find(queries: readonly Query[]): Promise<{ found: Map<string, number>; pages: number }> {
    const wanted = new Set(queries.flatMap(({ keys }) => keys));
    const found = new Map<string, number>();
    let pages = 0;
    for (const file of this.#files) {
      for (
        let offset = 0, length = -1;
        length !== 0 && found.size < queries.length && !this.#closed;
        pages++
      ) {
        length = await this.#readPage(file, offset);
        offset += length;
        findOwners(this.#page.toString('latin1', 0, length), wanted, found);
      }
    }
    return { found, pages };
  }

  /** A read that fails ends the table there: whoever is not found is not admitted. */
  #readPage(file: number, offset: number): Promise<number> {
    return new Promise((resolve) => {
      read(file, this.#page, 0, PAGE_BYTES, offset, (error, length) => resolve(error ? 0 : length));
    });
  }

  #release(): void {
    for (const file of this.#files) closeSync(file);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How the table may write a connection: as one of IPv4, and as one of IPv6 with IPv4 addresses in their mapped form. */
function tableKeys(local: Endpoint, remote: Endpoint): string[] {
  const ends = [local, remote].map(({ address, port }) => ({
    words: addressWords(address),
    port: hexPort(port),
  }));
  const key = (prefix: string) => ends.map(({ words, port }) => `${prefix}${words}:${port}`).join(' ');
  const bothIPv4 = ends.every(({ words }) => words.length === IPV4_DIGITS);
  return bothIPv4 ? [key(''), key(MAPPED)] : [key('')];
}

/** Takes the uid of each wanted `local remote` pair out of the table's text (proc(5), "/proc/net/tcp"). */
export function findOwners(text: string, wanted: ReadonlySet<string>, found: Map<string, number>): void {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    start = end + 1;
    const ends = line.indexOf(': ') + 2;
    const space = line.indexOf(' ', line.indexOf(' ', ends) + 1);
    const key = line.slice(ends, space);
    if (wanted.has(key)) {
      const [, , , , uid, , inode] = line
        .slice(space + 1)
        .trim()
        .split(/ +/);
      if (inode !== '0') found.set(key, Number(uid));
    }
    if (end < 0) return;
  }
}

/** Hexadecimal digits of an IPv4 address, and what goes before them where it is written as one of IPv6. */
const IPV4_DIGITS = 8;
const MAPPED = '0000000000000000FFFF0000';

/** An address as the table writes it: in words of four bytes, each in the machine's order, here the little end first. */
function addressWords(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (isIPv4(plain)) return hexWord(plain.split('.').map(Number));
  const bytes = ipv6Bytes(plain);
  return [0, 4, 8, 12].map((offset) => hexWord(bytes.slice(offset, offset + 4))).join('');
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

function hexWord(bytes: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const word = a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24;
  return word.toString(16).padStart(8, '0').toUpperCase();
}

function hexPort(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase();
}
