import { spawnSync } from 'node:child_process';

const LISTENS_AND_DIES =
  "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

/** Leaves the Unix socket of a process that was killed. */
export function leaveSocket(path: string): void {
  spawnSync(process.execPath, ['-e', LISTENS_AND_DIES, path]);
}
