// Calls that a robot of the exchange echoes: the way of a packet that is loud there and back, and what it costs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Exchange } from '../../dist/exchange.js';
import { sipLine } from '../../dist/line.js';
import { startPeers } from './peers.mjs';

/** Packets of each call that may be missing: those that are on their way when the peers stop. */
const ON_THE_WAY = 10;

/** Measures a count of calls. Returns false where packets are missing. */
export async function echo(calls, seconds) {
  const exchange = await Exchange.start();
  exchange.addRobot({
    identity: { handle: 'robot', fullName: 'Robot', network: 'P2P' },
    arrive: (attempt) => attempt.answer(echoLeg()),
  });
  const line = sipLine({
    listen: { udp: { host: '127.0.0.1', port: 0 } },
    trunk: { uri: 'sip:127.0.0.1' },
    to: 'robot',
    limits: { calls: 10_000, callsPerMinute: 60_000 },
  });
  await exchange.addLine(line);
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-echo-'));
  const peers = await startPeers(folder);
  await peers.call('sip', line.addresses[0].port, calls);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await delay(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const cores = (user + system) / 1000 / (performance.now() - startedAt);
  const { packets, received, lateMs, delays } = await peers.silence();
  await peers.hangUp();
  await peers.close();
  await exchange.close();
  await rm(folder, { recursive: true });
  delays.sort((a, b) => a - b);
  const at = (part) => (delays[Math.floor(delays.length * part)] ?? Number.NaN).toFixed(0);
  process.stdout.write(
    `\n${calls} calls that are echoed: ${cores.toFixed(2)} cores; there and back p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ` +
      `${packets} packets sent (up to ${lateMs} ms late), ${received} came back\n`,
  );
  return received >= packets - ON_THE_WAY * calls;
}

function echoLeg() {
  const kept = new Int16Array(320);
  const leg = {
    identity: { handle: 'robot', fullName: 'Robot', network: 'P2P' },
    place: () => undefined,
    connected: () => undefined,
    ended: () => undefined,
    speak: (frame) => frame.set(kept),
    hear: (frame) => kept.set(frame),
    leave: async () => undefined,
  };
  leg.voice = leg;
  return leg;
}
