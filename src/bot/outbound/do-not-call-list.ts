import { closeSync, fstatSync, fsyncSync, readSync, writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkArgument, line, path, rule } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { decodeText } from '../../files/decode-text.js';
import { isMissing } from '../../files/file-error.js';
import { makePrivateFolder, openPrivateSync } from '../../files/private-file.js';
import type { DoNotCall } from './campaign-call.js';

/** Form of a line, once it is normalised. */
const ENTRY = /^[^\s,;"'`#][^\s,;"'`]{0,199}$/;
const TARGET = line(1, 200);
const ADDED = rule('one handle or number', (value) => typeof value === 'string' && ENTRY.test(keyOf(value)));

/**
 * List of handles and numbers that must not be called, in a text file. Each line has one handle or number; `#` begins a
 * comment. Numbers are compared by their digits, handles without regard to case. The file is read again when it has
 * changed, so other programs may add to it at any time. A list that cannot be read, has gone, or has a line that is not
 * one handle or number is an error, because somebody might be called who must not be. An added entry is on disk before
 * `add` resolves.
 */
export class DoNotCallList implements DoNotCall {
  readonly #file: string;
  #read: { readonly stamp: string; readonly entries: ReadonlySet<string> } | undefined;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Opens a list. A missing file is an empty list. @throws ERR_FILE, ERR_INVALID_ARG. */
  static async open(file: string): Promise<DoNotCallList> {
    checkArgument('file', file, path);
    const list = new DoNotCallList(file);
    await list.#entries();
    return list;
  }

  /** True when the target is on the list. @throws ERR_FILE when the list cannot be read. */
  async has(target: string): Promise<boolean> {
    checkArgument('target', target, TARGET);
    return (await this.#entries()).has(keyOf(target));
  }

  /** @throws ERR_FILE, ERR_INVALID_ARG. */
  async add(target: string): Promise<void> {
    checkArgument('target', target, ADDED);
    if (await this.has(target)) return;
    try {
      await makePrivateFolder(dirname(this.#file));
      append(this.#file, target);
    } catch (cause) {
      const text = printable(`${target} could not be added to ${this.#file}: ${messageOf(cause)}`);
      throw new JackfieldError('ERR_FILE', text, { cause });
    }
  }

  async #entries(): Promise<ReadonlySet<string>> {
    try {
      const facts = await stat(this.#file, { bigint: true }).catch((error: unknown) => {
        // A list that was there and has gone says nothing about whom to call.
        if (isMissing(error) && !this.#read) return undefined;
        throw error;
      });
      if (!facts) return new Set();
      const stamp = `${facts.ino} ${facts.mtimeNs} ${facts.size}`;
      if (this.#read?.stamp !== stamp) {
        const entries = new Set(entriesOf(decodeText(await readFile(this.#file))));
        this.#read = { stamp, entries };
      }
      return this.#read.entries;
    } catch (cause) {
      throw new JackfieldError('ERR_FILE', printable(`${this.#file} cannot be read: ${messageOf(cause)}`), {
        cause,
      });
    }
  }
}

/** Appends a line. Ends a line first that was cut off by a full disk or a kill. */
function append(file: string, target: string): void {
  const descriptor = openPrivateSync(file, 'a+');
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
    writeSync(descriptor, `${size > 0 && last.toString() !== '\n' ? '\n' : ''}${target}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws ERR_SYNTAX for a line that no target of a campaign can be equal to, such as a row of a table. */
function* entriesOf(text: string): Generator<string> {
  for (const [index, each] of text.split(/\r\n|\n|\r/).entries()) {
    const comment = each.search(/(?:^|\s)#/);
    const entry = (comment < 0 ? each : each.slice(0, comment)).trim();
    if (entry === '') continue;
    const key = keyOf(entry);
    if (!ENTRY.test(key)) {
      const text = `line ${index + 1} must be one handle or number, and may end with a # and a comment`;
      throw new JackfieldError('ERR_SYNTAX', text);
    }
    yield key;
  }
}

/** Normalises a target: a number to its digits, with `00` as `+`; a handle to lower case. */
function keyOf(target: string): string {
  const number = target.replaceAll(/[\s()./-]/g, '');
  return /^\+?\d{3,}$/.test(number) ? number.replace(/^00/, '+') : target.trim().toLowerCase();
}
