import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { type HiddenWindow, WM_COPYDATA } from '../../../src/base/system/windows-desktop.js';
import { WindowsTransport } from '../../../src/control/transport/windows-transport.js';
import { describeTransport } from './compliance.js';
import { FakeDesktop } from './fake-desktop.js';
import { TestEndpoint } from './test-endpoint.js';

class WindowsTestEndpoint extends TestEndpoint {
  readonly desktop: FakeDesktop;
  readonly transport: WindowsTransport;
  /** The statuses with which an attachment is answered, in turn. */
  readonly answers: number[];
  readonly #window: HiddenWindow;
  readonly #asked = new EventEmitter();
  #client = 0;

  constructor(answers = [0]) {
    super();
    this.answers = answers;
    this.desktop = new FakeDesktop();
    const discover = this.desktop.registerMessage('SkypeControlAPIDiscover');
    this.transport = new WindowsTransport({ desktop: async () => this.desktop, discoverTimeoutMs: 200 });
    this.#window = this.desktop.openWindow(({ message, wParam, data }) => {
      if (message === discover) {
        this.#client = wParam;
        for (const status of this.answers) this.attach(status);
        this.#asked.emit('asked');
        return 1;
      }
      if (message !== WM_COPYDATA || !data) return undefined;
      expect(data.at(-1)).toBe(0);
      this.#client = wParam;
      this.hear(Buffer.from(data.subarray(0, -1)).toString('utf8'));
      return 1;
    });
  }

  attach(status: number): void {
    const message = this.desktop.registerMessage('SkypeControlAPIAttach');
    this.desktop.post(this.#client, { message, wParam: this.#window.handle, lParam: status });
  }

  async asked(): Promise<void> {
    await once(this.#asked, 'asked');
  }

  say(line: string): void {
    this.#window.sendData(this.#client, Buffer.from(`${line}\0`));
  }

  async stop(): Promise<void> {
    this.#window.close();
  }
}

describeTransport('Windows (message logic)', {
  start: async () => new WindowsTestEndpoint(),
  absent: async () => {
    const desktop = new FakeDesktop();
    return new WindowsTransport({ desktop: async () => desktop, discoverTimeoutMs: 20 });
  },
});

const handlers = { line: () => undefined, closed: () => undefined };

test('an endpoint that asks its user is waited for, and its answer is reported', async () => {
  await using endpoint = new WindowsTestEndpoint([1]);
  let pending = 0;
  const opening = endpoint.transport.open({ ...handlers, pending: () => pending++ });
  await endpoint.asked();
  endpoint.attach(0);
  await (await opening).close();
  expect(pending).toBe(1);
});

test('a refusal by the user is ERR_ATTACH_REFUSED', async () => {
  await using endpoint = new WindowsTestEndpoint([1, 2]);
  await expect(endpoint.transport.open(handlers)).rejects.toMatchObject({ code: 'ERR_ATTACH_REFUSED' });
});

test('an unavailable endpoint is reported as unavailable', async () => {
  await using endpoint = new WindowsTestEndpoint([3]);
  await expect(endpoint.transport.open(handlers)).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
});

test('an endpoint that becomes available during the search is asked again', async () => {
  await using endpoint = new WindowsTestEndpoint([]);
  const opening = endpoint.transport.open(handlers);
  await endpoint.asked();
  endpoint.answers.push(0);
  endpoint.attach(0x8001);
  await (await opening).close();
});

test('a permission that is taken back ends the link', async () => {
  await using endpoint = new WindowsTestEndpoint();
  const closed = new EventEmitter();
  const ended = once(closed, 'closed');
  await endpoint.transport.open({ ...handlers, closed: (error) => closed.emit('closed', error) });
  endpoint.attach(2);
  expect((await ended)[0]).toMatchObject({ code: 'ERR_CLOSED' });
});

test('on other systems the missing component is named', async () => {
  await expect(new WindowsTransport().open(handlers)).rejects.toMatchObject({
    code: 'ERR_ATTACH_UNAVAILABLE',
    message: expect.stringContaining('koffi'),
  });
});
