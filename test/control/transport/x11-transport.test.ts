import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { X11Transport } from '../../../src/control/transport/x11-transport.js';
import { X11Assembler, x11Chunks } from '../../../src/protocol/x11-chunks.js';
import { hasXvfb, type PrivateServer, startDisplay } from '../private-servers.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

// biome-ignore lint/suspicious/noExplicitAny: the package has no types
const x11: any = createRequire(import.meta.url)('x11');

const WINDOW_TYPE = 33;

class X11TestEndpoint extends TestEndpoint {
  readonly transport: X11Transport;
  // biome-ignore lint/suspicious/noExplicitAny: the package has no types
  readonly #x: any;
  readonly #atoms: readonly number[];
  readonly #window: number;
  readonly #assembler = new X11Assembler();
  #client = 0;

  // biome-ignore lint/suspicious/noExplicitAny: the package has no types
  private constructor(display: string, x: any, root: number, atoms: readonly number[]) {
    super();
    this.transport = new X11Transport({ display });
    this.#x = x;
    this.#atoms = atoms;
    this.#window = x.AllocID();
    x.CreateWindow(this.#window, root, 0, 0, 1, 1);
    const id = Buffer.alloc(4);
    id.writeUInt32LE(this.#window);
    x.ChangeProperty(0, root, atoms[0], WINDOW_TYPE, 32, id);
    x.on('event', (event: { name: string; wid: number; message_type: number; data: number[] }) => {
      if (event.name !== 'ClientMessage') return;
      this.#client = event.wid;
      const line = this.#assembler.push(event.message_type === atoms[1], Uint8Array.from(event.data));
      if (line !== undefined) this.hear(line);
    });
  }

  static async start(display: string): Promise<X11TestEndpoint> {
    // biome-ignore lint/suspicious/noExplicitAny: the package has no types
    const opened: any = await new Promise((resolve, reject) => {
      // biome-ignore lint/suspicious/noExplicitAny: the package has no types
      x11.createClient({ display }, (error: Error | null, ready: any) =>
        error ? reject(error) : resolve(ready),
      );
    });
    const { client } = opened;
    client.atoms = {};
    const atom = (name: string) =>
      new Promise<number>((resolve) =>
        client.InternAtom(false, name, (_: unknown, id: number) => resolve(id)),
      );
    const names = ['_SKYPE_INSTANCE', 'SKYPECONTROLAPI_MESSAGE_BEGIN', 'SKYPECONTROLAPI_MESSAGE'];
    const endpoint = new X11TestEndpoint(
      display,
      client,
      opened.screen[0].root,
      await Promise.all(names.map(atom)),
    );
    await client.sync();
    return endpoint;
  }

  say(line: string): void {
    for (const [index, data] of x11Chunks(line).entries()) {
      const type = this.#atoms[index === 0 ? 1 : 2];
      this.#x.SendClientMessage(this.#client, this.#window, type, 8, data, 0);
    }
  }

  async stop(): Promise<void> {
    if (!this.#x._closing) await new Promise<void>((resolve) => this.#x.close(() => resolve()));
  }
}

describe.skipIf(!hasXvfb)('on a private X server (needs the package xvfb)', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startDisplay();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describeTransport('X11', {
    start: () => X11TestEndpoint.start(server.address),
    absent: async () => new X11Transport({ display: server.address }),
  });

  test('a missing display counts as a missing endpoint', async () => {
    const opening = new X11Transport({ display: ':4242' }).open({
      line: () => undefined,
      closed: () => undefined,
    });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
  });
});
