import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import type { Lease } from '../../src/tcp/lease.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { openNetwork } from '../network.js';
import { CollectingSink } from './peers.js';

const network = openNetwork();
afterAll(() => network?.close());

/** Connects from one of its addresses to ports of ours: `s` sends and reads, `r` only reads, `n` does neither. */
const PEER = `
import socket, sys, threading, time
own, host = sys.argv[1:3]
def work(what, port):
    s = socket.socket()
    s.bind((own, 0))
    s.connect((host, int(port)))
    def read():
        while s.recv(65536): pass
    if what != 'n': threading.Thread(target=read, daemon=True).start()
    while what == 's':
        s.sendall(b'\\1\\0' * 320)
        time.sleep(.02) # timer: it is live voice
    threading.Event().wait()
for each in sys.argv[3:]: threading.Thread(target=work, args=(each[0], each[1:]), daemon=True).start()
print('on', flush=True)
sys.stdin.read()
`;

test.skipIf(!network)(
  'a machine that loses its network loses its leases, whatever they send; one that does not read keeps its own (needs root)',
  async () => {
    const { here, there, run, vanish } = network!;
    await using server = new PcmServer({
      host: here,
      allow: ['198.18.0.0/15'],
      peerUsers: 'any',
      keepAliveMs: 1000,
    });
    const format = { sampleRate: 48_000, channels: 2 };
    const lease = async (direction: Lease['direction']) => {
      const made = await server.lease({ object: 'CALL 1', stream: 'output', direction, format });
      if (direction !== 'send') made.addSink(new CollectingSink());
      return made;
    };
    const gone = [await lease('receive'), await lease('both'), await lease('send')] as const;
    const unread = await lease('send');
    const claimed = Promise.all([...gone, unread].map((each) => each.claimed()));
    const ports = [`s${gone[0].port}`, `s${gone[1].port}`, `r${gone[2].port}`];
    await run(PEER, there[0], here, ...ports);
    await run(PEER, there[1], here, `n${unread.port}`);
    await claimed;
    await Promise.all(gone.map((each) => each.state.status === 'flowing' || once(each, 'flowing')));

    const closed = gone.map((each) => once(each, 'closed'));
    vanish(there[0]);
    for (const [reason] of await Promise.all(closed)) {
      expect(reason).toMatchObject({ kind: 'peer-reset', error: { code: 'ERR_PEER' } });
    }
    expect(unread.state.status).toBe('flowing');
    // What cannot be flushed to a peer that is gone holds nothing up; this one is cut off by us.
    unread.abort();
  },
  40_000,
);
