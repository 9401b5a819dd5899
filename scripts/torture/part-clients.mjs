// Hostile clients on an exchange; the next honest one has to be served, and the machine not eaten.
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { attach } from '../../dist/index.js';
import { modeFaults, treeOf } from './invariants.mjs';
import { callEcho, openYard, startExchange } from './lab.mjs';

/** What the exchange may take of the memory, and of the disk. */
const MOST_RESIDENT_KB = 700_000;
const PROTOTYPE = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const OBJECTS = ['CALL 1', 'USER echo123', 'PROFILE', 'VOICEMAIL 1', 'CHAT x', 'APPLICATION x', 'MESSAGE 1'];

/** Each gives what is written to one connection. */
const BLOWS = {
  'command flood': (random) => 'GET USERSTATUS\n'.repeat(random.between(1000, 20_000)),
  'call flood': (random) => 'CALL echo123\n'.repeat(random.between(100, 3000)),
  'half a line': (random) => `SET PROFILE MOOD_TEXT ${'x'.repeat(random.between(1, 200_000))}`,
  'endless line': (random) => 'y'.repeat(random.between(1_000_000, 3_000_000)),
  'line breaks in values': (random) =>
    ['\r', '\0', '\u2028', '\u0085']
      .map((end) => `SET PROFILE FULLNAME a${end}${random.between(0, 9)}\n`)
      .join(''),
  'prototype names': (random) =>
    OBJECTS.map((object) => {
      const name = random.pick(PROTOTYPE);
      return `GET ${object} ${name}\nSET ${object} ${name} 1\nALTER ${object} ${name} PORT="9"\n`;
    }).join(''),
  'huge ABOUT': (random) => `SET PROFILE ABOUT ${'z'.repeat(random.between(10_000, 250_000))}\n`.repeat(40),
  'markup without end': (random) =>
    `SET PROFILE RICH_MOOD_TEXT ${'<'.repeat(random.between(1000, 200_000))}\n`,
  noise: (random) => random.bytes(random.between(1, 100_000)),
  'files outside': () =>
    ['../canary.wav', '/etc/passwd', '/proc/self/mem', 'a/../../canary.wav']
      .map((file) => `ALTER CALL 1 SET_OUTPUT FILE="${file}"\nALTER VOICEMAIL 1 SET_INPUT FILE="${file}"\n`)
      .join(''),
};

export const part = {
  name: 'clients',
  async open({ count }) {
    const yard = await openYard();
    const state = join(yard.inside, 'state');
    const begin = () => startExchange('--user', 'jack', 'jill', '--state', state, '--files', yard.inside);
    let exchange = await begin();
    return {
      close: async () => {
        await exchange.command.end();
        await yard.remove();
      },
      async step(random, step) {
        if (exchange.command.ended()) exchange = await begin();
        const kinds = Array.from({ length: random.between(1, 6) }, () => random.pick(Object.keys(BLOWS)));
        count('hostile clients', kinds.length);
        await Promise.all(kinds.map((kind) => strike(exchange.port, BLOWS[kind](random), random)));
        const faults = await honest(exchange);
        faults.push(...(await yard.faults()));
        if (step % 3 === 0 && !exchange.command.ended()) {
          exchange.command.kill();
          await exchange.command.exited;
          count('kills');
          faults.push(...modeFaults(await treeOf(state)));
        }
        if (faults.length > 0 || exchange.command.ended()) {
          exchange.command.kill();
          exchange = await begin().catch(async (error) => {
            faults.push(`it does not start with its state: ${error.message}`);
            await rm(state, { recursive: true, force: true });
            return await begin();
          });
        }
        return faults.map((fault) => `${kinds.join(' + ')}: ${fault}`);
      },
    };
  },
};

/** Attaches, writes, and goes: at once, politely, or after having read for a while. */
function strike(port, bytes, random) {
  const way = random.pick(['vanish', 'end', 'never read']);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', resolve);
    const timer = setTimeout(() => socket.destroy(), 2000);
    socket.on('close', () => clearTimeout(timer));
    if (way === 'never read') socket.pause();
    else socket.resume();
    socket.write('NAME torture\nPROTOCOL 8\n');
    socket.write(bytes, () => {
      if (way === 'vanish') socket.destroy();
      if (way === 'end') socket.end();
    });
  });
}

/** What an honest client finds, of another user: what one takes of its own is its own. */
async function honest({ command }) {
  const faults = [];
  try {
    const signal = AbortSignal.timeout(30_000);
    const { port } = command.lines.find(({ event, handle }) => event === 'listening' && handle === 'jill');
    const calls = await callEcho(port);
    await calls.hangUp();
    const client = await attach(`tcp:${port}`, { name: 'honest', signal });
    await client.close();
  } catch (error) {
    faults.push(`the next honest client is not served: ${error.message}`);
  }
  const ended = command.ended();
  if (ended) return [...faults, `the exchange ended with ${ended.signal ?? ended.code}: ${command.stderr()}`];
  const status = await readFile(`/proc/${command.pid}/status`, 'utf8').catch(() => '');
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  if (resident > MOST_RESIDENT_KB) faults.push(`the exchange takes ${Math.round(resident / 1024)} MB`);
  return faults;
}
