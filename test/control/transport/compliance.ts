import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Link, Transport } from '../../../src/control/transport/transport.js';
import type { TransportCase } from './test-endpoint.js';

/** What came over one link, in order. */
class Inbox {
  readonly lines: string[] = [];
  readonly closed: (Error | undefined)[] = [];
  readonly #events = new EventTarget();

  line(line: string): void {
    this.lines.push(line);
    this.#events.dispatchEvent(new Event('news'));
  }

  end(error: Error | undefined): void {
    this.closed.push(error);
    this.#events.dispatchEvent(new Event('news'));
  }

  async until(done: (inbox: Inbox) => boolean): Promise<void> {
    while (!done(this)) await once(this.#events, 'news');
  }
}

async function open(transport: Transport): Promise<{ link: Link; inbox: Inbox }> {
  const inbox = new Inbox();
  const link = await transport.open({
    line: (line) => inbox.line(line),
    closed: (error) => inbox.end(error),
  });
  return { link, inbox };
}

/** Lengths around the 20 bytes of X11's events, and of one that does not fit a pipe's buffer. */
const LENGTHS = [1, 18, 19, 20, 21, 39, 40, 41, 1000, 100_000];

/** Runs the contract of {@link Transport} over one implementation. */
export function describeTransport(name: string, { start, absent }: TransportCase): void {
  describe(`transport contract: ${name}`, () => {
    test('carries every text both ways, unchanged', async () => {
      await using endpoint = await start();
      const { link, inbox } = await open(endpoint.transport);
      const texts = [
        'PING',
        '#7 GET CALL 5 STATUS',
        ' blanks  stay ',
        'Grüße, 你好, 🦊, a\u0301, \u{10ffff}',
        'ALTER CALL 1 SET_INPUT FILE="C:\\a b\\$(x)`y`.wav"',
        '"quotes" \'single\' \\n %s {} ;',
        ...LENGTHS.map((length) => 'x'.repeat(length)),
      ];
      for (const text of texts) {
        await link.send(text);
        expect(await endpoint.next()).toBe(text);
        endpoint.say(text);
        await inbox.until(({ lines }) => lines.length > 0);
        expect(inbox.lines.shift()).toBe(text);
      }
      await link.close();
    });

    test('keeps the order of many messages that are not waited for', async () => {
      await using endpoint = await start();
      const { link, inbox } = await open(endpoint.transport);
      const texts = Array.from(
        { length: 20 },
        (_, index) => `#${index} ${'GET CALL 1 DURATION '.repeat(index % 4)}`,
      );
      const sent = Promise.all(texts.map((text) => link.send(text)));
      for (const text of texts) expect(await endpoint.next()).toBe(text);
      await sent;
      for (const text of texts) endpoint.say(text);
      await inbox.until(({ lines }) => lines.length === texts.length);
      expect(inbox.lines).toEqual(texts);
      await link.close();
    });

    test('carries line breaks where it says that it can', async () => {
      await using endpoint = await start();
      const { link, inbox } = await open(endpoint.transport);
      if (!link.multiline) return await link.close();
      await link.send('CHATMESSAGE #a/$b;1 one\ntwo\r\n');
      expect(await endpoint.next()).toBe('CHATMESSAGE #a/$b;1 one\ntwo\r\n');
      endpoint.say('CHATMESSAGE 5 BODY one\ntwo');
      await inbox.until(({ lines }) => lines.length > 0);
      expect(inbox.lines).toEqual(['CHATMESSAGE 5 BODY one\ntwo']);
      await link.close();
    });

    test('closing is reported once, without an error, and nothing can be sent after it', async () => {
      await using endpoint = await start();
      const { link, inbox } = await open(endpoint.transport);
      await link.send('PING');
      await endpoint.next();
      await Promise.all([link.close(), link.close()]);
      await link.close();
      expect(inbox.closed).toEqual([undefined]);
      await expect(link.send('PING')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    });

    test('the loss of the endpoint is reported once, with an error, and nothing can be sent after it', async () => {
      await using endpoint = await start();
      const { link, inbox } = await open(endpoint.transport);
      await link.send('PING');
      await endpoint.next();
      await endpoint.stop();
      await inbox.until(({ closed }) => closed.length > 0);
      expect(inbox.closed).toEqual([expect.objectContaining({ code: 'ERR_CLOSED' })]);
      await expect(link.send('PING')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
      await link.close();
      expect(inbox.closed).toHaveLength(1);
    });

    test('without an endpoint, opening fails and tells what to do', async () => {
      const transport = await absent();
      const told: unknown[] = [];
      const opening = transport.open({
        line: (line) => told.push(line),
        closed: (error) => told.push(error),
      });
      await expect(opening).rejects.toMatchObject({
        code: 'ERR_ATTACH_UNAVAILABLE',
        message: expect.stringContaining(transport.name),
      });
      expect(told).toEqual([]);
    });

    test('can be opened again after the first link was closed', async () => {
      await using endpoint = await start();
      const first = await open(endpoint.transport);
      await first.link.close();
      const { link, inbox } = await open(endpoint.transport);
      await link.send('PING');
      expect(await endpoint.next()).toBe('PING');
      endpoint.say('PONG');
      await inbox.until(({ lines }) => lines.length > 0);
      expect(inbox.lines).toEqual(['PONG']);
      expect(first.inbox.lines).toEqual([]);
      await link.close();
    });

    test('a signal that has fired keeps it from opening', async () => {
      await using endpoint = await start();
      const handlers = { line: () => undefined, closed: () => undefined };
      await expect(
        endpoint.transport.open(handlers, { signal: AbortSignal.abort('enough') }),
      ).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
    });
  });
}
