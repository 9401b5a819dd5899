/** Milliseconds of the clock that all threads of a process share. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
