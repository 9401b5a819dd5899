// Hurts a service and what it lives on: kills it, its exchange or its hook, takes away the reader of its log, fills its disk,
// starts others beside it. Afterwards everything that was answered is recorded, and told to the hook.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { attach } from '../../dist/index.js';
import { jackfield, ran } from './command.mjs';
import { folderFaults, voicemailFaults } from './invariants.mjs';
import { openYard, pause } from './lab.mjs';
import { fillUp, part as fullDisk, mountAt } from './part-full-disk.mjs';

const run = promisify(execFile);

/** Processes started at once beside one that runs. */
const RIVALS = 3;
/** A kill costs half a second: of a call that has lasted for less than this, perhaps all. */
const YOUNG_MS = 1000;
/** A call is answered within this long, on a busy machine too. */
const PATIENCE_MS = 60_000;
/** Adds the id of each recording to the file that it is given; once, where a file `stuck` is beside it, it is killed. */
const HOOK = `
const { appendFileSync, rmSync, readFileSync } = require('node:fs');
const [told] = process.argv.slice(1);
try {
  rmSync(told.replace(/told$/, 'stuck'));
  process.kill(process.pid, 'SIGKILL');
} catch {
  const { data } = JSON.parse(readFileSync(0, 'utf8'));
  appendFileSync(told, data.sidecar.id + String.fromCharCode(10));
}`;

/** The blows, of which each step deals the next. */
export const BLOWS = {
  service: async ({ scene, random }) => {
    const ms = random.between(0, 2500);
    scene.isYoung = ms < YOUNG_MS;
    await pause(ms);
    scene.service.kill();
    await scene.service.exited;
    await scene.hangUp();
    return [];
  },
  'service, while it takes up what is left': async ({ scene, random }) => {
    await pause(YOUNG_MS);
    for (let time = 0; time < 3; time++) {
      scene.service.kill();
      await scene.service.exited;
      scene.service = scene.serve();
      await pause(random.between(200, 2500));
    }
    scene.service.kill();
    await scene.service.exited;
    await scene.hangUp();
    return [];
  },
  exchange: async ({ scene, random }) => {
    await pause(random.between(0, 2500));
    scene.exchange.kill();
    await scene.exchange.exited;
    await scene.leave();
    await scene.service.until('endpoint', ({ what }) => what === 'lost');
    await scene.open();
    await scene.service.until('endpoint', ({ what }) => what === 'returned');
    // It is another exchange, whose calls are counted anew.
    await scene.call();
    await scene.over();
    return [];
  },
  hook: async ({ scene }) => {
    await writeFile(join(scene.folder, 'stuck'), '');
    await scene.over();
    await scene.hangUp();
    return [];
  },
  reader: async ({ scene, random }) => {
    await pause(random.between(0, 1500));
    scene.service.deafen();
    await scene.over();
    const { code, stdout } = await ran(['ctl', 'status', '--json', '--socket', scene.socket]);
    return code === 0 && stdout.includes('"pid"') ? [] : [`without a reader of its log it says ${stdout}`];
  },
  disk: async ({ scene, random }) => {
    const filler = join(scene.disk, 'filler');
    await pause(random.between(YOUNG_MS, 2000));
    await fillUp(scene.disk, filler, random.between(0, 300_000)).catch(() => {});
    await scene.over();
    const { code } = await ran(['ctl', 'status', '--json', '--socket', scene.socket]);
    // What could not be published is, by the next start.
    await rm(filler, { force: true });
    await scene.service.end();
    return code === 0 ? [] : [`on a full disk it answers with ${code}`];
  },
  rivals: async ({ scene }) => {
    const rivals = Array.from({ length: RIVALS }, () => scene.serve());
    const faults = [];
    for (const rival of rivals) {
      const { code } = await rival.exited;
      const pid = rival.stderr().match(/process (\d+)/)?.[1];
      if (code !== 1 || pid === undefined)
        faults.push(`a second service ended with ${code}: ${rival.stderr()}`);
    }
    await scene.over();
    return faults;
  },
  'all at once': async ({ scene, random }) => {
    await scene.over();
    await scene.service.end();
    const racers = Array.from({ length: RIVALS }, () => scene.serve());
    const ready = await Promise.all(
      racers.map((racer) => racer.until('service', ({ what }) => what === 'ready')),
    );
    const running = racers.filter((_, index) => ready[index]);
    scene.service = running[0] ?? scene.service;
    if (random.chance(0.5)) {
      scene.service.kill();
      await scene.service.exited;
    }
    return running.length === 1 ? [] : [`of ${RIVALS} that are started at once ${running.length} run`];
  },
};

export const part = {
  name: 'serve',
  async open({ count }) {
    const names = Object.keys(BLOWS);
    return {
      close: async () => undefined,
      async step(random, step) {
        const name = names[(step - 1) % names.length];
        const why = name === 'disk' && (await fullDisk.unavailable());
        if (why) return count(`disk, skipped: ${why}`) ?? [];
        const scene = await openScene(random, name === 'disk');
        try {
          const faults = await BLOWS[name]({ scene, random });
          count(name);
          return [...faults, ...(await scene.finish())].map((fault) => `[${name}] ${fault}`);
        } finally {
          await scene.close();
        }
      },
    };
  },
};

/** A service with its exchange, in the midst of one call or two. */
async function openScene(random, hasDisk) {
  const yard = await openYard();
  const folder = yard.inside;
  const scene = { folder, socket: join(folder, 'run', 'serve.sock'), answered: 0, clients: [] };
  if (hasDisk) {
    scene.disk = join(folder, 'disk');
    await mkdir(scene.disk, { mode: 0o700 });
    await mountAt(scene.disk);
  }
  const out = join(scene.disk ?? folder, 'recordings');
  const told = join(folder, 'told');
  const config = join(folder, 'serve.json');

  scene.open = async () => {
    scene.exchange = jackfield([
      ...['exchange', '--json', '--user', 'desk', 'anna', '--tcp', String(scene.port ?? 0)],
    ]);
    const anna = await scene.exchange.until('listening', ({ handle }) => handle === 'anna');
    const desk = await scene.exchange.until('listening', ({ handle }) => handle === 'desk');
    if (!anna || !desk) throw new Error(`the exchange did not start: ${scene.exchange.stderr().slice(-300)}`);
    scene.port = desk.port;
    scene.callers = anna.port;
  };
  scene.serve = () => jackfield(['serve', config]);
  scene.call = async () => {
    const client = await attach(`tcp:${scene.callers}`, { name: 'torture' });
    scene.clients.push(client);
    const call = await client.call('desk');
    await call.reached('INPROGRESS', { timeoutMs: PATIENCE_MS });
    scene.answered++;
  };
  /** Resolves when the calls are over, as their bot is through. */
  scene.over = async () => {
    for (const { calls } of scene.clients)
      for (const call of calls) await call.ended({ timeoutMs: PATIENCE_MS }).catch(() => {});
  };
  scene.hangUp = async () => {
    for (const { calls } of scene.clients) for (const call of calls) await call.hangUp().catch(() => {});
  };
  scene.leave = async () => {
    for (const client of scene.clients.splice(0)) await client.close().catch(() => {});
  };
  scene.finish = () => finish(scene, { out, told, yard });
  scene.close = async () => {
    await scene.leave();
    for (const process of [scene.service, scene.exchange]) process?.kill();
    await Promise.all([scene.service?.exited, scene.exchange?.exited]);
    if (scene.disk) await run('umount', ['-l', scene.disk]);
    await yard.remove();
  };

  await scene.open();
  await writeFile(told, '', { mode: 0o600 });
  await writeFile(
    join(folder, 'flow.yaml'),
    'name: Tone\nsteps:\n  tone: { do: say, what: { tone: 600, ms: 2500 } }\n',
  );
  await writeFile(config, JSON.stringify(configOf(scene, { out, told, folder })));
  scene.service = scene.serve();
  if (!(await scene.service.until('service', ({ what }) => what === 'ready'))) {
    throw new Error(`the service did not start: ${scene.service.stderr().slice(-300)}`);
  }
  for (let calls = random.between(1, 2); calls > 0; calls--) await scene.call();
  return scene;
}

function configOf({ port, socket }, { out, told, folder }) {
  return {
    endpoints: { desk: { attach: `tcp:${port}` } },
    record: { out, hook: { command: process.execPath, args: ['-e', HOOK, told] } },
    bots: { tone: { flow: join(folder, 'flow.yaml') } },
    answeringMachine: { archive: join(folder, 'voicemails') },
    rules: [{ name: 'all', answer: 'tone' }],
    control: { socket },
  };
}

/** Lets a service finish what is left, and says what does not hold then. */
async function finish(scene, { out, told, yard }) {
  if (scene.exchange.ended()) await scene.open();
  if (scene.service.ended()) {
    await scene.service.exited;
    scene.service = scene.serve();
    if (!(await scene.service.until('service', ({ what }) => what === 'ready'))) {
      return [`it does not start again: ${scene.service.stderr().slice(-300)}`];
    }
  }
  const faults = await untilTold(scene, { out, told });
  const { code, signal } = await scene.service.end();
  return [
    ...faults,
    ...(code === 0 ? [] : [`it ended with ${signal ?? code}: ${scene.service.stderr().slice(-300)}`]),
    ...(await folderFaults(out)),
    ...(await voicemailFaults(join(scene.folder, 'voicemails'))),
    ...(await yard.faults()),
  ];
}

/** Waits until each recording was told to the hook, and there are as many as calls that were answered. */
async function untilTold({ answered, isYoung }, { out, told }) {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { lines } = await ran(['recordings', 'list', '--json', '--out', out]);
    const ids = new Set((await readFile(told, 'utf8')).split('\n'));
    const untold = lines.filter(({ id }) => !ids.has(id));
    if ((lines.length === answered || (isYoung && lines.length < answered)) && untold.length === 0) return [];
    if (performance.now() > endMs) {
      return [
        `${answered} calls were answered, ${lines.length} recorded, ${untold.length} of them not told to the hook`,
      ];
    }
    await pause(300);
  }
}
