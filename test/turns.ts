/** Lets one turn of the event loop pass: what the system has for this process is handled; no time is waited for. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Resolves when `holds`, which is asked in each turn. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
