// Bots under load: so many calls at once, each bot playing and gathering without a pause. The exchange and its callers
// are a process of their own; the bots are this one. Every caller reads from the samples that he hears how late they are.
//
//   npm run bench:bots             300 bots for 20 s
//   npm run bench:bots -- 100 10   100 bots for 10 s
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { attach, BotHost, bot, Exchange, MemoryTransport, PcmServer, TcpTransport } from '../dist/index.js';

const SAMPLES_PER_MS = 16;
/** A ramp: each sample tells its place in the prompt. Never 0, which is silence. */
const RAMP = 20_000;
const PROMPT = Int16Array.from({ length: 160_000 }, (_, index) => (index % RAMP) + 1);
const FRAME_MS = 20;
const PRESS_EVERY_MS = 3000;
const MOST_LATE_MS = 40;

async function beBots(count, seconds) {
  const child = fork(fileURLToPath(import.meta.url), [String(count), String(seconds)]);
  const port = await message(child, 'port');
  const client = await attach(new TcpTransport({ port }));
  const server = new PcmServer();
  const host = new BotHost({ client, server });
  let gathered = 0;
  const player = bot(async (call) => {
    for (;;) {
      const { digits } = await call.gather({ prompt: PROMPT, timeoutMs: 0 });
      gathered += digits.length;
    }
  });
  host.attend(player);
  child.send('call');
  await message(child, 'talking');
  const before = process.cpuUsage();
  const pressedBefore = gathered;
  const { late, behind, gaps, silenced, cuts, frames, pressed, cores } = await message(child, 'heard');
  const cpu = process.cpuUsage(before);
  const active = host.activeCalls;
  child.send('end');
  await host[Symbol.asyncDispose]();
  await client.close();
  await server.close();
  const line = (name, text) => process.stdout.write(`${name.padEnd(38)}${text}\n`);
  line('bots at once', `${active} for ${seconds} s, ${frames} of ${count * seconds * 50} frames heard`);
  line('lateness of a frame, ms', percentiles(late));
  line('the same by the clock, ms', percentiles(behind));
  line('frames that were silent', `${gaps}`);
  line('from key to the old prompt’s end, ms', percentiles(silenced));
  line('from key to new prompt, heard, ms', percentiles(cuts));
  line('keys pressed, gathered', `${pressed}, ${gathered - pressedBefore}`);
  line('CPU of the bots’ process', `${((cpu.user + cpu.system) / 1e6 / seconds).toFixed(2)} cores`);
  line('CPU of the exchange’s process', `${cores.toFixed(2)} cores`);
  const p99 = percentile(late, 0.99);
  if (active < count || p99 > MOST_LATE_MS) {
    process.stdout.write(`Missed: ${count} bots with p99 at most ${MOST_LATE_MS} ms.\n`);
    process.exitCode = 1;
  }
  await new Promise((resolve) => child.once('exit', resolve));
}

async function beExchange() {
  const [count, seconds] = process.argv.slice(2).map(Number);
  const callers = Array.from({ length: count }, (_, index) => new Caller(`caller${index}`));
  const users = callers.map(({ handle, card }) => ({ handle, soundCard: card }));
  const exchange = await Exchange.start({ users: [{ handle: 'the.bot' }, ...users] });
  process.send({ port: await exchange.listen({ handle: 'the.bot' }) });
  await command('call');
  for (const caller of callers) await caller.dial(exchange);
  await Promise.all(callers.map((caller) => caller.talking));
  await sleep(2000);
  const heard = { late: [], behind: [], gaps: 0, silenced: [], cuts: [], frames: 0, pressed: 0 };
  for (const caller of callers) caller.measure(heard);
  process.send({ talking: true });
  const before = process.cpuUsage();
  await sleep(seconds * 1000);
  const cpu = process.cpuUsage(before);
  heard.cores = (cpu.user + cpu.system) / 1e6 / seconds;
  for (const caller of callers) caller.stop();
  await sleep(300);
  process.send({ heard });
  await command('end');
  // Before their endpoint goes, which they would try to find again.
  for (const caller of callers) await caller.client.close();
  await exchange.close();
  process.disconnect();
}

/** Somebody who presses a key every three seconds, and listens. */
class Caller {
  card = { capture: (frame) => frame.fill(0), play: (frame) => this.#hear(frame) };
  #ticks = 0;
  #last = 0;
  #delays = [];
  #times = [];
  #pressedAt = 0;
  /** When the last frame that was not silent will have been played. */
  #soundedAt = 0;
  #heard;
  #timer;

  constructor(handle) {
    this.handle = handle;
  }

  async dial(exchange) {
    this.client = await attach(new MemoryTransport(exchange.endpoint(this.handle)));
    this.call = await this.client.call('the.bot');
    this.talking = this.call.reached('INPROGRESS');
    await sleep(15);
  }

  measure(heard) {
    this.#heard = heard;
    const press = () => {
      heard.pressed++;
      this.#pressedAt = performance.now();
      void this.call.sendDtmf('5').catch(() => undefined);
    };
    this.#timer = setTimeout(() => {
      press();
      this.#timer = setInterval(press, PRESS_EVERY_MS);
    }, Math.random() * PRESS_EVERY_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    this.#settle();
    this.#heard = undefined;
  }

  #hear(frame) {
    this.#ticks += frame.length;
    const heard = this.#heard;
    if (!heard) return;
    heard.frames++;
    const value = frame[0];
    if (value === 0) {
      // Between two prompts there is silence; within one there must be none.
      if (this.#pressedAt === 0) heard.gaps++;
      return;
    }
    if (this.#pressedAt > 0 && (value < this.#last || value - this.#last > 8000) && value < 4000) {
      heard.cuts.push(performance.now() - this.#pressedAt);
      heard.silenced.push(Math.max(0, this.#soundedAt - this.#pressedAt));
      this.#pressedAt = 0;
      this.#settle();
    }
    this.#last = value;
    this.#soundedAt = performance.now() + FRAME_MS;
    if (this.#pressedAt > 0) return;
    this.#delays.push((((this.#ticks - value) % RAMP) + RAMP) % RAMP);
    this.#times.push(performance.now() - this.#ticks / SAMPLES_PER_MS);
  }

  /** How much later than the earliest of its prompt each frame was: on the line of samples, and by the clock as well. */
  #settle() {
    const first = this.#delays[0] ?? 0;
    const relative = this.#delays.map((delay) => ((delay - first + RAMP / 2 + RAMP) % RAMP) - RAMP / 2);
    const base = relative.reduce((least, delay) => Math.min(least, delay), 0);
    const late = relative.map((delay) => (delay - base) / SAMPLES_PER_MS);
    const onClock = late.map((ms, index) => ms + this.#times[index]);
    const soonest = onClock.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
    this.#heard?.late.push(...late);
    this.#heard?.behind.push(...onClock.map((time) => time - soonest));
    this.#delays = [];
    this.#times = [];
  }
}

function percentile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function percentiles(values) {
  const text = (part) => percentile(values, part).toFixed(0);
  return `p50 ${text(0.5)}, p99 ${text(0.99)}, most ${text(1)}`;
}

function message(child, name) {
  return new Promise((resolve) => {
    const take = (sent) => {
      if (!(name in sent)) return;
      child.off('message', take);
      resolve(sent[name]);
    };
    child.on('message', take);
  });
}

function command(name) {
  return new Promise((resolve) => {
    const take = (sent) => {
      if (sent !== name) return;
      process.off('message', take);
      resolve();
    };
    process.on('message', take);
  });
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (process.send) await beExchange();
else await beBots(Number(process.argv[2] ?? 300), Number(process.argv[3] ?? 20));
