import { readdir, readFile, readlink } from 'node:fs/promises';

/** A local TCP port, and the process that holds it. */
export interface PortHolder {
  readonly port: number;
  /** Text for the process: `process 4711 (node)`. */
  readonly who: string;
  /** Absent for a process whose files this user may not see. */
  readonly pid?: number;
}

const LISTENING = '0A';
const CONNECTED = '01';
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * Finds the process that listens on a local TCP port or has a connection on it. Undefined when there is none, and on
 * all systems but Linux, which do not tell.
 */
export async function portHolder(port: number): Promise<PortHolder | undefined> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
  const inodes = texts.flatMap((text) => inodesOf(text, port));
  if (inodes.length === 0) return undefined;
  return { port, ...((await processOf(new Set(inodes))) ?? { who: 'another process' }) };
}

/** Inodes of the sockets on a port, of a table as proc(5) describes it under "/proc/net/tcp". */
function inodesOf(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const held = local.endsWith(`:${hex}`) && (state === LISTENING || state === CONNECTED);
    return held && inode !== undefined && inode !== '0' ? [inode] : [];
  });
}

/** The process that has one of these sockets open, among those whose files this user may see. */
async function processOf(inodes: ReadonlySet<string>): Promise<Pick<PortHolder, 'who' | 'pid'> | undefined> {
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  const names = await readdir('/proc').catch(() => []);
  for (const pid of names.filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      if (!links.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ''))) continue;
      if (Number(pid) === process.pid) return { who: 'this process', pid: process.pid };
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return { who: `process ${pid}${command && ` (${command.trim()})`}`, pid: Number(pid) };
    }
  }
  return undefined;
}
