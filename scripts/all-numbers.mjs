// Proves of each number from 0 to a million that it is understood as it is said, in one language after the other.
// Usage: npm run numbers [-- LANGUAGE ...], such as `npm run numbers -- et`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const LANGUAGES = ['en', 'de', 'fr', 'es', 'et'];
const TEST = 'test/bot/prompt/languages.test.ts';

const chosen = process.argv.length > 2 ? process.argv.slice(2) : LANGUAGES;
const unknown = chosen.find((code) => !LANGUAGES.includes(code));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no language ${unknown}: give some of ${LANGUAGES.join(', ')}, or none for all.\n`,
  );
  process.exit(2);
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
for (const code of chosen) {
  const begun = performance.now();
  const words = ['run', '--mode', 'built', TEST, '-t', `^${code} says each number`];
  const { status, stdout } = spawnSync(process.execPath, [vitest, ...words], {
    encoding: 'utf8',
    env: { ...process.env, JACKFIELD_NUMBERS: code },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A pattern that finds no test is no proof.
  const isProved = status === 0 && /Tests +1 passed/.test(stripVTControlCharacters(stdout));
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  process.stdout.write(`${code}: ${isProved ? 'all 1,000,001 numbers' : 'failed'}, ${seconds} s\n`);
  if (!isProved) {
    process.stdout.write(stdout);
    process.exitCode = 1;
  }
}
