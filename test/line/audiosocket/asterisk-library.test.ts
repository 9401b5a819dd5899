import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { audioSocketLine } from '../../../src/line/audiosocket/audio-socket-line.js';
import { fork } from '../../../src/line/fork/fork.js';
import { FedStream } from '../../../src/stream/fed-stream.js';
import { FOREIGN_MODULES, foreignModule } from '../../foreign-modules.js';
import { turn, until } from '../../turns.js';
import { closed, passing, stage } from '../media/line-stage.js';

/** The parts of the library that matter here. */
interface Library {
  AudioSocketServer: new (options: {
    port: number;
  }) => {
    on(event: 'connection', listener: (call: Connection) => void): void;
    listen(): Promise<void>;
    readonly address: { readonly port: number };
    close(): Promise<void>;
  };
  AudioSocketConnection: new (socket: Socket) => Connection;
  FrameType: { readonly UUID: number };
  encodeFrame(type: number, payload: Buffer): Buffer;
}
interface Connection {
  readonly uuid: string;
  on(event: 'audio', listener: (pcm: Buffer) => void): void;
  on(event: 'hangup' | 'error', listener: (error?: Error) => void): void;
  play(pcm: Buffer): Promise<void>;
  hangup(): void;
}

const UUID = '8f4b8a3e-9a5c-4f5e-8a3b-1d2c3b4a5f60';

/** A second of a tone at 8 kHz. */
function tone(level: number): Buffer {
  const bytes = Buffer.alloc(16_000);
  for (let at = 0; at < 8000; at++)
    bytes.writeInt16LE(Math.round(level * Math.sin((2 * Math.PI * 400 * at) / 8000)), 2 * at);
  return bytes;
}

describe.skipIf(!FOREIGN_MODULES)(
  'a third-party library for AudioSocket (needs JACKFIELD_FOREIGN_MODULES)',
  async () => {
    const library = FOREIGN_MODULES
      ? await foreignModule<Library>('asterisk-audiosocket/dist/index.js')
      : undefined;

    /** A server of the library, and what it hears. */
    async function server() {
      if (!library) throw new Error('not installed');
      const calls: { call: Connection; frames: Buffer[]; errors: unknown[]; isOver: boolean }[] = [];
      const it = new library.AudioSocketServer({ port: 0 });
      it.on('connection', (call) => {
        const of = { call, frames: [] as Buffer[], errors: [] as unknown[], isOver: false };
        call.on('audio', (pcm) => of.frames.push(pcm));
        call.on('error', (error) => of.errors.push(error));
        call.on('hangup', () => {
          of.isOver = true;
        });
        calls.push(of);
      });
      await it.listen();
      return { calls, url: `tcp://127.0.0.1:${it.address.port}`, close: () => it.close() };
    }

    it('takes our calls as a server: it hears whole frames, says something, and hangs up', async () => {
      const { calls, url, close } = await server();
      const far = await stage(audioSocketLine({ listen: false, connect: { url } }));
      const caller = far.client('alice');
      caller.send('CALL +15550100');
      await passing(far.clock, () => (calls[0]?.frames.length ?? 0) >= 10);
      const [it] = calls;
      expect(it?.call.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-/);
      expect(it?.frames.every(({ length }) => length === 320)).toBe(true);
      void it?.call.play(tone(8000));
      const id = caller.newest('CALL');
      await passing(far.clock, () => caller.told(`CALL ${id} STATUS`).includes('INPROGRESS'));
      it?.call.hangup();
      await passing(far.clock, () => caller.told(`CALL ${id} STATUS`).includes('FINISHED'));
      expect(it?.errors).toEqual([]);
      expect(far.failures).toEqual([]);
      await closed(far.exchange, far.clock);
      await close();
    });

    it('takes a fork as a server: each sample once, in frames of 20 ms, and the end', async () => {
      const { calls, url, close } = await server();
      const clock = new VirtualClock();
      const stream = new FedStream(clock, { sampleRate: 8000, channels: 1 });
      const forked = fork(stream, url, { clock, dialect: 'audiosocket', id: UUID });
      await new Promise<void>((resolve) => forked.once('connected', () => resolve()));
      // Not a whole number of frames: the last is filled with silence.
      const samples = Int16Array.from({ length: 160 * 50 + 77 }, (_, at) => at + 1);
      for (let at = 0; at < samples.length; at += 100) {
        stream.write(samples.slice(at, at + 100), at);
        await turn();
      }
      stream.end({ kind: 'over' });
      await until(() => calls[0]?.isOver === true);
      const [it] = calls;
      expect(it?.call.uuid).toBe(UUID);
      expect(it?.errors).toEqual([]);
      expect(it?.frames.map(({ length }) => length)).toEqual(Array.from({ length: 51 }, () => 320));
      const heard = Buffer.concat(it?.frames ?? []);
      const numbers = Array.from({ length: 160 * 51 }, (_, at) => heard.readInt16LE(2 * at));
      expect(numbers).toEqual(numbers.map((_, at) => (at < samples.length ? at + 1 : 0)));
      await close();
    });

    it('brings us a call as Asterisk does: both hear each other, and either ends it', async () => {
      if (!library) return;
      const line = audioSocketLine({ target: 'listener', startTimeoutMs: 3_600_000 });
      const here = await stage(line);
      for (const who of ['it', 'we'] as const) {
        const socket = connect(line.port, '127.0.0.1');
        await new Promise((resolve) => socket.once('connect', resolve));
        const call = new library.AudioSocketConnection(socket);
        const frames: Buffer[] = [];
        let isOver = false;
        call.on('audio', (pcm) => frames.push(pcm));
        call.on('error', () => undefined);
        call.on('hangup', () => {
          isOver = true;
        });
        const before = here.listener.calls.length;
        socket.write(
          library.encodeFrame(library.FrameType.UUID, Buffer.from(UUID.replaceAll('-', ''), 'hex')),
        );
        await passing(here.clock, () => here.listener.calls[before]?.conversation !== undefined);
        const leg = here.listener.calls[before];
        void call.play(tone(8000));
        await passing(
          here.clock,
          () => frames.length >= 5 && (leg?.heard.some((sample) => sample > 7000) ?? false),
        );
        expect(frames.every(({ length }) => length === 320)).toBe(true);
        if (who === 'it') call.hangup();
        else leg?.conversation?.end({ kind: 'hung-up' });
        await passing(here.clock, () => isOver && line.activeCalls === 0);
      }
      expect(here.failures).toEqual([]);
      await closed(here.exchange, here.clock);
    });
  },
);
