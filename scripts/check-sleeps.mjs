// Refuses tests that let time pass: a sleep is too long on a quick machine and too short on a busy one. A test waits for
// an event or for a condition (test/turns.ts), or moves a VirtualClock. A timer that is none of this, such as a process
// that is killed when it does not end, says so on its line or the line before: "timer: " and the reason.
// Takes the folder as its argument; by default `test`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TIMERS = [
  /\bset(?:Timeout|Interval)\b(?!')/,
  /\bscheduler\.wait\b/,
  /\bAtomics\.wait\b/,
  /\bsleep\((?:\w+\.)?systemClock\b/,
  /\btime\.sleep\b/,
  /(?:^|['"`;&]\s*)sleep [\d.]+/,
];
const REASON = /\btimer: \S/;

const [folder = 'test'] = process.argv.slice(2);
let refused = 0;
for (const name of readdirSync(folder, { recursive: true }).sort()) {
  if (!/\.(?:[cm]?[jt]s|py|sh)$/.test(name)) continue;
  const path = join(folder, name);
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    if (!TIMERS.some((timer) => timer.test(line))) continue;
    if (REASON.test(line) || REASON.test(lines[index - 1] ?? '')) continue;
    refused++;
    process.stderr.write(
      `${path}:${index + 1} lets time pass: wait for an event, or say "timer: " and why.\n`,
    );
  }
}
process.exitCode = refused > 0 ? 1 : 0;
