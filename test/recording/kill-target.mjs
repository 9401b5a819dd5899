// Records a call until it is killed: what it says is a ramp that tells each sample's place. Every 20 ms it prints how
// many samples it has said, when, and 1 once that is being recorded. Time is its own: 20 ms of it take at least 20 ms,
// and pass only when the process gets the processor and its files are served, so that what a kill may cost is told in
// time in which it could work. With a recipient it encrypts. Run by recording-kill.proof.test.ts, on the built package.
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises'; // timer: it is voice that is killed in the middle
import { attach, Exchange, MemoryTransport, PcmServer, recordCall, VirtualClock } from '../../dist/index.js';

const TICK_MS = 20;
const [file, readClass, recipient] = process.argv.slice(2);
const clock = new VirtualClock(Date.now());
let said = 0;
let recording;
const soundCard = {
  capture(frame) {
    for (let i = 0; i < frame.length; i++) frame[i] = ((said + i) % 30_000) + 1;
    said += frame.length;
    process.stdout.write(`${said} ${clock.now()} ${recording ? 1 : 0}\n`);
  },
  play: () => undefined,
};

async function record() {
  const exchange = await Exchange.start({ clock, users: [{ handle: 'jack', soundCard }] });
  const client = await attach(new MemoryTransport(exchange.endpoint()), { clock });
  const call = await client.call('echo123');
  recording = await recordCall(call, new PcmServer({ clock }), {
    clock,
    file,
    input: false,
    readClass,
    ...(recipient && { encryptTo: [recipient] }),
    ...(!recipient && { outputs: ['flac'] }),
  });
  await recording.finished;
}

record();
for (;;) {
  await Promise.all([sleep(TICK_MS), stat('.')]);
  await clock.advance(TICK_MS);
}
