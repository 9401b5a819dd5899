// Hurts the built commands for some minutes, and checks after each blow that what they promise still holds.
// Usage: npm run torture -- [--minutes N] [--seed S] [--only PART,...] [--skip PART,...] [--step N] [--with FILE,...]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { killAll } from './command.mjs';
import { seeded } from './random.mjs';

/** Those that take long come last, so that a short run has all others. */
const PARTS = [
  ...['kills', 'writes', 'refusals', 'full-disk', 'descriptors', 'clients', 'catalogue', 'sidecars'],
  ...['names', 'keeping', 'archiving', 'serve', 'crowd'],
];
/** A step that takes longer is a failure. */
const STEP_MS = 240_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    skip: { type: 'string', default: '' },
    step: { type: 'string' },
    with: { type: 'string', default: '' },
  },
});
const say = (text) => process.stdout.write(`${text}\n`);
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (stopped) process.exit(130);
    stopped = true;
    say('Stopped; the figures so far:');
    killAll();
  });
}

const endMs = performance.now() + number('minutes', values.minutes) * 60_000;
const tallies = [];
say(`seed ${values.seed}, ${values.minutes} minutes`);
const wanted = await chosen();
// Whatever is made goes here, so that it goes with the run, also where a step was broken off.
const folder = await mkdtemp(join(tmpdir(), 'jackfield-torture-'));
process.env['TMPDIR'] = folder;
const parts = await begin(wanted);
const only = values.step === undefined ? undefined : number('step', values.step);
try {
  for (let step = only ?? 1; parts.length > 0 && goesOn(step); step++) {
    for (const each of parts) if (goesOn(step)) await strike(each, step);
  }
} finally {
  for (const { work } of parts) await work.close().catch(() => {});
  killAll();
  await rm(folder, { recursive: true, force: true }).catch((error) =>
    say(`${folder} stays: ${error.message}`),
  );
}
report();

function goesOn(step) {
  return !stopped && (only === undefined ? performance.now() < endMs : step === only);
}

function number(name, text) {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  say(`--${name} must be a number above 0; it is ${text}.`);
  process.exit(2);
}

/** The parts that were asked for. */
async function chosen() {
  const list = (text) => text.split(',').filter(Boolean);
  const added = list(values.with);
  const files = [
    ...PARTS.map((name) => new URL(`part-${name}.mjs`, import.meta.url)),
    ...added.map((file) => pathToFileURL(file)),
  ];
  const all = await Promise.all(files.map(async (file) => (await import(file.href)).part));
  const only = list(values.only ?? '');
  const names = all.map(({ name }) => name);
  const unknown = [...only, ...list(values.skip)].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    say(`There is no part ${unknown.join(', ')}: ${names.join(', ')}.`);
    process.exit(2);
  }
  const skipped = list(values.skip);
  return all.filter(({ name }) => (only.length === 0 || only.includes(name)) && !skipped.includes(name));
}

/** Opens each part that can be tried here, and says why another cannot. */
async function begin(all) {
  const begun = [];
  for (const { name, unavailable, open } of all) {
    const tally = { name, steps: 0, failures: 0, counts: new Map(), skipped: undefined };
    tallies.push(tally);
    tally.skipped = await unavailable?.();
    if (tally.skipped) {
      say(`${name}: skipped: ${tally.skipped}`);
      continue;
    }
    const count = (what, by = 1) => tally.counts.set(what, (tally.counts.get(what) ?? 0) + by);
    try {
      begun.push({ name, tally, work: await open({ count }) });
    } catch (error) {
      if (stopped) break;
      tally.failures++;
      say(`FAILED ${name}: it could not begin: ${error.message}`);
    }
  }
  return begun;
}

async function strike({ name, tally, work }, step) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the step took over ${STEP_MS / 1000} s`)), STEP_MS);
  });
  const blow = work.step(seeded(values.seed, name, step), step);
  const faults = await Promise.race([blow, late]).catch((error) => [error.stack ?? String(error)]);
  clearTimeout(timer);
  if (stopped) return;
  tally.steps++;
  if (faults.length === 0) return;
  tally.failures++;
  say(`FAILED ${name} step ${step}; repeat it with: --seed ${values.seed} --only ${name} --step ${step}`);
  for (const fault of faults.slice(0, 12)) say(`  ${fault}`);
}

function report() {
  say(`\n${'part'.padEnd(12)} ${'steps'.padStart(6)} ${'failed'.padStart(7)}  what was done`);
  for (const { name, steps, failures, counts, skipped } of tallies) {
    const done = skipped ? `skipped: ${skipped}` : [...counts].map(([what, n]) => `${n} ${what}`).join(', ');
    say(`${name.padEnd(12)} ${String(steps).padStart(6)} ${String(failures).padStart(7)}  ${done}`);
  }
  const failures = tallies.reduce((sum, tally) => sum + tally.failures, 0);
  say(
    failures === 0
      ? `Nothing failed. Seed ${values.seed}.`
      : `${failures} steps failed. Seed ${values.seed}.`,
  );
  process.exit(failures === 0 ? 0 : 1);
}
