import { describe, expect, it } from 'vitest';
import { X11Display } from '../../../src/base/system/x11.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { X11Transport } from '../../../src/control/transport/x11-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { hasXvfb, startDisplay } from '../../control/private-servers.js';

const LONG_MS = 5000;
const SILENT = /did not answer within 5000 ms/;
const GONE = /closed the connection/;

/** Each request that waits for the server. */
const REQUESTS: readonly [string, (display: X11Display) => Promise<unknown>][] = [
  ['atom', (display) => display.atom('ANY')],
  ['namedWindow', (display) => display.namedWindow(1)],
  ['announce', (display) => display.announce(1, 1)],
  ['watch', (display) => display.watch(1)],
];

describe.skipIf(!hasXvfb)('an X server that answers no more (skipped without Xvfb)', () => {
  it.each(REQUESTS)('is given up in %s when it hangs', async (_name, request) => {
    await using server = await startDisplay();
    const clock = new VirtualClock();
    const display = await X11Display.open(server.address, clock);
    server.kill('SIGSTOP');
    const answer = expect(request(display)).rejects.toThrow(SILENT);
    await clock.advance(LONG_MS);
    await answer;
    server.kill('SIGKILL');
    await display.close();
  });

  it.each(REQUESTS)('is given up in %s when it is killed', async (_name, request) => {
    await using server = await startDisplay();
    const display = await X11Display.open(server.address, new VirtualClock());
    server.kill('SIGSTOP');
    const answer = expect(request(display)).rejects.toThrow(GONE);
    server.kill('SIGKILL');
    await answer;
    await display.close();
    await expect(request(display)).rejects.toThrow(GONE);
  });

  it('is given up while a connection to it opens', async () => {
    await using server = await startDisplay();
    server.kill('SIGSTOP');
    const clock = new VirtualClock();
    const opening = expect(X11Display.open(server.address, clock)).rejects.toThrow(SILENT);
    await clock.advance(LONG_MS);
    await opening;
    const killed = expect(X11Display.open(server.address, clock)).rejects.toThrow();
    server.kill('SIGKILL');
    await killed;
  });

  it('does not keep a transport from closing', async () => {
    await using server = await startDisplay();
    const clock = new VirtualClock();
    const display = await X11Display.open(server.address, clock);
    await display.announce(await display.atom('_OURS'), display.createWindow());
    server.kill('SIGSTOP');
    const closed = display.close();
    await clock.advance(LONG_MS);
    await closed;
  });

  it('ends the opening of a client and of an endpoint', async () => {
    await using server = await startDisplay();
    const exchange = await Exchange.start();
    server.kill('SIGSTOP');
    const listening = exchange.listenOnX11({ display: server.address });
    const attaching = new X11Transport({ display: server.address }).open({
      line: () => undefined,
      closed: () => undefined,
    });
    const refused = Promise.all([
      expect(listening).rejects.toMatchObject({ code: 'ERR_PORT' }),
      expect(attaching).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' }),
    ]);
    server.kill('SIGKILL');
    await refused;
    await exchange.close();
  });
});
