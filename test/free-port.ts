import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports below those that systems give to sockets that ask for none: such a socket cannot take one in between. */
const [FROM, TO] = [12_000, 32_000];
const ATTEMPTS = 100;

/** Finds a port for a program that has to be told one: free for UDP and TCP on 127.0.0.1, as is the next one. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FROM + 2 * Math.floor((Math.random() * (TO - FROM)) / 2);
    const free = await Promise.all([port, port + 1].flatMap((each) => [udpFree(each), tcpFree(each)]));
    if (!free.includes(false)) return port;
  }
  throw new Error(`There is no free pair of ports from ${FROM} to ${TO}.`);
}

async function udpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  const isFree = await bound(socket);
  await new Promise<void>((resolve) => socket.close(resolve));
  return isFree;
}

async function tcpFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await bound(server);
  if (isFree) await new Promise((resolve) => server.close(resolve));
  return isFree;
}

const bound = (socket: NodeJS.EventEmitter) =>
  once(socket, 'listening').then(
    () => true,
    () => false,
  );
