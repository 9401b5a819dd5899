import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { BotHost, bot } from '../../../src/bot.js';
import { attach, Exchange, MemoryTransport, VirtualClock } from '../../../src/index.js';
import { openCallVoice, PcmServer } from '../../../src/pcm.js';
import { ShareServer, shareJoiner } from '../../../src/service.js';
import { serviceFolder } from '../service-day.js';

const folder = serviceFolder();

/** Two programs on the account of `desk`, and a caller; the first shares its voices. */
async function twoPrograms(
  work: (parts: {
    readonly exchange: Exchange;
    readonly first: Program;
    readonly second: Program;
    readonly caller: Program['client'];
    readonly socket: string;
  }) => Promise<void>,
): Promise<void> {
  await using exchange = await Exchange.start({ users: [{ handle: 'desk' }, { handle: 'ann' }] });
  const program = async (handle: string) => {
    const client = await attach(new MemoryTransport(exchange.endpoint(handle)));
    return { client, server: new PcmServer() };
  };
  const [first, second, { client: caller }] = [
    await program('desk'),
    await program('desk'),
    await program('ann'),
  ];
  const socket = folder('voice.sock');
  await using _share = await ShareServer.open(() => [first.server], socket);
  try {
    await work({ exchange, first, second, caller, socket });
  } finally {
    for (const { client, server } of [first, second]) {
      await server.close();
      await client.close();
    }
    await caller.close();
  }
}
type Program = { readonly client: Awaited<ReturnType<typeof attach>>; readonly server: PcmServer };

const ringing = (client: Program['client']) =>
  new Promise<Parameters<typeof openCallVoice>[0]>((resolve) => void client.once('call', resolve));

describe('a voice that another program has', () => {
  it('is refused with who has it, and shared with whom asks for it: what is heard and what is said', async () => {
    await twoPrograms(async ({ first, second, caller, socket }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      await using voice = await openCallVoice(call, first.server, { microphone: false });
      await expect(openCallVoice(same, second.server, {})).rejects.toMatchObject({ code: 'ERR_TAKEN' });
      const join = shareJoiner([socket]);
      // The first one speaks.
      await expect(openCallVoice(same, second.server, { join })).rejects.toMatchObject({
        code: 'ERR_TAKEN',
        message: expect.stringContaining(`process ${process.pid} speaks already`),
      });
      await using shared = await openCallVoice(same, second.server, { join, input: false });
      expect(shared.remote.port).not.toBe(voice.remote.port);
      await call.answer();
      await voice.player.play(new Int16Array(16_000).fill(1000));
      const heard = { remote: 0, local: 0 };
      for await (const { samples } of shared.microphone!.frames()) {
        if (samples.some((each) => each === 1000)) heard.local++;
        if (heard.local >= 3) break;
      }
      for await (const { samples } of shared.remote.frames()) {
        heard.remote += samples.length;
        if (heard.remote > 3200) break;
      }
      // The second one leaves; the first one's redirection stays.
      await shared.close();
      expect(await call.output.get()).toEqual([{ kind: 'port', port: voice.remote.port }]);
      const before = voice.remote.received.position;
      for await (const _ of voice.remote.frames()) if (voice.remote.received.position > before + 1600) break;
      await placed.hangUp();
      await call.ended();
    });
  });

  it('gives the right to speak to one alone, until he leaves', async () => {
    await twoPrograms(async ({ first, second, caller, socket }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      await using _listener = await openCallVoice(call, first.server, { input: false });
      const join = shareJoiner([socket]);
      await using host = new BotHost({ ...second, join });
      await same.text('TYPE');
      const talker = bot(async (talk) => {
        await expect(openCallVoice(same, second.server, { join })).rejects.toMatchObject({
          code: 'ERR_TAKEN',
        });
        await talk.say({ tone: 700, ms: 200 });
      });
      expect(await host.run(talker, same)).toMatchObject({ outcome: 'done' });
      expect(await placed.ended()).toBe('FINISHED');
    });
  });

  it('ends with the program that shares it', async () => {
    await twoPrograms(async ({ first, second, caller, socket }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      const voice = await openCallVoice(call, first.server, { input: false });
      const join = shareJoiner([socket]);
      await using shared = await openCallVoice(same, second.server, { join, input: false });
      await call.answer();
      await placed.reached('INPROGRESS');
      await voice.close();
      await Promise.all([shared.remote.closed, shared.microphone!.closed]);
      // The call goes on; its voice is free.
      expect(call.status).toBe('INPROGRESS');
      await (await openCallVoice(same, second.server, { join, input: false })).close();
      await placed.hangUp();
    });
  });

  it('is held back by nobody: a process that does not read what it asked for loses samples, and the call none', async () => {
    const clock = new VirtualClock();
    await using exchange = await Exchange.start({
      clock,
      patienceMs: 5000,
      users: [{ handle: 'desk' }, { handle: 'ann' }],
    });
    await using ann = await attach(new MemoryTransport(exchange.endpoint('ann')), { clock });
    ann.on('call', (call) => void call.answer().catch(() => undefined));
    await using client = await attach(new MemoryTransport(exchange.endpoint('desk')), { clock });
    await using server = new PcmServer();
    const socket = folder('voice.sock');
    await using _share = await ShareServer.open(() => [server], socket);
    const over = new AbortController();
    const working = (async () => {
      const call = await client.call('ann');
      await call.reached('INPROGRESS');
      await using voice = await openCallVoice(call, server);
      const peer = connect(socket);
      peer.on('error', () => undefined);
      peer.write(`{"do":"voice","port":${voice.remote.port},"speak":false}\n`);
      await new Promise((resolve) => peer.once('readable', resolve));
      for await (const _ of voice.remote.frames()) if (voice.remote.received.position > 16_000 * 40) break;
      await call.hangUp();
      await call.ended();
      const length = voice.remote.received.position;
      await voice.close();
      // It reads at last: it has what was first, a gap that shows, and no more than may wait.
      let samples = 0;
      for await (const line of createInterface({ input: peer })) {
        const { leg, end, pcm = '' } = JSON.parse(line) as { leg?: string; end?: true; pcm?: string };
        if (leg !== 'remote') continue;
        samples += Buffer.from(pcm, 'base64').length / 2;
        if (end) break;
      }
      expect(samples).toBeGreaterThan(16_000);
      expect(samples).toBeLessThan(length / 2);
      peer.destroy();
    })().finally(() => over.abort());
    while (!over.signal.aborted) {
      await clock.run(over);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await working;
  });

  it.each([
    ['no JSON', 'hello'],
    ['no request', '{}'],
    ['another command', '{"do":"hangup","call":1}'],
    ['a port of nobody', '{"do":"voice","port":9,"speak":false}'],
    ['a port that is none', '{"do":"voice","port":1e99,"speak":false}'],
    ['a line of 100 kB', `{"do":"${'x'.repeat(100_000)}"}`],
  ])('is not given for %s', async (_, line) => {
    await twoPrograms(async ({ socket }) => {
      const peer = connect(socket);
      peer.on('error', () => undefined);
      peer.write(`${line}\n`);
      let answer = '';
      peer.on('data', (bytes) => {
        answer += String(bytes);
      });
      await new Promise((resolve) => peer.once('close', resolve));
      if (answer !== '')
        expect(JSON.parse(answer)).toMatchObject({ ok: false, error: { code: 'ERR_INVALID_ARG' } });
    });
  });
});
