import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { during } from '../../../src/base/during.js';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import type { FlowHookContext } from '../../../src/bot/flow/flow-bot-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { until } from '../../turns.js';

const FLOW = `
name: x
steps:
  listen:
    do: fork
    url: "{address}"
    legs: stereo
    parameters: { desk: "front of {caller}" }
    next: there
  there: { do: hook, name: isThere, next: tone }
  tone: { do: say, what: { tone: 440, ms: 400 }, next: heard }
  heard: { do: hook, name: isHeard, next: bye }
  bye: { do: hangup }
`;

it('the step fork sends the voices of the call to a media server until the call ends', async () => {
  const receiver = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const texts: Record<string, unknown>[] = [];
  let isOver = false;
  let loudest = 0;
  receiver.on('connection', (socket) => {
    socket.on('close', () => {
      isOver = true;
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) texts.push(JSON.parse(String(data)));
      // Left is what the bot says.
      for (let at = 0; isBinary && at < data.length; at += 4)
        loudest = Math.max(loudest, data.readInt16LE(at));
    });
  });
  await new Promise<void>((resolve) => receiver.once('listening', resolve));
  try {
    const address = `ws://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    // The network takes no time on the clock of the test.
    const waits =
      (holds: () => boolean) =>
      ({ call }: FlowHookContext) =>
        during(call.clock, until(holds)).then(() => undefined);
    const bot = flowBot(await parseFlow(FLOW), {
      variables: new Map([['address', address]]),
      hooks: { isThere: waits(() => texts.length > 0), isHeard: waits(() => loudest > 1000) },
    });
    const scene = async (caller: TestCaller) => {
      if (!caller.call.over) await caller.hasStatus('FINISHED', { withinMs: 60_000 });
    };
    const { results } = await testBot(bot, scene, { exchange: Exchange });
    expect(results[0]).toMatchObject({ outcome: 'done' });
    expect(texts[0]).toMatchObject({
      ...{ type: 'start', from: 'caller', format: { channels: 2 } },
      parameters: { desk: 'front of caller' },
    });
    await until(() => isOver);
    expect(texts.at(-1)).toMatchObject({ type: 'end' });
  } finally {
    for (const socket of receiver.clients) socket.terminate();
    receiver.close();
  }
});
