// Runs the tests several times without retries while the processor is busy, and ends with a list of each test that
// failed and how often.
// Usage: npm run test:steady -- [--times N] [--cpus N] [--config FILE] [FILE or PATTERN ...]
// Without files it runs what `npm test` runs; `.proof.test.ts` is a pattern for the proofs.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const NO_LOAD = `stress-ng is not installed; it keeps the processor busy. Debian, Ubuntu: apt-get install stress-ng.
Fedora: dnf install stress-ng. macOS: brew install stress-ng. Without load: npm run test:steady -- --cpus 0
`;

const { values, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '3' },
    cpus: { type: 'string', default: '2' },
    config: { type: 'string' },
  },
});
const times = count('times', 1);
const cpus = count('cpus', 0);
if (cpus > 0 && spawnSync('stress-ng', ['--version']).error) {
  process.stderr.write(NO_LOAD);
  process.exit(2);
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'jackfield-steady-'));
const { CI: _, ...env } = process.env;
/** How often each test failed, and its first error. */
const failures = new Map();
const running = new Set();
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    for (const child of running) child.kill(signal);
  });
}

const load = cpus > 0 ? start('stress-ng', ['--quiet', '--cpu', String(cpus)], 'ignore') : undefined;
let runs = 0;
try {
  while (runs < times && !stopped) {
    process.stdout.write(`\nRun ${runs + 1} of ${times}, ${cpus} busy\n`);
    await run(join(folder, `${runs}.json`));
    if (!stopped) runs++;
  }
} finally {
  load?.kill();
  rmSync(folder, { recursive: true, force: true });
}
report();

function count(name, least) {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} must be a whole number of ${least} or more; it is ${values[name]}.\n`);
  process.exit(2);
}

function start(command, args, stdio) {
  const child = spawn(command, args, { stdio, env });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Runs the tests once, and counts what failed. */
async function run(file) {
  const args = [
    vitest,
    'run',
    '--mode=built',
    '--retry=0',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  if (values.config) args.push('--config', values.config);
  else if (patterns.length === 0) args.push('--exclude=**/*.proof.test.ts');
  const [code] = await once(start(process.execPath, [...args, ...patterns], 'inherit'), 'close');
  if (stopped) return;
  const { testResults = [] } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const failed = testResults.flatMap(failuresOf);
  // What no test is to blame for: an error outside of all tests, or a run that was broken off.
  if (code !== 0 && failed.length === 0) failed.push({ name: 'the run itself', error: `exit code ${code}` });
  for (const { name, error } of failed) {
    const known = failures.get(name);
    failures.set(name, { times: (known?.times ?? 0) + 1, error: known?.error ?? error });
  }
}

/** Gives the tests of a file that failed; the file itself where it could not be loaded. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages: [error = ''] }) => ({ name: `${file} > ${fullName}`, error }));
  return tests.length === 0 && status === 'failed' ? [{ name: file, error: message }] : tests;
}

function report() {
  const say = (text) => process.stdout.write(`${text}\n`);
  say(stopped ? `\nStopped after ${runs} of ${times} runs.` : `\nRuns: ${times}, with ${cpus} busy.`);
  if (failures.size === 0 && runs > 0) say('Nothing failed.');
  for (const [name, { times: failed, error }] of [...failures].sort(([, a], [, b]) => b.times - a.times)) {
    say(`  ${failed} of ${runs}  ${name}\n          ${error.split('\n')[0]}`);
  }
  process.exitCode = failures.size > 0 || runs < times ? 1 : 0;
}
