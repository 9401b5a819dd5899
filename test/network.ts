import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A network of another machine: a namespace of this one, joined to it by a cable. It is for root on Linux. */
export interface Network {
  /** This machine's address on it. */
  readonly here: string;
  /** Two addresses of the other machine. */
  readonly there: readonly [string, string];
  /** Runs a Python program on the other machine; resolves when it has printed a line. */
  run(program: string, ...parameters: string[]): Promise<ChildProcess>;
  /** From now on nothing is heard of the other machine under that address: no end, no reset. */
  vanish(address: string): void;
  close(): void;
}

/** Nothing where that is not allowed, or there is no such program. */
export function openNetwork(): Network | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const name = `jf${process.pid}`;
  const [near, far] = [`${name}n`, `${name}f`];
  // Addresses for tests (RFC 2544), those of this process.
  const address = (host: number) => `198.18.${(process.pid >> 5) & 255}.${((process.pid & 31) << 3) + host}`;
  const here = address(1);
  const there = [address(2), address(3)] as const;
  const children: ChildProcess[] = [];
  const ip = (...parameters: string[]) => execFileSync('ip', parameters, { stdio: 'ignore' });
  const close = () => {
    for (const child of children) child.kill();
    for (const rest of [
      ['link', 'del', near],
      ['netns', 'del', name],
    ]) {
      try {
        ip(...rest);
      } catch {
        // It was not made.
      }
    }
  };
  try {
    ip('netns', 'add', name);
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('addr', 'add', `${here}/29`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', name, 'link', 'set', far, 'up');
    for (const each of there) ip('-n', name, 'addr', 'add', each, 'dev', far);
    ip('-n', name, 'route', 'add', here, 'dev', far);
  } catch {
    close();
    return undefined;
  }
  return {
    here,
    there,
    async run(program, ...parameters) {
      const command = ['netns', 'exec', name, 'python3', '-c', program, ...parameters];
      const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] });
      children.push(child);
      await once(child.stdout, 'data');
      return child;
    },
    vanish: (lost) => ip('-n', name, 'addr', 'del', lost, 'dev', far),
    close,
  };
}
