import { closeSync, openSync, read } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { sleep, systemClock } from '../clock.js';

/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Rows are looked for again this often: a table that changes while it is read can miss one. */
const ATTEMPTS = 3;
const CHUNK_BYTES = 64 * 1024;
/** After a reading the table is left alone for this many times as long: a crowd of peers shares few readings. */
const REST = 4;

interface Query {
  readonly keys: readonly string[];
  readonly settle: (uid: number | undefined) => void;
  attempts: number;
}

/**
 * Looks up the owners of local sockets in Linux's table of TCP connections. The kernel writes about 4 µs a row, a
 * page at a time, so it is read off this thread, and all that are asked for during one reading share the next. The
 * files stay open, so that a lookup works with no descriptors left.
 */
export class SocketTable {
  readonly #files: readonly number[];
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
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
    const pair = [local, remote] as const;
    const keys = [pair.map(tableKey4), pair.map(tableKey6)].flatMap((ends) =>
      ends.every((end) => end !== undefined) ? [ends.join(' ')] : [],
    );
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
    while (this.#queries.length > 0) {
      const queries = this.#queries;
      this.#queries = [];
      const wanted = new Set(queries.flatMap((query) => query.keys));
      const found = new Map<string, number>();
      const start = performance.now();
      for (const file of this.#files) findOwners(await this.#text(file), wanted, found);
      const took = performance.now() - start;
      for (const query of queries) {
        const key = query.keys.find((candidate) => found.has(candidate));
        if (key === undefined && ++query.attempts < ATTEMPTS) this.#queries.push(query);
        else query.settle(key === undefined ? undefined : found.get(key));
      }
      if (!this.#closed) await sleep(systemClock, took * REST);
    }
    this.#reading = false;
    if (this.#closed) this.#release();
  }

  async #text(file: number): Promise<string> {
    let text = '';
    for (let offset = 0; !this.#closed; ) {
      const length = await this.#read(file, offset);
      if (length === 0) break;
      text += this.#buffer.toString('latin1', 0, length);
      offset += length;
    }
    return text;
  }

  /** A read that fails ends the table there: whoever is not found is not admitted. */
  #read(file: number, offset: number): Promise<number> {
    return new Promise((resolve) => {
      read(file, this.#buffer, 0, CHUNK_BYTES, offset, (error, length) => resolve(error ? 0 : length));
    });
  }

  #release(): void {
    for (const file of this.#files) closeSync(file);
  }
}

/** Takes the uid of each wanted `local remote` pair out of the table's text (proc(5), "/proc/net/tcp"). */
export function findOwners(text: string, wanted: ReadonlySet<string>, found: Map<string, number>): void {
  for (let start = text.indexOf('\n') + 1; start > 0 && start < text.length; ) {
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

/** As the table writes an IPv4 end: the address as one host-endian word in hexadecimal, here little-endian. */
function tableKey4({ address, port }: Endpoint): string | undefined {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!isIPv4(plain)) return undefined;
  return `${hexWord(plain.split('.').map(Number))}:${hexPort(port)}`;
}

/** As the table writes an IPv6 end: four such words. An IPv4 address is in there in its mapped form. */
function tableKey6({ address, port }: Endpoint): string | undefined {
  const bytes = addressBytes(isIPv4(address) ? `::ffff:${address}` : address);
  if (!bytes) return undefined;
  const words = [0, 4, 8, 12].map((offset) => hexWord(bytes.slice(offset, offset + 4)));
  return `${words.join('')}:${hexPort(port)}`;
}

function addressBytes(address: string): number[] | undefined {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const text = dotted
    ? `${dotted[1]}${hex(Number(dotted[2]) * 256 + Number(dotted[3]))}:${hex(Number(dotted[4]) * 256 + Number(dotted[5]))}`
    : plain;
  const [left = '', right] = text.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = [
    ...head,
    ...new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'),
    ...tail,
  ];
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function hexWord(bytes: readonly number[]): string {
  return bytes
    .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
    .reverse()
    .join('');
}

function hexPort(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase();
}

function hex(value: number): string {
  return value.toString(16);
}
