import { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { RobotDestination } from '../../../src/switch/robot.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { turn } from '../../turns.js';
import { PcmPort } from '../ports.js';
import { CountingCard, redirected, talk } from '../voice-stage.js';
import { folder, world } from '../world.js';

/** Runs `act`, and tells to which of `ports` was written, in order; `0` is where a turn of the event loop ended. */
async function writesTo(ports: readonly number[], act: () => Promise<void>): Promise<number[]> {
  const { write } = Socket.prototype;
  const order: number[] = [];
  const spy = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    const { remotePort = 0 } = this;
    if (ports.includes(remotePort)) {
      if (order.length === 0 || order.at(-1) === 0) setImmediate(() => order.push(0));
      order.push(remotePort);
    }
    return write.apply(this, args as Parameters<typeof write>);
  });
  try {
    await act();
  } finally {
    spy.mockRestore();
  }
  return order;
}

const sorted = (ports: readonly number[]) => [...ports].sort().join(' ');

/** The ports written to in each turn in which there were any. */
function turnsOf(order: readonly number[]): string[] {
  const turns: number[][] = [[]];
  for (const port of order) {
    if (port === 0) turns.push([]);
    else turns.at(-1)?.push(port);
  }
  return turns.filter(({ length }) => length > 0).map(sorted);
}

describe('both legs of a call', () => {
  it('are sent in the same turn, tick by tick, also when the other end has to be waited for', async () => {
    await using w = await world({
      users: [{ handle: 'alice', soundCard: new CountingCard() }, { handle: 'bob' }],
    });
    const identity = { handle: 'slow', fullName: 'Slow', network: 'P2P' } as const;
    // A robot on a bad line speaks asynchronously.
    const behaviour = {
      ringMs: 0,
      outcome: 'answer',
      steps: [{ say: new Int16Array(16_000).fill(7) }],
      stay: true,
      impairment: { lossPercent: 5 },
    } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    await using output = await PcmPort.open();
    await using capture = await PcmPort.open();
    const alice = w.client('alice');
    alice.send('CALL slow');
    await redirected(alice, `ALTER CALL 1 SET_OUTPUT PORT="${output.port}"`);
    await redirected(alice, `ALTER CALL 1 SET_CAPTURE_MIC PORT="${capture.port}"`);
    const order = await writesTo([output.port, capture.port], () => w.clock.advance(500 + 990));
    expect(turnsOf(order)).toEqual(new Array(50).fill(sorted([output.port, capture.port])));
    alice.send('ALTER CALL 1 HANGUP');
    expect((await output.received).length).toBe((await capture.received).length);
  });

  it.each(['PORT', 'FILE'])(
    'are sent in the same turn when the input has to be waited for: %s',
    async (kind) => {
      const root = folder();
      await using wav = await WavWriter.create(join(root, 'input.wav'));
      await wav.write(new Int16Array(8000).fill(9));
      await wav.close();
      await using w = await world({
        users: [{ handle: 'alice', soundCard: new CountingCard() }, { handle: 'bob' }],
        fileRoots: [root],
      });
      await using input = await PcmPort.open();
      await using output = await PcmPort.open();
      await using capture = await PcmPort.open();
      const target = kind === 'PORT' ? `PORT="${input.port}"` : 'FILE="input.wav"';
      const { alice, out } = await talk(w, async ({ alice, out }) => {
        await redirected(alice, `ALTER CALL ${out} SET_INPUT ${target}`);
        await redirected(alice, `ALTER CALL ${out} SET_OUTPUT PORT="${output.port}"`);
        await redirected(alice, `ALTER CALL ${out} SET_CAPTURE_MIC PORT="${capture.port}"`);
      });
      const order = await writesTo([output.port, capture.port], async () => {
        const ticks = w.clock.advance(190);
        // A tick waits for each frame of the input.
        for (let frame = 0; kind === 'PORT' && frame < 13; frame++) {
          await turn();
          (await input.connected).write(new Uint8Array(640));
        }
        await ticks;
        await turn();
      });
      expect(turnsOf(order)).toEqual(new Array(10).fill(sorted([output.port, capture.port])));
      alice.send(`ALTER CALL ${out} HANGUP`);
      expect((await output.received).length).toBe((await capture.received).length);
    },
  );
});

describe('VAA_INPUT_STATUS', () => {
  it('stays TRUE when a call is answered whose early media had redirected input already', async () => {
    await using w = await world();
    const behaviour = {
      ringMs: 390,
      outcome: 'answer',
      earlyMedia: new Int16Array(16_000).fill(7),
      steps: [{ wait: 2000 }],
      stay: true,
    } as const;
    const identity = { handle: 'announcer', fullName: 'Announcer', network: 'P2P' } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    await using input = await PcmPort.open();
    const alice = w.client('alice');
    alice.send('CALL announcer');
    await w.clock.advance(590);
    await redirected(alice, `ALTER CALL 1 SET_INPUT PORT="${input.port}"`);
    (await input.connected).write(new Uint8Array(32_000 * 2));
    await w.clock.advance(1000);
    expect(alice.told('CALL 1 STATUS').at(-1)).toBe('INPROGRESS');
    expect(alice.told('CALL 1 VAA_INPUT_STATUS').at(-1)).toBe('TRUE');
    expect(alice.send('GET CALL 1 VAA_INPUT_STATUS')).toEqual(['CALL 1 VAA_INPUT_STATUS TRUE']);
    expect(alice.told('CALL 1 VAA_INPUT_STATUS')).not.toContain('FALSE');
    await redirected(alice, 'ALTER CALL 1 SET_INPUT');
    expect(alice.told('CALL 1 VAA_INPUT_STATUS').at(-1)).toBe('FALSE');
  });

  it('is FALSE while nothing is redirected, and TRUE from the first redirected sample', async () => {
    await using w = await world();
    await using input = await PcmPort.open();
    const { alice, out } = await talk(w);
    await w.clock.advance(100);
    expect(alice.told(`CALL ${out} VAA_INPUT_STATUS`)).toEqual(['FALSE']);
    await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${input.port}"`);
    (await input.connected).write(new Uint8Array(32_000));
    await w.clock.advance(100);
    expect(alice.told(`CALL ${out} VAA_INPUT_STATUS`)).toEqual(['FALSE', 'TRUE']);
  });
});
