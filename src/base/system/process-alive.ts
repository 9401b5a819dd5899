/** True when a process of this number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process that may not be signalled exists all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
