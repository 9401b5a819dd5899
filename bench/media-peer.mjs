import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

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
    const before = process.cpuUsage();
    const begun = performance.now();
    await this.done;
    const { user, system } = process.cpuUsage(before);
    return { cores: (user + system) / 1000 / (performance.now() - begun) };
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
