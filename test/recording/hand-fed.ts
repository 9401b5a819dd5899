import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MemoryEndpoint } from '../../src/control.js';

/** A stream of a call, as the wire names it. */
export type Stream = 'OUTPUT' | 'CAPTURE_MIC';

/** An endpoint with one call, which is in progress from its first command on. */
export class OneCall implements MemoryEndpoint {
  refuses: Stream | undefined;
  /** The port to which another program has redirected what is heard. */
  takenBy: number | undefined;
  readonly #dial: (stream: Stream, port: number) => Promise<void>;
  #deliver: (line: string) => void = () => undefined;

  /** @param dial Connects a stream of the call with the port that it was redirected to. */
  constructor(dial: (stream: Stream, port: number) => Promise<void>) {
    this.#dial = dial;
  }

  connect({ deliver }: Parameters<MemoryEndpoint['connect']>[0]): ReturnType<MemoryEndpoint['connect']> {
    this.#deliver = deliver;
    return { disconnect: () => undefined, receive: (line) => void this.#answer(line) };
  }

  status(status: string): void {
    this.#deliver(`CALL 1 STATUS ${status}`);
  }

  async #answer(line: string): Promise<void> {
    const [id = '', ...words] = line.split(' ');
    const [verb, what] = words;
    if (verb === 'NAME') return this.#deliver(`${id} OK`);
    if (verb === 'PROTOCOL') return this.#deliver(`${id} PROTOCOL 8`);
    if (verb === 'CALL') return this.#deliver(`${id} CALL 1 STATUS INPROGRESS`);
    if (verb === 'GET' && words[3] === 'OUTPUT' && this.takenBy)
      return this.#deliver(`${id} CALL 1 OUTPUT PORT="${this.takenBy}"`);
    if (verb === 'GET')
      return this.#deliver(`${id} CALL 1 ${words[3]} ${words[3] === 'DURATION' ? 1 : 'ann'}`);
    const redirected = /SET_(OUTPUT|CAPTURE_MIC) PORT="(\d+)"/.exec(line);
    if (verb !== 'ALTER' || what !== 'CALL' || !redirected) return this.#deliver(`${id} ${words.join(' ')}`);
    const stream = redirected[1] as Stream;
    if (stream === this.refuses)
      return this.#deliver(`${id} ERROR 589 ALTER CALL: unable to alter ${stream}`);
    await this.#dial(stream, Number(redirected[2]));
    this.#deliver(`${id} ${words.join(' ')}`);
  }
}

/** The same; its streams are fed by hand over real sockets: each says where it is. */
export class HandFed extends OneCall {
  readonly sockets = new Map<Stream, Socket>();
  readonly said: Record<Stream, number> = { OUTPUT: 0, CAPTURE_MIC: 0 };

  constructor() {
    super(async (stream, port) => {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      socket.on('error', () => socket.destroy());
      await once(socket, 'connect');
      this.sockets.set(stream, socket);
    });
  }

  /** Sends the next samples of a stream. */
  say(stream: Stream, samples: Int16Array): void {
    this.said[stream] += samples.length;
    this.sockets.get(stream)?.write(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  }

  end(): void {
    for (const socket of this.sockets.values()) socket.end();
  }
}
