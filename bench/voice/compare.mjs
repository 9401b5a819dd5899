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

/**
 * Times commands as whole processes, in turn, so that a machine that becomes slower does so for all of them. Returns
 * for each the median of its times in seconds, and the median of the ratios to the first one's time in the same round.
 *
 * @param {{ name: string, command: string[] }[]} contestants
 */
export function compare(contestants, rounds = 5) {
  const times = contestants.map(() => []);
  const said = contestants.map(() => '');
  for (let round = -1; round < rounds; round++) {
    contestants.forEach(({ name, command: [tool, ...args] }, i) => {
      const startedAt = performance.now();
      const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
      const seconds = (performance.now() - startedAt) / 1000;
      if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
      said[i] = stdout.trim();
      // The first round warms the caches.
      if (round >= 0) times[i].push(seconds);
    });
  }
  return contestants.map(({ name }, i) => ({
    name,
    seconds: median(times[i]),
    ratio: median(times[i].map((time, round) => times[0][round] / time)),
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
