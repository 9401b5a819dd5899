import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../src/base/deferred.js';
import { JackfieldError } from '../../../src/base/errors.js';
import { BotHost, bot } from '../../../src/bot.js';
import { redirectToLease } from '../../../src/call/redirect-to-lease.js';
import { joinOrFree } from '../../../src/call/taken-voice.js';
import type { Call } from '../../../src/control/call/call.js';
import { attach, Exchange, MemoryTransport, recordCall, VirtualClock } from '../../../src/index.js';
import {
  type LeaseSource,
  openCallVoice,
  PcmServer,
  ShareServer,
  shareJoiner,
  speakerJoiner,
  turnTaker,
  type VoiceJoiner,
} from '../../../src/pcm.js';
import type { StreamTarget } from '../../../src/protocol/stream-target.js';
import { verifyRecording } from '../../../src/recording.js';
import { decodeWav } from '../../../src/voice.js';
import { serviceFolder } from '../../service/service-day.js';
import { driven, turn, until } from '../../turns.js';

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
  it('is refused with the name of its owner, and shared with a process that asks: both legs', async () => {
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
        message: expect.stringContaining(`process ${process.pid} is already speaking`),
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

  it('gives both legs to a program that joins while its streams are being redirected', async () => {
    await twoPrograms(async ({ first, second, caller, socket }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      const asked = deferred<void>();
      // What is heard is redirected; what is said only once the second one has asked.
      const inSteps: LeaseSource = {
        readIntervalMs: undefined,
        async lease(options) {
          if (options.stream === 'input') await asked.promise;
          return await first.server.lease(options);
        },
      };
      const opening = openCallVoice(call, inSteps, { microphone: false });
      await until(async () => (await same.output.get())[0]?.kind === 'port');
      const inner = shareJoiner([socket]);
      const join: VoiceJoiner = {
        join(...given) {
          const joining = inner.join!(...given);
          void (async () => {
            for (let turns = 0; turns < 50; turns++) await turn();
            asked.resolve();
          })();
          return joining;
        },
      };
      await using shared = await openCallVoice(same, second.server, { join, input: false });
      await using _voice = await opening;
      expect(shared.microphonePaced).toBe(true);
      await placed.hangUp();
    });
  });

  it('stays with the program that redirected it last; the earlier one releases only its own redirection', async () => {
    await twoPrograms(async ({ first, second, caller }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      // Both have seen that nobody has the call.
      const voice = await openCallVoice(call, first.server);
      const lease = await second.server.lease({ object: 'CALL 1', stream: 'output', direction: 'receive' });
      await redirectToLease(same.output, lease);
      await voice.close();
      expect(await same.output.get()).toEqual([{ kind: 'port', port: lease.port }]);
      expect(await same.input.get()).toEqual([{ kind: 'soundcard', device: 'default' }]);
      await placed.hangUp();
    });
  });

  it('stays complete for a program that takes it while it is being redirected', async () => {
    await twoPrograms(async ({ first, second, caller }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      // The second program has seen that the call was free; it redirects both streams between the first one's two.
      const inSteps: LeaseSource = {
        readIntervalMs: undefined,
        async lease(options) {
          if (options.stream !== 'input') return await first.server.lease(options);
          const heard = [...first.server.leases][0]!;
          const object = 'CALL 2';
          const lease = await second.server.lease({ object, stream: 'output', direction: 'receive' });
          await redirectToLease(same.output, lease);
          await heard.closed;
          const timeline = lease.received;
          const input = await second.server.lease({ object, stream: 'input', direction: 'send', timeline });
          await redirectToLease(same.input, input);
          return await first.server.lease(options);
        },
      };
      await expect(openCallVoice(call, inSteps, { microphone: false })).rejects.toMatchObject({
        code: 'ERR_TAKEN',
      });
      const ports = [...second.server.leases].map(({ port }) => ({ kind: 'port', port }));
      expect([await same.output.get(), await same.input.get()].flat()).toEqual(ports);
      expect(call.status).toBe('RINGING');
      await placed.hangUp();
    });
  });

  it('gives the right to speak to one program alone, until that one leaves', async () => {
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

  it.each([
    ['rings', false],
    ['was answered at once', true],
  ])(
    'can be spoken into by a bot while a recorder has it, and the recording has both: a call that %s',
    async (_, atOnce) => {
      await twoPrograms(async ({ first, second, caller, socket }) => {
        const [mine, others] = [ringing(first.client), ringing(second.client)];
        const placed = await caller.call('desk');
        const [call, same] = [await mine, await others];
        if (atOnce) await Promise.all([call.answer(), same.reached('INPROGRESS')]);
        const file = folder(`with-bot-${atOnce}.wav`);
        const recording = await recordCall(call, first.server, { file, input: false });
        await using host = new BotHost({ ...second, join: speakerJoiner([socket]) });
        await same.text('TYPE');
        const talker = bot(async (talk) => {
          // A second one is told that somebody speaks, and a listener hears what is said.
          const join = speakerJoiner([socket]);
          await expect(openCallVoice(same, second.server, { join })).rejects.toMatchObject({
            code: 'ERR_TAKEN',
            message: expect.stringContaining('another process is already speaking'),
          });
          await using heard = await openCallVoice(same, second.server, {
            join: shareJoiner([socket]),
            input: false,
          });
          expect(heard.microphonePaced).toBe(true);
          await talk.say({ tone: 700, ms: 600 });
          for await (const { samples } of heard.microphone!.frames())
            if (samples.some((each) => each > 500)) break;
        });
        expect(await host.run(talker, same)).toMatchObject({ outcome: 'done' });
        expect(await placed.ended()).toBe('FINISHED');
        const { sidecar } = await recording.finished;
        // Of a call in progress, streams are redirected one after the other; on a busy machine they stand still.
        const missing = Object.values(sidecar.legs).flatMap(({ ledger }) =>
          ledger.spans.filter(
            ({ kind, reason = '' }) => kind === 'missing' && !/late-start|stalled/.test(reason),
          ),
        );
        expect(missing).toEqual([]);
        const { samples } = decodeWav(await readFile(file));
        const loud = samples.filter((each, index) => index % 2 === 0 && Math.abs(each) > 500).length;
        expect(loud / 16_000).toBeGreaterThan(0.4);
        expect(await verifyRecording(file)).toMatchObject({ ok: true });
      });
    },
  );

  it('has no second speaker when the recorder has no room for its speech', async () => {
    await twoPrograms(async ({ first, second, caller, socket }) => {
      const [mine, others] = [ringing(first.client), ringing(second.client)];
      const placed = await caller.call('desk');
      const [call, same] = [await mine, await others];
      await Promise.all([call.answer(), same.reached('INPROGRESS')]);
      const file = folder('full.wav');
      const recording = await recordCall(call, first.server, { file, input: false });
      {
        using _full = first.server.reserve(first.server.maxLeases - first.server.leases.size);
        await expect(
          openCallVoice(same, second.server, { join: speakerJoiner([socket]) }),
        ).rejects.toMatchObject({ code: 'ERR_TAKEN', message: expect.stringContaining('cannot record') });
      }
      // Then there is room, and the one who was refused does not count as speaking.
      await using voice = await openCallVoice(same, second.server, { join: speakerJoiner([socket]) });
      expect(voice.input).toBeDefined();
      await call.hangUp();
      expect(await placed.ended()).toBe('FINISHED');
      await recording.finished;
    });
  });

  it.each([
    ['share', (socket: string) => shareJoiner([socket]), 'is already speaking'],
    ['take turns', () => turnTaker(), 'is redirected to port'],
  ])(
    'is redirected by one of two that %s and hear of the call at the same moment: the other finds it taken',
    async (_, joiner, text) => {
      await twoPrograms(async ({ first, second, caller }) => {
        const socket = folder('voices.sock');
        await using _share = await ShareServer.open(() => [first.server, second.server], socket);
        const [mine, others] = [ringing(first.client), ringing(second.client)];
        const placed = await caller.call('desk');
        const calls = [await mine, await others] as const;
        const join = joiner(socket);
        const opened = await Promise.allSettled(
          [first, second].map(({ server }, at) => openCallVoice(calls[at]!, server, { join })),
        );
        expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const [refused] = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
        expect(refused).toMatchObject({
          code: 'ERR_TAKEN',
          message: expect.stringContaining(text),
        });
        expect(calls[0].status).toBe('RINGING');
        for (const each of opened) if (each.status === 'fulfilled') await each.value.close();
        await placed.hangUp();
      });
    },
  );

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

  it('is waited for while the program that has it is busy and does not answer', async () => {
    vi.stubEnv('XDG_RUNTIME_DIR', folder(''));
    const sharer = spawn(process.execPath, [fileURLToPath(new URL('busy-sharer.mjs', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [port] = (await once(sharer.stdout, 'data')) as [Buffer];
      const asked = { speak: false, signal: new AbortController().signal };
      const joined = await shareJoiner().join?.({} as Call, Number(port), asked);
      expect(joined).toMatchObject({ paced: true, outputPlace: { port: Number(port), from: 32_000 } });
      joined?.close();
    } finally {
      vi.unstubAllEnvs();
      sharer.kill();
      await once(sharer, 'exit');
    }
  });

  it('is not taken away when an endpoint is late to report its owner', async () => {
    let isHeld = true;
    const asked: string[] = [];
    const get = async (): Promise<StreamTarget[]> => {
      asked.push('OUTPUT');
      if (isHeld) throw new JackfieldError('ERR_TIMEOUT', 'no answer in 1 s');
      return [{ kind: 'port', port: (holder.address() as AddressInfo).port }];
    };
    const text = async (name: string) => {
      asked.push(name);
      isHeld = false;
      return 'RINGING';
    };
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const call = { id: 7, output: { get }, text } as unknown as Call;
      const { signal } = new AbortController();
      const taken = joinOrFree(call, { signal, speak: false, join: undefined });
      await expect(taken).rejects.toMatchObject({ code: 'ERR_TAKEN' });
      expect(asked).toEqual(['OUTPUT', 'STATUS', 'OUTPUT']);
    } finally {
      holder.close();
    }
  });

  it('is never delayed: a process that does not read loses samples, the call loses none', async () => {
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
    const work = async () => {
      const call = await client.call('ann');
      await call.reached('INPROGRESS');
      await using voice = await openCallVoice(call, server);
      const peer = connect(socket);
      peer.on('error', () => undefined);
      peer.write(`{"do":"voice","port":${voice.remote.port},"speak":false}\n`);
      // It takes what the system takes for it, once it has the voice, and reads none of it.
      peer.on('readable', () => undefined);
      await until(() => peer.readableLength > 4000);
      const end = voice.remote.received.position + 16_000 * 40;
      for await (const _ of voice.remote.frames()) if (voice.remote.received.position > end) break;
      peer.removeAllListeners('readable');
      await call.hangUp();
      await call.ended();
      const length = voice.remote.received.position;
      await voice.close();
      // It reads at last: it has what was first, a gap that shows, and no more than may wait.
      let samples = 0;
      for await (const line of createInterface({ input: peer })) {
        const { leg, end: isOver, pcm = '' } = JSON.parse(line) as { leg?: string; end?: true; pcm?: string };
        if (leg !== 'remote') continue;
        samples += Buffer.from(pcm, 'base64').length / 2;
        if (isOver) break;
      }
      expect(samples).toBeGreaterThan(16_000);
      expect(samples).toBeLessThan(length / 2);
      peer.destroy();
    };
    await driven(clock, work());
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
