/**
 * An exchange with a long history of chats: start-up, memory, and each command about one chat. Fails beyond the limits.
 * node --expose-gc bench/chats.mjs [messages=1000000] [chats=500]
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLAIN_MESSAGE } from '../build/exchange/chats/chat-message.js';
import { Exchange } from '../build/exchange.js';

const { ChatDatabase } = await import(
  new URL('../build/exchange/chat-store/chat-database.js', import.meta.url).href
);
const [first = '1000000', second = '500', folder] = process.argv.slice(2);
const [messages, chats] = [Number(first), Number(second)];
/** The limits, in ms and MB. */
const LIMITS = { start: 2000, memory: 250, search: 5, list: 5, get: 5, send: 5 };
const ROUNDS = 200;
const users = [
  { handle: 'alice' },
  ...Array.from({ length: chats }, (_, index) => ({ handle: `user${index}` })),
];

if (folder === undefined) await prepare();
else await measure();

/** Makes the history, and has it measured by a process that has not made it. */
async function prepare() {
  const stateFolder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
  process.on('exit', () => rmSync(stateFolder, { recursive: true, force: true }));
  const began = performance.now();
  const exchange = await Exchange.start({ users, stateFolder });
  const alice = attach(exchange);
  for (const { handle } of users.slice(1)) alice.ask(`MESSAGE ${handle} hello`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await exchange.close();
  fill(ChatDatabase.open(stateFolder));
  say(`${messages} messages in ${chats} chats, made in ${Math.round(performance.now() - began)} ms`);
  const args = ['--expose-gc', fileURLToPath(import.meta.url), first, second, stateFolder];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

function fill(store) {
  const views = store.views();
  const pairs = store.chats().map(({ number, state }) => ({
    number,
    handles: state.face.members.map(({ handle }) => handle),
    views: views.filter(({ chat }) => chat === number).map((view) => view.number),
  }));
  const from = Math.floor(Date.now() / 1000) - messages;
  let id = store.lastId;
  let last = 0;
  for (let made = 0; made < messages; ) {
    store.write(() => {
      for (const end = Math.min(messages, made + 10_000); made < end; made++) {
        const { number, handles, views: both } = pairs[made % pairs.length];
        const sender = handles[Math.floor(made / pairs.length) % 2];
        const body = `message ${made}: ${'lorem ipsum '.repeat(made % 8)}`;
        const message = { ...PLAIN_MESSAGE, chat: number, from: sender, type: 'SAID', body, at: from + made };
        last = store.addMessage(message);
        for (const view of both) store.addCopy({ id: ++id, view, seq: last, status: 'READ' });
      }
      store.keepLastId(id);
    });
  }
  // All of it has reached everybody.
  store.write(() => {
    for (const { number, state } of store.chats()) store.saveChat({ number, state: { ...state, last } });
    for (const view of views) store.saveView({ ...view, state: { ...view.state, delivered: last } });
  });
  store.close();
}

async function measure() {
  const began = performance.now();
  const exchange = await Exchange.start({ users, stateFolder: folder });
  const alice = attach(exchange);
  const results = { start: performance.now() - began };
  say(`${megabytes()} MB once it has started`);
  const names = alice.ask('SEARCH CHATS').slice('CHATS '.length).split(', ');
  const last = (line) => line.slice(line.lastIndexOf(' ') + 1);
  const ids = names.slice(0, 20).map((name) => last(alice.ask(`GET CHAT ${name} CHATMESSAGES`)));
  results.search = median((round) => alice.ask(`SEARCH CHATMESSAGES user${round % chats}`));
  results.list = median((round) => alice.ask(`GET CHAT ${names[round % chats]} CHATMESSAGES`));
  results.get = median((round) => alice.ask(`GET CHATMESSAGE ${ids[round % ids.length]} BODY`));
  results.send = median((round) => alice.ask(`CHATMESSAGE ${names[round % chats]} one more`));
  await new Promise((resolve) => setTimeout(resolve, 500));
  results.memory = megabytes();
  const listed = alice.ask(`GET CHAT ${names[0]} CHATMESSAGES`).split(',').length;
  say(`${listed} messages in one chat`);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const unit = name === 'memory' ? 'MB' : 'ms';
    const over = results[name] > limit;
    if (over) process.exitCode = 1;
    say(
      `${name.padEnd(8)}${results[name].toFixed(2).padStart(9)} ${unit} of ${limit}${over ? '  TOO MUCH' : ''}`,
    );
  }
  await exchange.close();
}

function megabytes() {
  globalThis.gc();
  return Math.round(process.memoryUsage().rss / 1e6);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function attach(exchange) {
  let answer = '';
  const session = exchange
    .endpoint('alice')
    .connect({ deliver: (line) => (answer ||= line), closed: () => undefined });
  const ask = (line) => {
    answer = '';
    session.receive(line);
    return answer;
  };
  ask('PROTOCOL 8');
  return { ask };
}

/** Median time of many rounds, in ms. */
function median(act) {
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const began = performance.now();
    act(round);
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[ROUNDS / 2];
}
