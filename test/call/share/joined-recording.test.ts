import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attach, MemoryTransport, recordCall } from '../../../src/index.js';
import { PcmServer, shareJoiner } from '../../../src/pcm.js';
import { OneCall } from '../../recording/hand-fed.js';
import { serviceFolder } from '../../service/service-day.js';

const FRAME = 320;
const folder = serviceFolder();
let sharer: Server;
let asked: Promise<Socket>;
beforeEach(async () => {
  sharer = createServer();
  asked = new Promise((resolve) => {
    sharer.once('connection', (peer: Socket) => {
      peer.on('error', () => undefined);
      createInterface({ input: peer }).once('line', () => resolve(peer));
    });
  });
  await new Promise<void>((resolve) => void sharer.listen(folder('voice.sock'), resolve));
});
afterEach(() => sharer.close());

type Say = (line: object) => void;
const pcm = (level: number) => Buffer.from(new Int16Array(FRAME).fill(level).buffer).toString('base64');
/** Frames of both legs. */
const frames = (say: Say, from: number, count: number) => {
  for (let frame = from; frame < from + count; frame++) {
    say({ leg: 'remote', position: frame * FRAME, pcm: pcm(1000) });
    say({ leg: 'local', position: frame * FRAME, pcm: pcm(2000) });
  }
};

/** Records a call that another program shares, which does `work`; resolves to the recording and its sidecar. */
async function recorded(
  answer: object,
  work: (say: Say, peer: Socket, endpoint: OneCall) => void | Promise<void>,
) {
  const endpoint = new OneCall(() => Promise.reject(new Error('Nothing is redirected.')));
  endpoint.takenBy = 4242;
  await using client = await attach(new MemoryTransport(endpoint));
  await using server = new PcmServer();
  const call = await client.call('ann');
  const join = shareJoiner([folder('voice.sock')]);
  const opening = recordCall(call, server, { file: folder('call.wav'), input: false, join });
  const peer = await asked;
  const say: Say = (line) => void peer.write(`${JSON.stringify(line)}\n`);
  say(answer);
  const recording = await opening;
  await work(say, peer, endpoint);
  return await recording.finished;
}
const PACED = { ok: true, object: 'CALL 1', remote: 64_000, local: 64_000, paced: true };
const end = (say: Say, endpoint: OneCall) => {
  for (const leg of ['remote', 'local']) say({ leg, end: true });
  endpoint.status('FINISHED');
};

describe('a recording of a voice that is shared', () => {
  it('is complete where nothing was lost, and lies by its positions from where it was joined', async () => {
    const { sidecar } = await recorded(PACED, (say, _, endpoint) => {
      // What is played is ahead of what is heard.
      for (let frame = 200; frame < 203; frame++)
        say({ leg: 'local', position: frame * FRAME, pcm: pcm(2000) });
      for (let frame = 200; frame < 400; frame++) {
        say({ leg: 'remote', position: frame * FRAME, pcm: pcm(1000) });
        say({ leg: 'local', position: (frame + 3) * FRAME, pcm: pcm(2000) });
      }
      end(say, endpoint);
    });
    expect(sidecar).toMatchObject({
      complete: true,
      end: 'call-ended',
      audio: { samples: 200 * FRAME },
      legs: { local: { ledger: { missing: 0 } }, remote: { ledger: { missing: 0 } } },
    });
  });

  it('lists samples that were lost between the two processes, at their place', async () => {
    const { sidecar } = await recorded(PACED, (say, _, endpoint) => {
      frames(say, 200, 50);
      frames(say, 275, 50);
      end(say, endpoint);
    });
    const lost = { kind: 'missing', reason: 'dropped', from: 50 * FRAME, samples: 25 * FRAME };
    expect(sidecar.complete).toBe(false);
    for (const leg of [sidecar.legs.local.ledger, sidecar.legs.remote.ledger]) {
      expect(leg).toMatchObject({ received: 100 * FRAME, missing: 25 * FRAME });
      expect(leg.spans).toContainEqual(lost);
    }
  });

  it.each([
    ['is killed', (_: Say, peer: Socket) => void peer.destroy()],
    ['says what is no frame', (say: Say) => say({ leg: 'remote', position: -1, pcm: '' })],
    ['skips a year', (say: Say) => say({ leg: 'remote', position: 16_000 * 86_400 * 365, pcm: pcm(1) })],
  ])('is not complete where the other process %s, and has all that came before', async (_, hurt) => {
    const { sidecar, error } = await recorded(PACED, (say, peer) => {
      frames(say, 200, 50);
      peer.write('', () => hurt(say, peer));
    });
    expect(error).toMatchObject({ code: 'ERR_PEER' });
    expect(sidecar).toMatchObject({ complete: false, end: 'connection-lost' });
    expect(sidecar.legs.remote.ledger.received).toBe(50 * FRAME);
    expect(sidecar.legs.local.ledger.received).toBe(50 * FRAME);
  });
});
