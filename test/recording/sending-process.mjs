// Sends the streams of calls in real time, as an endpoint does that runs beside the recorder: a frame of 20 ms of each
// stream at once, and what it owes as soon as it gets processor time. Each sample of a frame says which one it is.
// Messages: `{ dial, port, stalls }` connects a stream by a name, answered by `{ connected }`; one that stalls leaves out
// the last `lost` of each `every` frames. `{ frames }` ends it after so many, answered by `{ sent }`, those of each stream, and
// by when the first was begun to be sent.
// Run by two-processes.proof.test.ts.
import { once } from 'node:events';
import { connect } from 'node:net';

const FRAME_MS = 20;
const FRAME = 320;
const LEVEL = 20;
const streams = new Map();
const start = performance.now();
let frames = Number.POSITIVE_INFINITY;
let index = 0;

process.on('message', async ({ dial, port, stalls, frames: last }) => {
  if (last !== undefined) {
    frames = index + last;
    return;
  }
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  streams.set(dial, { socket, stalls, sent: [] });
  process.send({ connected: dial });
});

// timer: it sends in real time, as an endpoint does.
const timer = setInterval(() => {
  for (; index < frames && (index + 1) * FRAME_MS <= performance.now() - start; index++) {
    for (const { socket, stalls, sent } of streams.values()) {
      if (stalls && index % stalls.every >= stalls.every - stalls.lost) continue;
      socket.write(Buffer.from(new Int16Array(FRAME).fill((index + 1) * LEVEL).buffer));
      sent.push(index);
    }
  }
  if (index < frames) return;
  clearInterval(timer);
  for (const { socket } of streams.values()) socket.end();
  const sent = Object.fromEntries([...streams].map(([name, stream]) => [name, stream.sent]));
  const startedAtMs = performance.timeOrigin + start;
  process.send({ sent, startedAtMs }, () => process.disconnect());
}, 5);
