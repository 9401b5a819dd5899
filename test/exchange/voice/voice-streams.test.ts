import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { PcmPort } from '../ports.js';
import { CountingCard, redirected, talk } from '../voice-stage.js';
import { folder, settle, world } from '../world.js';

describe('a port that is dialled', () => {
  it('without a listener is refused with the reason; the stream stays as it was', async () => {
    await using w = await world();
    const { alice, out } = await talk(w);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const answer = await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${port}"`);
    expect(answer).toMatch(/^ERROR 589 ALTER CALL: unable to alter input\/output: .*ECONNREFUSED/);
    expect(alice.send(`GET CALL ${out} INPUT`)).toEqual([`CALL ${out} INPUT SOUNDCARD="default"`]);
  });

  it('whose server dies during the call is silent; the call goes on', async () => {
    const speaker = new CountingCard();
    await using w = await world({ users: [{ handle: 'alice' }, { handle: 'bob', soundCard: speaker }] });
    await using input = await PcmPort.open();
    await using output = await PcmPort.open();
    const { alice, out } = await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${input.port}"`);
      await redirected(alice, `ALTER CALL ${out} SET_OUTPUT PORT="${output.port}"`);
    });
    const socket = await input.connected;
    socket.write(new Uint8Array(new Int16Array(3200).fill(7).buffer));
    await w.clock.advance(190);
    socket.resetAndDestroy();
    (await output.connected).resetAndDestroy();
    await w.clock.advance(1000);
    expect(alice.told(`CALL ${out} STATUS`).at(-1)).toBe('INPROGRESS');
    expect(speaker.samples.filter((sample) => sample === 7)).toHaveLength(3200);
    expect(speaker.samples.at(-1)).toBe(0);
    expect(alice.told(`CALL ${out} VAA_INPUT_STATUS`)).toEqual(['FALSE', 'TRUE', 'FALSE']);
  });

  it('whose server never accepts is refused with the reason', async () => {
    // A process that is stopped takes no calls: when its backlog is full, the system lets further ones wait.
    const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      console.log(this.address().port); })`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const waiting: Socket[] = [];
    try {
      const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
      child.kill('SIGSTOP');
      for (let n = 0; n < 8; n++)
        waiting.push(connect(Number(line), '127.0.0.1').on('error', () => undefined));
      await once(waiting[0] as Socket, 'connect');
      await using w = await world();
      const { alice, out } = await talk(w);
      const answer = await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${Number(line)}"`);
      expect(answer).toBe('ERROR 589 ALTER CALL: unable to alter input/output: no answer in 2000 ms');
      expect(alice.told(`CALL ${out} STATUS`).at(-1)).toBe('INPROGRESS');
    } finally {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
    }
  }, 20_000);

  it('whose server stalls is silent until it continues; other streams do not wait', async () => {
    const speaker = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', soundCard: speaker }],
      patienceMs: 100,
    });
    await using input = await PcmPort.open();
    const { alice, out } = await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${input.port}"`);
    });
    const socket = await input.connected;
    const say = (value: number) => socket.write(new Uint8Array(new Int16Array(3200).fill(value).buffer));
    say(7);
    await w.clock.advance(1000);
    say(8);
    await settle();
    await w.clock.advance(1000);
    const said = (value: number) => speaker.samples.filter((sample) => sample === value).length;
    expect([said(7), said(8)]).toEqual([3200, 3200]);
    const [last7, first8] = [speaker.samples.lastIndexOf(7), speaker.samples.indexOf(8)];
    expect(speaker.samples.subarray(last7 + 1, first8).every((sample) => sample === 0)).toBe(true);
    expect(first8 - last7).toBeGreaterThan(12_000);
    expect(alice.told(`CALL ${out} STATUS`).at(-1)).toBe('INPROGRESS');
    const closed = once(w.exchange, 'stream-closed');
    alice.send(`ALTER CALL ${out} SET_INPUT SOUNDCARD="default"`);
    const [{ stats, ...stream }] = await closed;
    expect(stream).toEqual({ handle: 'alice', object: 'CALL', id: out, stream: 'INPUT' });
    // He paused for longer than anybody is late.
    const { moved, late, dropped, silenceFilled } = stats;
    expect({ moved, late, dropped }).toEqual({ moved: 6400, late: 0, dropped: 0 });
    expect(moved + silenceFilled).toBe(2 * 16_000 + 320);
  });

  it.each([10, 20] as const)('receives pieces of %i ms', async (pieceMs) => {
    await using port = await PcmPort.open();
    const { write } = Socket.prototype;
    const pieces: number[] = [];
    const spy = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
      if (this.remotePort === port.port) pieces.push((args[0] as Buffer).length);
      return write.apply(this, args as Parameters<typeof write>);
    });
    try {
      await using w = await world({ pieceMs });
      const { alice, out } = await talk(w, async ({ alice, out }) => {
        await redirected(alice, `ALTER CALL ${out} SET_OUTPUT PORT="${port.port}"`);
      });
      await w.clock.advance(1000);
      alice.send(`ALTER CALL ${out} HANGUP`);
      expect((await port.received).length).toBe(51 * 320);
      expect(pieces).toEqual(Array.from({ length: (51 * 20) / pieceMs }, () => pieceMs * 32));
    } finally {
      spy.mockRestore();
    }
  });

  it('whose server stops reading does not hold up the call: what the server does not take is dropped', async () => {
    const speaker = new CountingCard();
    await using w = await world({
      users: [
        { handle: 'alice', soundCard: new CountingCard() },
        { handle: 'bob', soundCard: speaker },
      ],
      patienceMs: 0,
    });
    await using stalled = await PcmPort.open();
    const { bob, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT SOUNDCARD="default", PORT="${stalled.port}"`);
    });
    (await stalled.connected).pause();
    await w.clock.advance(600_000);
    expect(bob.told(`CALL ${in_} DURATION`).at(-1)).toBe('600');
    expect(speaker.samples.length).toBe(600 * 16_000 + 320);
    const closed = once(w.exchange, 'stream-closed');
    bob.send(`ALTER CALL ${in_} HANGUP`);
    const [{ stats, ...stream }] = await closed;
    expect(stream).toEqual({ handle: 'bob', object: 'CALL', id: in_, stream: 'OUTPUT' });
    expect(stats.moved + stats.dropped).toBe(600 * 16_000 + 320);
    // More than a second waited for the server when it was cut off: the system's own buffers took some seconds, no more.
    expect(stats.dropped).toBeGreaterThan(400 * 16_000);
  });
});

describe('FILE', () => {
  it('outside the folders, through a link, or without any folder is refused with the reason', async () => {
    const root = folder();
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    for (const path of ['../outside.wav', '/etc/passwd', 'no/such/folder/a.wav']) {
      expect(await redirected(alice, `ALTER CALL ${out} SET_OUTPUT FILE="${path}"`)).toMatch(
        /^ERROR 589 .*: /,
      );
    }
    expect(readdirSync(root)).toEqual([]);
    await using bare = await world();
    const other = await talk(bare);
    expect(await redirected(other.alice, `ALTER CALL ${other.out} SET_OUTPUT FILE="a.wav"`)).toMatch(
      /^ERROR 589 .*no folder for FILE/,
    );
  });

  it('needs folders that exist from the start', async () => {
    await expect(world({ fileRoots: [join(folder(), 'none')] })).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/fileRoots: .*none/),
    });
  });

  it('plays any WAV, resampled and mixed down; another file is refused with the reason', async () => {
    const root = folder();
    await using wav = await WavWriter.create(join(root, 'cd.wav'), {
      format: { sampleRate: 44_100, channels: 2 },
    });
    await wav.write(toneSamples({ frequency: 1000, durationMs: 1000, format: wav.format }));
    await wav.close();
    const speaker = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', soundCard: speaker }],
      fileRoots: [root],
    });
    const { alice, out } = await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="cd.wav"`);
    });
    await w.clock.advance(2000);
    expect(alice.told(`CALL ${out} VAA_INPUT_STATUS`)).toEqual(['FALSE', 'TRUE', 'FALSE']);
    const heard = speaker.samples.subarray(0, 16_000);
    expect(Math.max(...heard)).toBeGreaterThan(3000);
    expect(Math.max(...speaker.samples.subarray(16_400))).toBe(0);
    writeFileSync(join(root, 'text.wav'), 'no sound at all, just words');
    expect(await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="text.wav"`)).toMatch(
      /^ERROR 589 .*RIFF/,
    );
  });

  const hasSox = spawnSync('sox', ['--version']).status === 0;
  it.skipIf(!hasSox).each([
    ['8 bits', '-b 8 -e unsigned-integer'],
    ['24 bits', '-b 24 -e signed-integer'],
    ['32 bits', '-b 32 -e signed-integer'],
    ['32 bits of floating point', '-b 32 -e floating-point'],
    ['A-law', '-e a-law'],
    ['µ-law', '-e mu-law'],
    ['8 kHz', '-b 16 -e signed-integer -r 8000'],
    ['96 kHz in six channels', '-b 16 -e signed-integer -r 96000 -c 6'],
  ])('reads a WAV of %s that sox has written (skipped without sox)', async (_name, format) => {
    const root = folder();
    const path = join(root, 'sox.wav');
    const args = `-n -r 16000 -c 1 ${format} ${path} synth 1 sine 1000 gain -6`.split(' ');
    expect(spawnSync('sox', args).status).toBe(0);
    const speaker = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', soundCard: speaker }],
      fileRoots: [root],
    });
    await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="sox.wav"`);
    });
    await w.clock.advance(1000);
    const heard = speaker.samples.subarray(1600, 14_400);
    const level = Math.sqrt(heard.reduce((sum, sample) => sum + sample ** 2, 0) / heard.length);
    // -6 dB below full scale, as a sine's root mean square; 1000 Hz crosses zero 2000 times a second.
    expect(level).toBeGreaterThan(10_500);
    expect(level).toBeLessThan(12_500);
    const crossings = heard.filter(
      (sample, at) => at > 0 && sample >= 0 !== (heard[at - 1] ?? 0) >= 0,
    ).length;
    expect(Math.abs(crossings - 1600)).toBeLessThan(4);
  });

  it.skipIf(!hasSox)('refuses a WAV of an encoding that it cannot read (skipped without sox)', async () => {
    const root = folder();
    const path = join(root, 'gsm.wav');
    expect(
      spawnSync('sox', `-n -r 8000 -c 1 -e gsm-full-rate ${path} synth 1 sine 1000`.split(' ')).status,
    ).toBe(0);
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    expect(await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="gsm.wav"`)).toMatch(
      /^ERROR 589 ALTER CALL: unable to alter input\/output: .*(GSM|0x31|format 49|encoding)/,
    );
  });
});
