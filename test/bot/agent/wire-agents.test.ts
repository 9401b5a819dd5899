import { afterEach, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { agentBot } from '../../../src/bot/agent/agent-bot.js';
import type { AgentBotOptions, AgentNotice } from '../../../src/bot/agent/agent-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { jsonOf, type StandIn, standIn } from './stand-in.js';

const opened: StandIn[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** Runs a scene with an agent on a real connection, which speaks its wire format itself. */
async function played(
  options: Partial<AgentBotOptions>,
  serve: (socket: WebSocket) => void,
  scene: (caller: TestCaller, socket: WebSocket) => Promise<void>,
) {
  const clock = new VirtualClock();
  const sockets: WebSocket[] = [];
  const server = await standIn((socket) => {
    sockets.push(socket);
    serve(socket);
  });
  opened.push(server);
  server.pace(clock);
  const notices: AgentNotice[] = [];
  let heard: Int16Array = new Int16Array();
  const { results } = await testBot(
    agentBot({ url: server.url, onNotice: (notice) => notices.push(notice), ...options }),
    async (caller) => {
      await caller.waits(300);
      await scene(caller, sockets[0] as WebSocket);
      heard = caller.heard();
    },
    { exchange: Exchange, clock },
  );
  return { heard, notices, result: results[0] };
}

const msAbove = (heard: Int16Array, level: number) => heard.filter((sample) => sample > level).length / 16;

it('an agent of Twilio gets the messages of Twilio, and cleared marks come back', async () => {
  const told: Record<string, unknown>[] = [];
  let bytes = 0;
  // Mu-law 0x8f is +16764, of which 8 samples are 1 ms.
  const payload = (ms: number) => Buffer.alloc(8 * ms, 0x8f).toString('base64');
  const { heard } = await played(
    { dialect: 'twilio', parameters: { customer: 'c-1' } },
    (socket) =>
      socket.on('message', (data) => {
        const message = jsonOf(data);
        if (message['event'] === 'media')
          bytes += Buffer.from((message['media'] as { payload: string }).payload, 'base64').length;
        else told.push(message);
      }),
    async (caller, socket) => {
      const { streamSid } = told[1] as { streamSid: string };
      const say = (message: object) => socket.send(JSON.stringify({ streamSid, ...message }));
      say({ event: 'media', media: { payload: payload(300) } });
      say({ event: 'mark', mark: { name: 'first' } });
      say({ event: 'media', media: { payload: payload(2000) } });
      say({ event: 'mark', mark: { name: 'second' } });
      say({ event: 'nonsense' });
      await caller.presses('9');
      await caller.waits(800);
      const before = told.length;
      say({ event: 'clear' });
      await caller.waits(400);
      expect(told.slice(before).map(({ event }) => event)).toEqual(['mark']);
    },
  );
  expect(told[0]).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  expect(told[1]).toMatchObject({
    event: 'start',
    start: {
      customParameters: { customer: 'c-1' },
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    },
  });
  const events = told.map(({ event, mark, dtmf }) => [event, Object(mark).name ?? Object(dtmf).digit]);
  expect(events.slice(2)).toEqual([
    ['dtmf', '9'],
    ['mark', 'first'],
    ['mark', 'second'],
    ['stop', undefined],
  ]);
  const numbers = told.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber));
  expect([...numbers].sort((one, other) => one - other)).toEqual(numbers);
  expect(bytes / 8).toBeGreaterThan(1000);
  // What was under way at the clear is heard: 60 ms at most.
  expect(msAbove(heard, 8000)).toBeGreaterThan(700);
  expect(msAbove(heard, 8000)).toBeLessThan(1000);
});

/** A field of protobuf that holds bytes; no length here is above two digits of 7 bits. */
const field = (number: number, bytes: Uint8Array) =>
  Buffer.concat([Uint8Array.of(number * 8 + 2, 0x80 | (bytes.length & 0x7f), bytes.length >> 7), bytes]);
const count = (number: number, value: number) => {
  const digits: number[] = [];
  for (let rest = value; digits.length === 0 || rest > 0; rest = Math.floor(rest / 128))
    digits.push((rest % 128) + (rest >= 128 ? 128 : 0));
  return Uint8Array.of(number * 8, ...digits);
};
const frameOf = (sampleRate: number, samples: Int16Array, cut = 0) => {
  const bytes = new Uint8Array(samples.buffer, 0, samples.byteLength - cut);
  return field(2, Buffer.concat([field(3, bytes), count(4, sampleRate), count(5, 1)]));
};

it('an agent of Pipecat that sends frames of any size and rate is heard, until its interruption', async () => {
  let frames = 0;
  const { heard, notices } = await played(
    { dialect: 'pipecat' },
    (socket) =>
      socket.on('message', (data, isBinary) => {
        expect(isBinary).toBe(true);
        // Frame { audio { audio ... } }
        if ((data as Buffer)[0] === 0x12) frames++;
      }),
    async (caller, socket) => {
      for (let at = 0; at < 100; at++) socket.send(frameOf(16_000, new Int16Array(320).fill(3000)));
      socket.send(field(3, field(3, Buffer.from('hello'))));
      await caller.waits(500);
      socket.send(field(5, new Uint8Array(0)));
      await caller.waits(300);
      socket.send(frameOf(24_000, new Int16Array(2400).fill(6000)));
      socket.send(frameOf(24_000, new Int16Array(0)));
      await caller.waits(600);
    },
  );
  expect(frames).toBeGreaterThan(40);
  expect(notices).toContainEqual({ kind: 'text', by: 'caller', text: 'hello', final: true });
  const cut = notices.flatMap((notice) => (notice.kind === 'interrupted' ? notice.heard : []));
  expect(cut).toEqual([{ item: '', heardMs: expect.any(Number), receivedMs: 2000 }]);
  expect(Math.abs(msAbove(heard, 1500) - (cut[0]?.heardMs ?? 0) - 100)).toBeLessThan(4);
});

it('an agent of raw PCM gets the heard position to the sample, for messages of any size', async () => {
  const told: Record<string, unknown>[] = [];
  const { heard, notices } = await played(
    {},
    (socket) => socket.on('message', (data, isBinary) => !isBinary && told.push(jsonOf(data))),
    async (caller, socket) => {
      socket.send(JSON.stringify({ type: 'item', item: 'one' }));
      const bytes = Buffer.from(new Int16Array(32_000).fill(3000).buffer);
      for (let at = 0; at < bytes.length; at += 3333) socket.send(bytes.subarray(at, at + 3333));
      await caller.waits(700);
      socket.send(JSON.stringify({ type: 'clear' }));
      await caller.waits(300);
      socket.send('{"type":"end","reason":"enough"}');
      await caller.hasStatus('FINISHED', { withinMs: 5000 });
    },
  );
  expect(told[0]).toMatchObject({ type: 'start', from: 'caller', format: { sampleRate: 16_000 } });
  expect(told.slice(1)).toEqual([{ type: 'heard', item: 'one', ms: msAbove(heard, 1500) }]);
  expect(notices.at(-1)).toEqual({ kind: 'ended', reason: 'enough' });
});

it.each<[string, string, AgentBotOptions['dialect'], string | Uint8Array]>([
  ['audio before anything', 'ERR_SYNTAX', 'twilio', '{"event":"media","media":{"payload":"!!"}}'],
  ['another call', 'ERR_SYNTAX', 'twilio', '{"event":"clear","streamSid":"MZ-of-another"}'],
  ['a cut frame', 'ERR_SYNTAX', 'pipecat', Uint8Array.of(0x12, 200)],
  ['a text', 'ERR_SYNTAX', 'pipecat', 'hello'],
  ['JSON without an end', 'ERR_SYNTAX', 'raw', '{"type":"clear"'],
  ['JSON of great depth', 'ERR_LIMIT', 'raw', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
])(
  'an agent that sends %s fails with %s, and the caller gets the error',
  async (_, code, dialect, message) => {
    const { result } = await played(
      { dialect: dialect ?? 'raw', apology: [{ tone: 300, ms: 60 }] },
      () => undefined,
      async (caller, socket) => {
        socket.send(message);
        await caller.hasStatus('FINISHED', { withinMs: 10_000 });
      },
    );
    expect(result).toMatchObject({ outcome: 'failed', error: { code } });
  },
);
