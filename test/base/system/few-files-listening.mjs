// Listens in all ways, with few files. Takes all files that are left, and gives them back, as it is told by lines.
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../build/base/time/clock.js';
import { listenForOwner } from '../../../build/files/owner-socket.js';
import { HttpListener } from '../../../build/http/http-listener.js';
import { TcpConnectionListener } from '../../../build/line/audiosocket/tcp-connection.js';
import { WebSocketListener } from '../../../build/line/websocket/web-socket-listener.js';

const [, , path] = process.argv;
const at = { port: 0, host: '127.0.0.1', maxConnections: 10 };
const owner = createServer((socket) => socket.destroy());
await listenForOwner(owner, path, 'serve at');
const ports = [
  await HttpListener.open(at, async () => undefined),
  await TcpConnectionListener.open(at, (connection) => connection.abort()),
  await WebSocketListener.open({ ...at, access: {}, subprotocols: [], clock: systemClock }, () => undefined),
].map(({ port }) => port);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
say(ports);
const files = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'take') {
    try {
      for (;;) files.push(openSync('/dev/null', 'r'));
    } catch ({ code }) {
      say(code);
    }
  } else {
    for (const file of files.splice(0)) closeSync(file);
    say('given back');
  }
}
