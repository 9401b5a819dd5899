// A day of calls through one service, on a clock that runs as fast as the work allows: a recorder, two bots, an answering
// machine, and a person who sometimes is quicker than the machine. Everything follows from the seed.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  attach,
  Exchange,
  MemoryTransport,
  sleep,
  toneSamples,
  VirtualClock,
  WavWriter,
} from '../../dist/index.js';
import { EventFeed, Service } from '../../dist/service.js';
import { Ledger } from './ledger.mjs';

const HOUR_MS = 3_600_000;
const CALLERS = ['boss', 'spammer', ...Array.from({ length: 10 }, (_, index) => `caller${index}`)];
/** The time within which the menu answers, in hours of the day. */
const OPEN = { from: 9, to: 17.5 };
/** No call is placed so close to the end of a rule's hours that it is not clear which one counts, in ms. */
const EDGE_MS = 5000;
/** The machine answers after this long, in ms. */
const MACHINE_MS = 6000;
/** The clock may be so far before voice that is on its way, in ms: less than what passes for a stall. */
const BEHIND_MS = 300;

/** Counts the timers that wait, so that one that nobody takes back shows, and stands still while `pace` wants it to. */
class CountingClock extends VirtualClock {
  waiting = 0;
  pace = async () => undefined;
  timerAt(at, task) {
    let waits = true;
    const over = () => {
      if (waits) this.waiting--;
      waits = false;
    };
    this.waiting++;
    const cancel = super.timerAt(at, async () => {
      over();
      await this.pace();
      await task();
    });
    return () => {
      over();
      cancel();
    };
  }
}

/**
 * Has a service live through a day.
 *
 * @param options.folder Empty; takes all files of the day.
 * @param options.random Numbers from 0 to 1.
 * @param options.onHour Called when an hour is over and no call goes on: with the calls and the timers that wait.
 * @returns the faults in words, how many calls were taken by whom, how many recordings and messages there are.
 */
export async function serveDay({ folder, calls, hours = 24, random, onHour = () => undefined }) {
  const clock = new CountingClock(Date.UTC(2026, 0, 5));
  const files = await prepared(folder);
  const exchange = await Exchange.start({
    ...{ clock, patienceMs: 5000, fileRoots: [folder], historyLimit: 20 },
    users: ['desk', 'shop', ...CALLERS].map((handle) => ({ handle })),
  });
  const feed = new EventFeed(clock);
  const ledger = new Ledger();
  const reading = feed.each({ name: 'ledger', limit: 100_000 }, (event) => ledger.take(event));
  const service = await Service.start(configOf(folder, files), { feed, clock, exchange });
  clock.pace = paceOf(service, clock);
  const connect = (handle) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  const person = await connect('desk');
  const callers = new Map();
  for (const handle of CALLERS) callers.set(handle, { handle, client: await connect(handle), busy: false });
  const day = { clock, callers, person, speech: files.speech, random, placed: [] };

  const faults = [];
  const tally = {};
  const settled = async () => {
    while (service.recorder.recordings.length > 0) await new Promise((resolve) => setImmediate(resolve));
    const placed = day.placed.splice(0);
    for (const { by = 'nobody' } of placed) tally[by] = (tally[by] ?? 0) + 1;
    faults.push(...(await ledger.settle(placed)));
  };
  const living = (async () => {
    for (let hour = 0; hour < hours; hour++) {
      const share = Math.round((calls * (hour + 1)) / hours) - Math.round((calls * hour) / hours);
      await liveHour(day, hour, share);
      await standing(clock, async () => {
        await settled();
        // Each client keeps the calls that it has had; those of the service are what is looked at.
        for (const caller of callers.values()) {
          await caller.client.close();
          caller.client = await connect(caller.handle);
        }
        await onHour({ hour: hour + 1, timers: clock.waiting });
      });
    }
  })();
  await drive(clock, living);
  await drive(clock, service[Symbol.asyncDispose]());
  for (const client of [person, ...[...callers.values()].map(({ client }) => client)]) await client.close();
  await drive(clock, exchange.close());
  feed.close();
  await reading;
  await living;
  faults.push(...(await leftOver(folder)));
  return { faults, tally, recordings: ledger.recordings, messages: ledger.messages };
}

/**
 * Lets time go on no faster than voice arrives that nothing is played to: the exchange waits for what it is to play, and
 * for nobody who listens.
 */
function paceOf(service, clock) {
  const origins = new WeakMap();
  const behind = ({ voice: { input, remote }, call }) => {
    const heardMs = remote.received.position / 16;
    if (input || heardMs === 0 || call.status !== 'INPROGRESS') return false;
    if (!origins.has(remote)) origins.set(remote, clock.now() - heardMs);
    return clock.now() - origins.get(remote) - heardMs > BEHIND_MS;
  };
  return async () => {
    while (service.recorder.recordings.some(behind)) await new Promise((resolve) => setImmediate(resolve));
  };
}

/** Has time pass until the work is done. */
async function drive(clock, work) {
  const over = new AbortController();
  const ended = work.finally(() => over.abort());
  ended.catch(() => undefined);
  while (!over.signal.aborted) {
    await clock.run({ signal: over.signal });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
}

/** Has the clock stand still until the work is done. */
async function standing(clock, begin) {
  let work;
  clock.timerAt(clock.now(), () => {
    work = Promise.resolve(begin());
    return work.catch(() => undefined);
  });
  while (!work) await new Promise((resolve) => setImmediate(resolve));
  return await work;
}

async function prepared(folder) {
  await mkdir(folder, { recursive: true });
  const speech = join(folder, 'speech.wav');
  const wav = await WavWriter.create(speech);
  await wav.write(toneSamples({ frequency: 440, durationMs: 3000 }));
  await wav.close();
  const flows = {
    menu: 'hello: { do: say, what: { tone: 700, ms: 2500 } }',
    greeter: 'hello: { do: say, what: { tone: 500, ms: 900 } }',
  };
  for (const [name, step] of Object.entries(flows)) {
    await writeFile(join(folder, `${name}.yaml`), `name: ${name}\nsteps:\n  ${step}\n`);
  }
  return { speech, menu: join(folder, 'menu.yaml'), greeter: join(folder, 'greeter.yaml') };
}

function configOf(folder, { menu, greeter }) {
  return {
    endpoints: { desk: { attach: 'exchange:desk' }, shop: { attach: 'exchange:shop' } },
    record: { out: join(folder, 'recordings') },
    bots: { menu: { flow: menu }, greeter: { flow: greeter } },
    answeringMachine: { archive: join(folder, 'voicemails') },
    rules: [
      { name: 'open', timezone: 'UTC', hours: { from: '09:00', to: '17:30' }, answer: 'menu' },
      { name: 'shop', priority: 1, endpoints: ['shop'], answer: 'greeter' },
      { name: 'boss', priority: 5, callers: ['bo*'], answer: 'greeter' },
      { name: 'spam', priority: 9, callers: ['spammer'], answer: 'nobody' },
      { name: 'otherwise', priority: -1, answer: 'answering-machine', afterMs: MACHINE_MS },
    ],
  };
}

/** The decision that the rules above mean, put in other words. */
function expected(caller, endpoint, unixMs) {
  if (caller === 'spammer') return undefined;
  if (caller === 'boss' || endpoint === 'shop') return 'greeter';
  const at = (unixMs % (24 * HOUR_MS)) / HOUR_MS;
  return at >= OPEN.from && at < OPEN.to ? 'menu' : 'answering-machine';
}

async function liveHour(day, hour, share) {
  const { clock, random } = day;
  const end = (hour + 1) * HOUR_MS;
  const running = new Set();
  // Random moments, of which two may be close to each other: calls overlap.
  const moments = Array.from({ length: share }, () => hour * HOUR_MS + random() * (HOUR_MS - 120_000)).sort(
    (a, b) => a - b,
  );
  for (const at of moments) {
    await sleep(clock, Math.max(0, clearOfEdges(at) - clock.now()));
    const free = [...day.callers.values()].filter(({ busy }) => !busy);
    const caller = free[Math.floor(random() * free.length)];
    if (!caller) continue;
    caller.busy = true;
    const call = place(day, caller).finally(() => {
      caller.busy = false;
      running.delete(call);
    });
    running.add(call);
  }
  await Promise.all(running);
  await sleep(clock, Math.max(0, end - clock.now()));
}

function clearOfEdges(at) {
  const ofDay = at % (24 * HOUR_MS);
  const edge = Object.values(OPEN).find((hour) => Math.abs(hour * HOUR_MS - ofDay) < EDGE_MS);
  return edge === undefined ? at : at + 2 * EDGE_MS;
}

/** One call, from its beginning to its end; what happened is added to the day. */
async function place(day, { handle, client }) {
  const { clock, random, person, speech } = day;
  const endpoint = random() < 0.5 ? 'shop' : 'desk';
  const answer = expected(handle, endpoint, clock.unixMs());
  const plan = planOf(random, answer, endpoint);
  const fact = { endpoint, handle, answer, plan, by: undefined, talkedMs: 0 };
  day.placed.push(fact);
  const call = await client.call(endpoint);
  let answeredAt;
  call.on('state', ({ status }) => {
    if (status === 'INPROGRESS') answeredAt ??= clock.now();
  });
  if (plan === 'cancel' || answer === undefined) {
    await sleep(clock, 3000);
    await call.hangUp();
    return;
  }
  if (plan === 'person') await pickUp(day, handle, person);
  await call.reached('INPROGRESS');
  fact.by = plan === 'person' ? 'person' : answer;
  await standing(clock, () => call.input.set([{ kind: 'file', path: speech }])).catch(() => undefined);
  const patience = { hurry: 500, person: 1500 + random() * 1500 }[plan];
  if (patience !== undefined) {
    await sleep(clock, patience);
    await call.hangUp();
  }
  await call.ended();
  fact.talkedMs = clock.now() - answeredAt;
}

/** Of calls that the machine would take, some are taken by a person or given up; of others, some are cut short. */
function planOf(random, answer, endpoint) {
  const chance = random();
  if (answer === 'answering-machine' && endpoint === 'desk')
    return chance < 0.2 ? 'cancel' : chance < 0.32 ? 'person' : 'stay';
  return chance < 0.2 ? 'hurry' : 'stay';
}

async function pickUp({ clock }, caller, person) {
  await sleep(clock, 2000);
  const ringing = [...person.calls].filter((call) => call.status === 'RINGING');
  for (const call of ringing) {
    if ((await call.text('PARTNER_HANDLE')) === caller) await call.answer();
  }
}

/** Files of work that is over. */
async function leftOver(folder) {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.(part|tmp)$|\.recording\/.+/.test(name))
    .map((name) => `${name} is left over`);
}
