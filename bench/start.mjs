// Starts the command and imports each entry point of the package, in processes of their own, side by side with a bare
// Node: in turn within a round, medians of the rounds.
//
//   npm run bench:start [-- --rounds 20]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('Give --rounds a whole number of 1 or more.');

const root = new URL('../', import.meta.url);
const main = fileURLToPath(new URL('dist/cli/main.js', root));
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');

/** The processes, by the name under which they are shown. */
const STARTS = new Map([
  ['node, nothing else', ['--input-type=module', '--eval', '0']],
  ['jackfield --version', [main, '--version']],
  ['jackfield --help', [main, '--help']],
  ['jackfield explain PING', [main, 'explain', 'PING']],
  ...entries.map(([path, target]) => [
    `import '${path.replace('.', 'jackfield')}'`,
    ['--input-type=module', '--eval', `import ${JSON.stringify(new URL(target.default, root).href)}`],
  ]),
]);

/** Runs a process, and returns the milliseconds that it took. */
function run(name, args) {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
  return performance.now() - startedAt;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const times = new Map([...STARTS.keys()].map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, args] of STARTS) {
    const ms = run(name, args);
    // The first round fills the caches of the system.
    if (round > 0) times.get(name).push(ms);
  }
}

const [bare] = times.values();
process.stdout.write('| | median, ms | quickest, ms | times a bare Node |\n| --- | --- | --- | --- |\n');
for (const [name, list] of times) {
  const ratio = median(list.map((ms, round) => ms / bare[round]));
  const cells = [name, median(list).toFixed(0), Math.min(...list).toFixed(0), ratio.toFixed(1)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
