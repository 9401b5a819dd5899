// The other side of bench/record.mjs: dials ports and sends each a packet of 20 ms every 20 ms. All streams carry the
// same ramp, so that the recordings show how far apart their legs are.
import { connect } from 'node:net';

const PACKET = 320;
const sockets = new Map();
let tick = 0;
let sending = true;

process.on('message', ({ dial, stop }) => {
  if (stop) {
    sending = false;
    for (const { socket } of sockets.values()) socket.end();
    const sent = [...sockets].map(([port, { samples }]) => [port, samples]);
    process.send({ sent });
    return;
  }
  const socket = connect({ host: '127.0.0.1', port: dial, noDelay: true });
  socket.on('error', () => undefined);
  socket.on('connect', () => {
    sockets.set(dial, { socket, samples: 0 });
    process.send({ dialled: dial });
  });
});
process.on('disconnect', () => process.exit());

const startedAt = performance.now();
function send() {
  if (tick * 20 <= performance.now() - startedAt) {
    const packet = Int16Array.from({ length: PACKET }, (_, i) => ((tick * PACKET + i) % 30_000) + 1);
    const bytes = Buffer.from(packet.buffer);
    for (const stream of sockets.values()) {
      if (!sending) break;
      stream.socket.write(bytes);
      stream.samples += PACKET;
    }
    tick++;
  }
  setTimeout(send, startedAt + tick * 20 - performance.now());
}
send();
