const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** What is not closed by then, after a signal, is cut off: in milliseconds. */
const CLOSE_LIMIT_MS = 4500;

/**
 * Resolves at the first SIGINT or SIGTERM. From then on the process has less than 5 s to close what it holds; a second
 * signal ends it at once. What was promised to be on disk is there by then: nothing waits for the end to be written.
 */
export function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (told) process.exit(128 + number);
        told = true;
        setTimeout(cutOff, CLOSE_LIMIT_MS).unref();
        resolve();
      });
    }
  });
}

function cutOff(): void {
  process.stderr.write('Not everything had ended after 4.5 s: what is left is cut off.\n');
  process.exit(1);
}
