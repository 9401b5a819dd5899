import { Duplex } from 'node:stream';
import { checkOptions, type Rules, whole } from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';

/** Options of {@link ApplicationStream.duplex}. */
export interface BytesOptions {
  /** Largest number of bytes in one text, 1 to 180,000. Default 48,000, which become 64,000 characters. */
  readonly packetBytes?: number;
}

const RULES: Rules<BytesOptions> = { packetBytes: whole(1, 180_000, 'bytes') };

/** Text after the last bytes of a side. */
const END = '.';

/** The part of a stream that carries the bytes. */
interface TextStream {
  readonly id: string;
  write(text: string): Promise<void>;
  drained(): Promise<void>;
  read(): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * Sends bytes over a stream of texts, in base64, which the API does not change. Each side ends its own bytes, as on a
 * TCP connection. The stream is closed when both have ended.
 *
 * @throws ERR_INVALID_ARG
 */
export function bytesOver(stream: TextStream, options: BytesOptions = {}): Duplex {
  checkOptions(options, RULES);
  const { packetBytes = 48_000 } = options;
  let ended = false;
  const duplex: Duplex = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      writeBytes(stream, chunk, packetBytes).then(() => done(), done);
    },
    final(done) {
      stream
        .write(END)
        .then(() => stream.drained())
        .then(() => done(), done);
    },
    read() {
      readBytes(stream).then(
        ({ bytes, isEnd }) => {
          ended ||= isEnd;
          if (bytes.length > 0) duplex.push(bytes);
          if (isEnd) duplex.push(null);
        },
        (error: unknown) => duplex.destroy(asError(error)),
      );
    },
    destroy(error, done) {
      stream.close().then(
        () => done(error),
        (failure: unknown) => done(error ?? (ended ? null : asError(failure))),
      );
    },
  });
  return duplex;
}

async function writeBytes(stream: TextStream, chunk: Buffer, packetBytes: number): Promise<void> {
  for (let at = 0; at < chunk.length; at += packetBytes) {
    await stream.write(chunk.toString('base64', at, Math.min(at + packetBytes, chunk.length)));
  }
}

/** @throws ERR_CLOSED for a stream that is closed before its end, ERR_SYNTAX for a text that is not base64. */
async function readBytes(stream: TextStream): Promise<{ readonly bytes: Buffer; readonly isEnd: boolean }> {
  const text = await stream.read();
  if (text === undefined) {
    throw new JackfieldError('ERR_CLOSED', `${stream.id} was closed before the other side ended its bytes.`);
  }
  const isEnd = text.endsWith(END);
  return { bytes: decode(stream.id, isEnd ? text.slice(0, -END.length) : text), isEnd };
}

/** Decodes base64. An endpoint may join several texts into one, each with its own `=` at the end. */
function decode(id: string, text: string): Buffer {
  const parts = text.match(/[^=]+=*/g) ?? [];
  if (parts.join('') !== text || !parts.every((part) => /^[A-Za-z0-9+/]+={0,2}$/.test(part))) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `Data on ${id} must be base64, which both sides use to send bytes; got ${JSON.stringify(text.slice(0, 80))}.`,
    );
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
}
