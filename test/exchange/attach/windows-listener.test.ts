import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WM_COPYDATA } from '../../../src/base/system/windows-desktop.js';
import { attach } from '../../../src/control/attach.js';
import { WindowsTransport } from '../../../src/control/transport/windows-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';
import { FakeDesktop } from '../../control/transport/fake-desktop.js';
import { until } from '../../turns.js';

const REFUSED = 2;
const NOT_AVAILABLE = 3;
const AVAILABLE = 0x8001;

/** A program written by the book: one window, and what came to it. */
class Program {
  readonly statuses: number[] = [];
  readonly lines: string[] = [];
  readonly window;
  readonly #desktop: FakeDesktop;
  #endpoint = 0;

  constructor(desktop: FakeDesktop, result = 1) {
    this.#desktop = desktop;
    const attached = desktop.registerMessage('SkypeControlAPIAttach');
    this.window = desktop.openWindow(({ message, wParam, lParam, data }) => {
      if (message === attached) {
        this.statuses.push(lParam);
        if (lParam !== AVAILABLE) this.#endpoint = wParam;
        return 1;
      }
      if (message !== WM_COPYDATA || !data) return undefined;
      expect(data.at(-1)).toBe(0);
      this.lines.push(Buffer.from(data.subarray(0, -1)).toString('utf8'));
      return result;
    });
  }

  async discover(): Promise<number | undefined> {
    const known = this.statuses.length;
    this.window.broadcast(this.#desktop.registerMessage('SkypeControlAPIDiscover'), this.window.handle);
    await until(() => this.statuses.length > known);
    return this.statuses.at(-1);
  }

  say(line: string): boolean {
    return this.sendBytes(Buffer.from(`${line}\0`));
  }

  sendBytes(bytes: Uint8Array): boolean {
    return this.window.sendData(this.#endpoint, bytes);
  }

  async heard(line: string): Promise<void> {
    await until(() => this.lines.includes(line));
  }
}

async function served(desktop: FakeDesktop, options: ExchangeOptions = {}): Promise<Exchange> {
  const exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }], ...options });
  await exchange.listenOnWindows({ desktop: async () => desktop });
  return exchange;
}

describe('an endpoint by window messages', () => {
  it('can be attached to by the toolkit, and by programs that follow the reference', async () => {
    const desktop = new FakeDesktop();
    await using exchange = await served(desktop);
    await using client = await attach(new WindowsTransport({ desktop: async () => desktop }), {
      name: 'test',
    });
    expect(await client.invoke('GET CURRENTUSERHANDLE')).toBe('CURRENTUSERHANDLE alice');
    const program = new Program(desktop);
    expect(program.say('PING')).toBe(false);
    expect(await program.discover()).toBe(0);
    // Some send no NAME.
    expect(program.say('PROTOCOL 9999')).toBe(true);
    await program.heard('PROTOCOL 8');
    program.say('#1 CHAT CREATE bob');
    await until(() => program.lines.some((line) => line.startsWith('#1 CHAT ')));
    const chat = /^#1 CHAT (\S+)/m.exec(program.lines.join('\n'))?.[1];
    program.say(`#2 CHATMESSAGE ${chat} Grüße,\r\n你好`);
    await until(() => program.lines.some((line) => line.startsWith('#2 ')));
    const id = /^#2 CHATMESSAGE (\d+) /m.exec(program.lines.join('\n'))?.[1];
    program.say(`GET CHATMESSAGE ${id} BODY`);
    await program.heard(`CHATMESSAGE ${id} BODY Grüße,\r\n你好`);
    expect(exchange.endpoint('alice').sessions).toHaveLength(2);
  });

  it('asks about a program by the name of its file, once', async () => {
    const desktop = new FakeDesktop();
    const asked: string[] = [];
    const answers = [Promise.resolve(true), Promise.resolve(false)];
    await using exchange = await served(desktop, {
      attach({ name }) {
        asked.push(name);
        return answers.shift();
      },
    });
    desktop.program = 'good.exe';
    const good = new Program(desktop);
    await good.discover();
    await until(() => good.statuses.length === 2);
    good.say('NAME whatever');
    await good.heard('OK');
    desktop.program = 'bad.exe';
    const bad = new Program(desktop);
    await bad.discover();
    await until(() => bad.statuses.length === 2);
    expect([good.statuses, bad.statuses]).toEqual([
      [1, 0],
      [1, REFUSED],
    ]);
    expect(await bad.discover()).toBe(REFUSED);
    expect(bad.say('PING')).toBe(false);
    expect(asked).toEqual(['good.exe', 'bad.exe']);
    expect(exchange.endpoint().sessions).toHaveLength(1);
  });

  it('is not available while nobody is logged in, or the limit of clients is reached, and announces when it is again', async () => {
    const desktop = new FakeDesktop();
    await using exchange = await served(desktop, { limits: { clients: 1 } });
    const first = new Program(desktop);
    const second = new Program(desktop);
    await first.discover();
    expect(await second.discover()).toBe(NOT_AVAILABLE);
    exchange.desk().setStatus('LOGGEDOUT');
    await until(() => first.statuses.includes(NOT_AVAILABLE));
    expect(await first.discover()).toBe(NOT_AVAILABLE);
    expect(exchange.endpoint().sessions).toEqual([]);
    exchange.desk().setStatus('ONLINE');
    await until(() => second.statuses.includes(AVAILABLE));
    expect(await second.discover()).toBe(0);
    second.window.close();
    // Its window is looked for each second.
    await until(() => exchange.endpoint().sessions.length === 0);
    expect(await first.discover()).toBe(0);
  });

  it('drops a client that does not take a message within a second, or answers it with 0', async () => {
    const desktop = new FakeDesktop();
    await using exchange = await served(desktop);
    const failures: unknown[] = [];
    exchange.on('failure', (error) => failures.push(error));
    const slow = new Program(desktop);
    const rude = new Program(desktop, 0);
    const debugged = new Program(desktop);
    await Promise.all([slow.discover(), rude.discover()]);
    desktop.registry.set('Software\\Skype\\Phone\\UI\\APITimeoutDisabled', 1);
    await debugged.discover();
    for (const { window } of [slow, debugged]) desktop.hung.set(window.handle, undefined);
    for (const program of [slow, rude, debugged]) program.say('PING');
    await until(() => failures.length === 3);
    expect(failures).toMatchObject(Array(3).fill({ code: 'ERR_TIMEOUT' }));
    expect(desktop.hung.get(slow.window.handle)).toBe(1000);
    expect(desktop.hung.get(debugged.window.handle)).toBe(600_000);
    expect(exchange.endpoint().sessions).toEqual([]);
    expect(slow.say('PING')).toBe(false);
  });

  it('is announced as gone when it ends, after all earlier lines, and as available after a restart', async () => {
    const desktop = new FakeDesktop();
    const program = new Program(desktop);
    await using client = await (async () => {
      await using exchange = await served(desktop);
      await program.discover();
      const attached = await attach(new WindowsTransport({ desktop: async () => desktop }), {
        name: 'test',
        reattach: { firstDelayMs: 1 },
      });
      const asked = once(exchange, 'line');
      program.say('PING');
      await asked;
      expect(exchange.endpoint().sessions).toHaveLength(2);
      return attached;
    })();
    await until(() => program.statuses.includes(NOT_AVAILABLE));
    expect(program.lines).toContain('PONG');
    await using _ = await served(desktop);
    await until(() => program.statuses.at(-1) === AVAILABLE);
    expect(await program.discover()).toBe(0);
    await until(() => client.state.status === 'attached');
    expect(await client.invoke('PING')).toBe('PONG');
  });

  it('survives foreign messages, and drops clients that do not read', async () => {
    const desktop = new FakeDesktop();
    const users = [{ handle: 'alice', profile: { ABOUT: 'x'.repeat(900) } }];
    const limits = { lineBytes: 1024, unsentBytes: 65_536 };
    await using exchange = await served(desktop, { users, limits });
    const failures: unknown[] = [];
    exchange.on('failure', (error) => failures.push(error));
    const program = new Program(desktop);
    await program.discover();
    const send = (bytes: Uint8Array) => program.sendBytes(bytes);
    for (const bytes of [[], [0], [0, 0, 65], [0xff, 0xfe, 0x80, 0], [71, 69, 84]])
      send(Uint8Array.from(bytes));
    send(Buffer.from(`GET ${'x'.repeat(2000)}\0`));
    send(Buffer.from('#1 PING\0#2 PING\0'));
    program.say('#3 PING');
    await program.heard('#3 PONG');
    expect(program.lines.filter((line) => / PONG$/.test(line))).toEqual(['#1 PONG', '#3 PONG']);
    expect(program.lines.filter((line) => /^ERROR 1 .* at most 1024 bytes/.test(line))).toHaveLength(1);
    expect(failures).toEqual([]);
    // Nobody waits for a window that holds its messages, but for no more than a bound.
    desktop.holds = true;
    for (let n = 0; n < 200; n++) program.say('GET PROFILE ABOUT');
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([{ code: 'ERR_LIMIT', message: /does not read/ }]);
    expect(exchange.endpoint().sessions).toEqual([]);
    desktop.holds = false;
  });

  it('refuses to start beside another one, and names the missing component on other systems', async () => {
    const desktop = new FakeDesktop();
    await using exchange = await served(desktop);
    await expect(exchange.listenOnWindows({ desktop: async () => desktop })).rejects.toMatchObject({
      code: 'ERR_PORT',
      message: expect.stringContaining('another program answers'),
    });
    await expect(exchange.listenOnWindows()).rejects.toMatchObject({
      code: 'ERR_PORT',
      message: expect.stringContaining('koffi'),
    });
  });
});
