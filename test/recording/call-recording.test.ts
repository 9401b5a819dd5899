import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MemoryEndpoint } from '../../src/control.js';
import {
  ApiError,
  attach,
  type Call,
  type Client,
  collectSamples,
  Exchange,
  MemoryTransport,
  PcmServer,
  recordCall,
  VirtualClock,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import { splitChannels } from '../../src/voice.js';

const FRAME = 320;
const SPEECH = 'assets/speech/reader-870.wav';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;
const opened: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  exchange = await Exchange.start({ clock, patienceMs: 5000, fileRoots: [folder] });
  server = new PcmServer();
});
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing[Symbol.asyncDispose]();
  await server.close();
  await exchange.close();
  await rm(folder, { recursive: true });
});

async function client(endpoint: MemoryEndpoint = exchange.endpoint()): Promise<Client> {
  const attached = await attach(new MemoryTransport(endpoint));
  opened.push(attached);
  return attached;
}

async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

/** Length of the call testing service's script, in samples: prompts and beeps, each in whole frames. */
async function scriptLength(): Promise<number> {
  const frames = (samples: number) => Math.ceil(samples / FRAME) * FRAME;
  const prompt = async (name: string) => frames((await samplesOf(`assets/prompts/${name}.wav`)).length);
  const [beep, message, pause] = [6400, 160_000, frames(4800)];
  return (
    (await prompt('echo-greeting')) +
    beep +
    message +
    beep +
    pause +
    message +
    pause +
    (await prompt('echo-goodbye'))
  );
}

describe('recordCall', () => {
  it('has each leg as long as the call, to the frame, and nothing missing', async () => {
    const call = await (await client()).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav') });
    await clock.run();
    const { sidecar, error, file } = await recording.finished;
    expect(error).toBeUndefined();
    const length = await scriptLength();
    expect(sidecar.audio.samples).toBe(length);
    const whole = { received: length, idle: 0, masked: 0, missing: 0 };
    expect(sidecar.legs.remote).toMatchObject({
      ledger: { ...whole, spans: [{ from: 0, samples: length, kind: 'received' }] },
      traffic: { samples: length, dropped: 0 },
    });
    expect(sidecar.legs.local).toMatchObject({ ledger: whole, traffic: { dropped: 0 }, late: 0 });
    expect(sidecar.microphone).toEqual({ bytes: length * 2, samples: length });
    expect(sidecar.call).toMatchObject({
      partner: 'echo123',
      status: 'FINISHED',
      duration: Math.floor(length / 16_000),
    });
    expect(sidecar.call.states.map(({ status }) => status)).toEqual([
      'UNPLACED',
      'ROUTING',
      'RINGING',
      'INPROGRESS',
      'FINISHED',
    ]);
    expect(await samplesOf(file)).toHaveLength(length * 2);
    const schema = JSON.parse(await readFile('docs/recording-sidecar.schema.json', 'utf8'));
    expect(z.fromJSONSchema(schema).safeParse(JSON.parse(JSON.stringify(sidecar)))).toMatchObject({
      success: true,
    });
    expect(JSON.parse(await readFile(join(folder, 'call.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(sidecar)),
    );
  });

  it('does not count samples as missing that were sent and not yet heard when the call ended', async () => {
    const call = await (await client()).call('echo123');
    const file = join(folder, 'call.wav');
    const recording = await recordCall(call, server, { file, leadMs: 400 });
    await clock.run();
    const { sidecar } = await recording.finished;
    const { local, remote } = sidecar.legs;
    expect(local.unheard).toBeGreaterThanOrEqual(FRAME);
    expect(local.traffic?.samples).toBe(local.ledger.received + (local.unheard ?? 0));
    expect(remote).not.toHaveProperty('unheard');
    expect(sidecar).toMatchObject({ complete: true, legs: { local: { cut: 0, ledger: { missing: 0 } } } });
    expect((await verifyRecording(file)).misses).toEqual([]);
  });

  it('records on the left exactly the audio that echo123 returns on the right', async () => {
    const said = await samplesOf(SPEECH);
    const call = await (await client()).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav') });
    recording.voice.player.play(said, { at: 150_000 });
    await clock.run();
    await recording.finished;
    const [left, right] = splitChannels(await samplesOf(join(folder, 'call.wav')), 2);
    expect(left?.subarray(150_000, 150_000 + said.length)).toEqual(said);
    const length = await scriptLength();
    const goodbye = Math.ceil((await samplesOf('assets/prompts/echo-goodbye.wav')).length / FRAME) * FRAME;
    const playback = length - goodbye - 4800 - 160_000;
    const listening = playback - 4800 - 6400 - 160_000;
    expect(right?.subarray(playback, playback + 160_000)).toEqual(
      left?.subarray(listening, listening + 160_000),
    );
  });

  it('takes the microphone as the left leg when there is no input', async () => {
    const tone = (frame: Int16Array) => {
      frame.fill(1234);
    };
    const user = { handle: 'mike', soundCard: { capture: tone, play: () => undefined } };
    await using other = await Exchange.start({ clock, patienceMs: 5000, users: [user] });
    const call = await (await client(other.endpoint())).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav'), input: false });
    await clock.run();
    const { sidecar } = await recording.finished;
    expect(sidecar.legs.local.stream).toBe('CAPTURE_MIC');
    expect(sidecar.legs.local).not.toHaveProperty('unheard');
    const [left] = splitChannels(await samplesOf(join(folder, 'call.wav')), 2);
    expect(left?.every((sample) => sample === 1234)).toBe(true);
    expect(() => recording.voice.player).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  });

  it('stops on demand, and the call goes on', async () => {
    const call = await (await client()).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav') });
    await clock.advance(4000);
    const { sidecar, error } = await recording.stop();
    expect(error).toBeUndefined();
    expect(sidecar.call.status).toBe('INPROGRESS');
    expect(sidecar.legs.local.unheard).toBe(0);
    expect(await samplesOf(join(folder, 'call.wav'))).toHaveLength(sidecar.audio.samples * 2);
    await call.hangUp();
    expect(await call.ended()).toBe('FINISHED');
  });
});

describe('failures in a recorded call', () => {
  let call: Call;

  it('the server’s ports are closed during the call', async () => {
    call = await (await client()).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav') });
    await clock.advance(3000);
    await server.close();
    await clock.advance(1000);
    const { error, sidecar } = await recording.finished;
    expect(error).toMatchObject({
      code: 'ERR_CLOSED',
      message: expect.stringContaining('closed on this side'),
    });
    expect(sidecar).toMatchObject({ complete: false, reason: error?.message });
    expect(sidecar.audio.samples).toBeGreaterThan(16_000);
    expect(await samplesOf(join(folder, 'call.wav'))).toHaveLength(sidecar.audio.samples * 2);
  });

  it('the connections are reset during the call', async () => {
    const meddler = new Meddler();
    opened.push(meddler);
    call = await (await client(meddler.between(exchange.endpoint()))).call('echo123');
    const recording = await recordCall(call, server, { file: join(folder, 'call.wav') });
    await clock.advance(3000);
    meddler.reset();
    const { error, sidecar } = await recording.finished;
    expect(error).toMatchObject({ code: 'ERR_PEER' });
    expect(sidecar.complete).toBe(false);
    expect(sidecar.audio.samples).toBeGreaterThan(16_000);
    expect(await samplesOf(join(folder, 'call.wav'))).toHaveLength(sidecar.audio.samples * 2);
  });

  it('the file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    call = await (await client()).call('echo123');
    await expect(recordCall(call, server, { file: join(folder, 'file', 'call.wav') })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });

  it('the endpoint cannot connect: nothing is left behind', async () => {
    const meddler = new Meddler();
    opened.push(meddler);
    call = await (await client(meddler.between(exchange.endpoint(), 1))).call('echo123');
    const refused = recordCall(call, server, { file: join(folder, 'call.wav') });
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_API',
      number: 589,
      command: expect.stringMatching(/^ALTER CALL 1 SET_OUTPUT PORT=/),
    });
    expect(server.leases.size).toBe(0);
    await expect(readFile(join(folder, 'call.wav'))).rejects.toThrow('ENOENT');
  });
});

describe('refusals of the endpoint', () => {
  it.each([
    ['nobody', 93],
    ['not a name!', 34],
  ])('a call to %j with error %i', async (target, number) => {
    const error = await (await client()).call(target).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'ERR_API', number, command: `CALL ${target}` });
  });

  it('a port where nobody listens, a file outside its folders', async () => {
    const call = await (await client()).call('echo123');
    await expect(call.redirect('OUTPUT', [{ kind: 'port', port: 1 }])).rejects.toMatchObject({ number: 589 });
    for (const path of ['/etc/passwd', join(folder, '..', 'x.wav')]) {
      await expect(call.redirect('OUTPUT', [{ kind: 'file', path }])).rejects.toMatchObject({ number: 589 });
    }
    await expect(call.redirect('OUTPUT', [{ kind: 'port', port: 0 }])).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
  });
});

/** Stands between the two halves: every port of an ALTER CALL leads through it, so that connections can be reset. */
class Meddler implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #sockets: Socket[] = [];

  /** @param deadPort When given, every redirection is led to this port instead. */
  between(endpoint: MemoryEndpoint, deadPort?: number): MemoryEndpoint {
    return {
      connect: (client) => {
        const session = endpoint.connect(client);
        return {
          disconnect: () => session.disconnect(),
          receive: (line) => {
            const port = /PORT="(\d+)"/.exec(line)?.[1];
            if (port === undefined) session.receive(line);
            else if (deadPort !== undefined) session.receive(line.replace(port, String(deadPort)));
            else
              void this.#relay(Number(port)).then((relay) =>
                session.receive(line.replace(port, String(relay))),
              );
          },
        };
      },
    };
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const relay of this.#servers) relay.close();
  }

  #relay(port: number): Promise<number> {
    const relay = createServer((inner) => {
      const outer = connect(port, '127.0.0.1');
      for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
      inner.pipe(outer).pipe(inner);
      this.#sockets.push(outer);
    });
    this.#servers.push(relay);
    return new Promise((resolve) => {
      relay.listen(0, '127.0.0.1', () => {
        const address = relay.address();
        if (address !== null && typeof address === 'object') resolve(address.port);
      });
    });
  }
}
