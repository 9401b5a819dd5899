import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attach, type CallRecording, MemoryTransport, PcmServer, recordCall } from '../../../src/index.js';
import { ShareServer, shareJoiner } from '../../../src/pcm.js';
import type { LedgerSpan } from '../../../src/stream/align/ledger.js';
import { type Fate, good, onPhoneStage, type PhoneStage, recordedCall } from './phone-stage.js';

let stage: PhoneStage;
onPhoneStage((made) => {
  stage = made;
});

/** A second client of alice, whose recorder joins the voice that is shared at `socket`. */
async function secondRecorder({ folder, clock, exchange }: PhoneStage, socket: string) {
  const client = await attach(new MemoryTransport(exchange.endpoint('alice')));
  const ports = new PcmServer();
  return {
    begin: async (): Promise<CallRecording> => {
      const [call] = await client.calls.search('ACTIVECALLS');
      if (!call) throw new Error('alice has no call');
      const file = join(folder, 'joined.wav');
      const options = { file, input: false, io: 'sync', clock, join: shareJoiner([socket]) } as const;
      return recordCall(call, ports, options);
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await ports.close();
    },
  };
}

const concealed = (spans: readonly LedgerSpan[] = []) => spans.filter(({ kind }) => kind === 'concealed');

/** A socket through which another is reached, and which can stand still or break. */
async function relay(to: string, at: string) {
  const pairs: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(to);
    for (const each of [near, far]) each.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
    pairs.push(near, far);
  }).listen(at);
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void) => () => {
    for (const socket of pairs) act(socket);
  };
  return {
    stall: each((socket) => socket.pause()),
    goOn: each((socket) => socket.resume()),
    break: each((socket) => socket.destroy()),
    [Symbol.asyncDispose]: async () => {
      for (const socket of pairs) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('concealed samples of a line are in the ledger of a recorder that joins the voice of another process', () => {
  it('to the sample', async () => {
    const socket = join(stage.folder, 'voice.sock');
    await using _share = await ShareServer.open(() => [stage.server], socket);
    await using second = await secondRecorder(stage, socket);
    const fates: Fate[] = [...good(30), 'lost', 'lost', ...good(20), 'not-sent', 'not-sent', ...good(30)];
    const { sidecar, others } = await recordedCall(stage, fates, { other: second });
    expect(concealed(sidecar.legs.remote.ledger.spans).length).toBeGreaterThan(1);
    expect(concealed(others?.legs.remote.ledger.spans)).toEqual(concealed(sidecar.legs.remote.ledger.spans));
    expect(others?.complete).toBe(false);
  });

  it.each(['stalls', 'breaks'] as const)('also when it %s in the middle of a gap', async (what) => {
    const socket = join(stage.folder, 'voice.sock');
    const through = join(stage.folder, 'relay.sock');
    await using _share = await ShareServer.open(() => [stage.server], socket);
    await using way = await relay(socket, through);
    await using second = await secondRecorder(stage, through);
    let isOpen = true;
    const came = async (packets: number) => {
      // The first one is told before any has come.
      if (packets === 51) {
        await stage.clock.advance(100);
        isOpen = false;
        if (what === 'stalls') way.stall();
        else way.break();
      } else if (packets === 61 && what === 'stalls') {
        way.goOn();
        isOpen = true;
      }
      return isOpen;
    };
    const fates: Fate[] = [...good(50), ...good(20).map((): Fate => 'lost'), ...good(40)];
    const { sidecar, others } = await recordedCall(stage, fates, { other: { begin: second.begin, came } });
    const [gap] = concealed(sidecar.legs.remote.ledger.spans);
    const theirs = others?.legs.remote.ledger;
    expect(gap).toMatchObject({ samples: 20 * 320, reason: 'lost' });
    expect(others?.complete).toBe(false);
    if (what === 'stalls') {
      expect(concealed(theirs?.spans)).toEqual(concealed(sidecar.legs.remote.ledger.spans));
      return;
    }
    // It ends there, with all that was made up until then.
    expect(others).toMatchObject({ end: 'connection-lost', reason: expect.any(String) as string });
    const [part] = concealed(theirs?.spans);
    const { received = 0, concealed: made = 0 } = theirs ?? {};
    expect(part).toMatchObject({ from: gap?.from, samples: received + made - (gap?.from ?? 0) });
    expect(part?.samples).toBeGreaterThan(640);
  });
});
