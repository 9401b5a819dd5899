import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Processor time of each thread of this process so far, in seconds, by its id. */
function threadSeconds() {
  const folder = '/proc/self/task';
  const times = readdirSync(folder).map((id) => {
    const [onProcessor] = readFileSync(`${folder}/${id}/schedstat`, 'utf8').split(' ');
    return [id, Number(onProcessor) / 1e9];
  });
  return new Map(times);
}

/** The program in C, and what it tells. */
export class Peer {
  port;
  #child;
  #waits = new Map();
  #told = { sent: [], got: [], late: [], peer: '' };
  #exit;

  constructor(binary, args) {
    this.#child = spawn(binary, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#exit = new Promise((resolve) => this.#child.once('close', resolve));
    this.port = this.#line('port').then(Number);
    this.begun = this.#line('begun');
    this.done = this.#line('done');
    createInterface(this.#child.stdout).on('line', (line) => this.#take(line));
  }

  /** Resolves with what this process used while it was measured. */
  async measured() {
    await Promise.race([
      this.begun,
      this.#exit.then(() => Promise.reject(new Error('The peer has failed.'))),
    ]);
    const [before, threads] = [process.cpuUsage(), threadSeconds()];
    const loop = performance.eventLoopUtilization();
    const begun = performance.now();
    await this.done;
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - begun) / 1000;
    const busiest = [...threadSeconds()]
      .map(([id, used]) => (used - (threads.get(id) ?? 0)) / seconds)
      .sort((a, b) => b - a)
      .slice(0, 4);
    const { utilization } = performance.eventLoopUtilization(loop);
    return { cores: (user + system) / 1e6 / seconds, busiest, utilization };
  }

  async ended() {
    await this.#exit;
    return this.#told;
  }

  #line(name) {
    return new Promise((resolve) => this.#waits.set(name, resolve));
  }

  #take(line) {
    const [name, ...rest] = line.split(' ');
    if (name === 'key') {
      this.#child.stdin.write(`${createHash('sha1').update(rest[0]).digest('base64')}\n`);
    } else if (name === 'sent' || name === 'got') {
      const [call, at, offset] = rest.map(Number);
      this.#told[name].push({ call, at, offset });
    } else if (name === 'late') this.#told.late.push(Number(rest[1]));
    else if (name === 'peer')
      this.#told.peer = `the peer used ${rest[0]} s of processor time, and was ${rest[1]} ms late at most`;
    else this.#waits.get(name)?.(rest[0]);
  }
}
