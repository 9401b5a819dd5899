import { spawnSync } from 'node:child_process';

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Whether a program is installed. */
export function has(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Bash's `time` prints the processor time of a command, in seconds, behind what the command says on standard error. */
const TIMED = ['bash', '-c', 'TIMEFORMAT="%U %S"; time "$@"', 'timed'];

/**
 * Times commands as whole processes, in turn, so that a machine that becomes slower does so for all of them. Returns
 * for each the medians of its times and its processor times in seconds, and the medians of the ratios of the others'
 * to the first one's in the same round: above 1, the first is faster.
 *
 * @param {{ name: string, command: string[] }[]} contestants
 */
export function compare(contestants, rounds = 5) {
  const times = contestants.map(() => []);
  const cpus = contestants.map(() => []);
  const said = contestants.map(() => '');
  for (let round = -1; round < rounds; round++) {
    contestants.forEach(({ name, command }, i) => {
      const [tool, ...args] = [...TIMED, ...command];
      const startedAt = performance.now();
      const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
      const seconds = (performance.now() - startedAt) / 1000;
      if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
      said[i] = stdout.trim();
      const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
      // The first round warms the caches.
      if (round < 0) return;
      times[i].push(seconds);
      cpus[i].push(user + system);
    });
  }
  const ratioOf = (values, i) => median(values[i].map((value, round) => value / values[0][round]));
  return contestants.map(({ name }, i) => ({
    name,
    seconds: median(times[i]),
    ratio: ratioOf(times, i),
    cpuSeconds: median(cpus[i]),
    cpuRatio: ratioOf(cpus, i),
    said: said[i],
  }));
}

/**
 * Runs `work` over `seconds` of audio a few times in this process; returns times real time, the median. It counts
 * processor time, so that what else the machine does matters little.
 */
export function timesRealTime(seconds, work, rounds = 7) {
  const speeds = [];
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) speeds.push((seconds * 1e6) / (user + system));
  }
  return Math.round(median(speeds));
}
