/** True when a process of this number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One that we may not signal is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
