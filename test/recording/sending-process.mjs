// Sends the streams of a call in real time, as an endpoint does that runs beside the recorder: a frame of 20 ms of each
// stream at once, and what it owes as soon as it gets processor time. Each sample of a frame says which one it is.
// Messages: `{ dial, port }` connects a stream, answered by `{ connected }`; at the end `{ sent }`, the frames of each.
// Run by two-processes.test.ts.
import { once } from 'node:events';
import { connect } from 'node:net';

const FRAME_MS = 20;
const FRAME = 320;
const LEVEL = 20;
/** Frames in all; the stream that stalls, how often and for how long, in frames. */
const [frames, stalls, every, lost] = process.argv.slice(2);
const streams = new Map();
const sent = {};

process.on('message', async ({ dial, port }) => {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  streams.set(dial, socket);
  sent[dial] = [];
  process.send({ connected: dial });
});

const start = performance.now();
let index = 0;
// timer: it sends in real time, as an endpoint does.
const timer = setInterval(() => {
  for (; index < Number(frames) && (index + 1) * FRAME_MS <= performance.now() - start; index++) {
    for (const [stream, socket] of streams) {
      if (stream === stalls && index % Number(every) >= Number(every) - Number(lost)) continue;
      socket.write(Buffer.from(new Int16Array(FRAME).fill((index + 1) * LEVEL).buffer));
      sent[stream].push(index);
    }
  }
  if (index < Number(frames)) return;
  clearInterval(timer);
  for (const socket of streams.values()) socket.end();
  process.send({ sent }, () => process.disconnect());
}, 5);
