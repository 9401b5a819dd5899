import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { sleep, VirtualClock } from '../../../src/base/time/clock.js';
import { runOn } from '../../../src/bot/test/test-house.js';

const DAY_MS = 86_400_000;

it('waiting for real sockets does not advance the virtual clock of a test to its limit', async () => {
  const clock = new VirtualClock();
  clock.timerAt(DAY_MS, () => undefined);
  const server = createServer((socket) => socket.end('heard'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await runOn(clock, 1000, async () => {
    for (let turn = 0; turn < 20; turn++) {
      const socket = connect(port, '127.0.0.1').resume();
      await once(socket, 'close');
      await sleep(clock, 20);
    }
  });
  server.close();
  expect(clock.now()).toBe(400);
});

it.each([
  ['does nothing more', () => new Promise<never>(() => undefined)],
  [
    'goes on for ever',
    async (clock: VirtualClock) => {
      for (;;) await sleep(clock, 20);
    },
  ],
])('a test that %s ends at its limit, although a later timer is pending', async (_, work) => {
  const clock = new VirtualClock();
  clock.timerAt(DAY_MS, () => undefined);
  const ended = runOn(clock, 1000, () => work(clock));
  await expect(ended).rejects.toMatchObject({
    ...{ code: 'ERR_TIMEOUT', message: expect.stringContaining('not over after 1000 ms') },
  });
  expect(clock.now()).toBeLessThan(1000);
});

it('a test fails with the error of its work', async () => {
  const ended = runOn(new VirtualClock(), 1000, () => Promise.reject(new RangeError('too far')));
  await expect(ended).rejects.toThrow('too far');
});
