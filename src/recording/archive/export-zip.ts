import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** A file in a zip: its name there, with `/`, and its source. */
export interface ZipEntry {
  readonly name: string;
  /** A file on disk, a text, or a stream of bytes. */
  readonly from: { readonly file: string } | { readonly text: string } | AsyncIterable<Uint8Array>;
}

/** The last file of each zip. */
const SUMS = 'SHA256SUMS';

/**
 * Yields a zip of the entries, followed by `SHA256SUMS` for `sha256sum -c`. Files are read one by one while the zip is
 * consumed, in constant memory. They are stored uncompressed, because voice hardly deflates.
 */
export async function* zipOf(
  entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const out = zip.outputStream as Readable;
  const sums: string[] = [];
  const names = new Set<string>([SUMS]);
  const add = (name: string, size: number | undefined, source: () => AsyncIterable<Uint8Array>) => {
    // Without a known size, reserve 64-bit size fields.
    const sized = size === undefined ? { forceZip64Format: true } : { size };
    zip.addReadStreamLazy(name, { compress: false, mode: 0o100_600, ...sized }, (give) => {
      const stream = new PassThrough();
      pipeline(source(), stream).catch((error: Error) => out.destroy(error));
      give(undefined, stream);
    });
  };
  for await (const { name, from } of entries) {
    if (names.has(name)) throw new Error(`two files would have the name ${printable(name)}`);
    names.add(name);
    add(name, await sizeOf(from), () => summed(bytesOf(from), (sum) => sums.push(`${sum}  ${name}\n`)));
  }
  add(SUMS, undefined, () => Readable.from(sums.map((line) => Buffer.from(line))));
  zip.on('error', (error: unknown) => out.destroy(asError(error)));
  zip.end();
  for await (const chunk of out) yield chunk as Buffer;
}

async function sizeOf(from: ZipEntry['from']): Promise<number | undefined> {
  if ('file' in from) return (await stat(from.file)).size;
  return 'text' in from ? Buffer.byteLength(from.text) : undefined;
}

function bytesOf(from: ZipEntry['from']): AsyncIterable<Uint8Array> {
  if ('file' in from) return createReadStream(from.file);
  if ('text' in from) return Readable.from([Buffer.from(from.text)]);
  return from;
}

async function* summed(
  source: AsyncIterable<Uint8Array>,
  done: (sum: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  done(hash.digest('hex'));
}
