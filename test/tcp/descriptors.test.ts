import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { bytes, dial, ramp } from './peers.js';

/* The server runs in a process of its own that may have few files, from build/. */
const built = new URL('../../build/tcp/pcm-server.js', import.meta.url);
const LIMIT = 100;

const script = `
  const { PcmServer } = await import(process.argv[1]);
  const { openSync, closeSync } = await import('node:fs');
  const { createInterface } = await import('node:readline');
  const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
  const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' };
  const code = (promise) => promise.then(() => 'none', (error) => error.code);
  let tooMany;
  try {
    new PcmServer({ maxLeases: 5000 });
  } catch (error) {
    tooMany = { code: error.code, message: error.message };
  }
  const server = new PcmServer({ readIntervalMs: 20 });
  const [witness, waiting] = [await server.lease(receive), await server.lease(receive)];
  for (const lease of [witness, waiting]) lease.closed.then(({ kind }) => say({ closed: kind, stats: lease.stats }));
  say({ tooMany, maxLeases: server.maxLeases, advice: server.advice, ports: [witness.port, waiting.port] });
  const files = [];
  for await (const line of createInterface(process.stdin)) {
    if (line === 'exhaust') {
      let ended;
      while (!ended) {
        try {
          files.push(openSync('/dev/null', 'r'));
        } catch (error) {
          ended = error.code;
        }
      }
      say({ ended, lease: await code(server.lease(receive)) });
    }
    if (line === 'heard') say({ samples: witness.stats.samplesReceived, waiting: waiting.state.status });
    if (line === 'free') {
      for (const file of files) closeSync(file);
      const lease = await server.lease(receive);
      lease.abort();
      say({ freed: files.length });
    }
    if (line === 'fill') {
      const leases = [];
      for (;;) {
        try {
          leases.push(await server.lease(receive));
        } catch (error) {
          say({ leases: leases.length, code: error.code, message: error.message });
          break;
        }
      }
      for (const lease of leases) lease.abort();
    }
    if (line === 'end') break;
  }
  await server.close();
  process.exit();`;

/** The server's process, which answers each line with one of JSON. */
function startServer() {
  const command = `ulimit -n ${LIMIT}; exec "$0" --input-type=module -e "$1" "$2"`;
  const child = spawn('sh', ['-c', command, process.execPath, script, built.href], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async () => JSON.parse(String((await lines.next()).value));
  const ask = (line: string) => {
    child.stdin.write(`${line}\n`);
    return answer();
  };
  return { answer, ask, stop: () => child.kill() };
}

describe.skipIf(process.platform === 'win32' || !existsSync(built))(
  'a process that may have few files (needs ulimit and npm run build)',
  () => {
    test('file descriptors run out: connections go on, waiting peers are accepted later, and it is reported', async () => {
      const { answer, ask, stop } = startServer();
      const { tooMany, maxLeases, advice, ports } = await answer();
      const fit = Math.floor((LIMIT - 64) / 3);
      expect(maxLeases).toBe(fit);
      expect(advice).toMatch(
        new RegExp(`may have ${LIMIT}, which is enough for ${fit}\\. Start it under "ulimit -n 30064"`),
      );
      expect(tooMany).toMatchObject({
        code: 'ERR_LIMIT',
        message: expect.stringContaining('ulimit -n 15064'),
      });

      const witness = await dial(ports[0]);
      let sent = 0;
      const speak = async () => {
        witness.write(bytes(ramp(16_000, sent)));
        sent += 16_000;
        let heard = { samples: 0, waiting: '' };
        while (heard.samples < sent) heard = await ask('heard');
        return heard;
      };
      await speak();
      expect(await ask('exhaust')).toEqual({ ended: 'EMFILE', lease: 'ERR_LIMIT' });
      await speak();
      const turnedAway = connect({ port: ports[1], host: '127.0.0.1' });
      await new Promise<void>((resolve) => turnedAway.on('error', () => {}).once('close', () => resolve()));
      expect(await speak()).toMatchObject({ waiting: 'open' });

      expect((await ask('free')).freed).toBeGreaterThan(10);
      const peer = await dial(ports[1]);
      peer.end(bytes(ramp(1234)));
      expect(await answer()).toMatchObject({
        closed: 'peer-ended',
        stats: { samplesReceived: 1234, unheard: 1234 },
      });
      await speak();
      const full = await ask('fill');
      expect(full).toMatchObject({ leases: fit - 1, code: 'ERR_LIMIT' });
      expect(full.message).toContain('ulimit -n');
      witness.end();
      expect(await answer()).toMatchObject({
        closed: 'peer-ended',
        stats: { samplesReceived: sent, dropped: 0 },
      });
      stop();
    });
  },
);
