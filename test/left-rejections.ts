import { afterEach } from 'vitest';

const EVENT = 'unhandledRejection';
/** The runner's own listener, and the one below: whoever adds another handles rejections. */
const LISTENERS = 2;

/** Key of what one process knows, whose files share it. */
const KEY = Symbol.for('jackfield.leftRejections');
interface Left {
  /** True once a try of a test of the present file has failed. */
  hasFailed: boolean;
}

/**
 * Puts a rejection that nobody handles down to the test that has failed before it in the same file: work that a failed try
 * leaves behind is no fault of its own, and the test is reported, or tried again and named, anyway. All others end the run,
 * as ever.
 */
function watch(): Left {
  const left: Left = { hasFailed: false };
  process.on(EVENT, function take(reason: unknown, promise: Promise<unknown>) {
    if (process.listenerCount(EVENT) > LISTENERS) return;
    if (left.hasFailed) {
      process.stderr.write(`A test that failed has left a rejection behind: ${reason}\n`);
      return;
    }
    // The runner leaves rejections to any listener beside its own.
    process.off(EVENT, take);
    process.emit(EVENT, reason, promise);
    process.on(EVENT, take);
  });
  return left;
}

const known = globalThis as { [KEY]?: Left };
known[KEY] ??= watch();
const left = known[KEY];
left.hasFailed = false;

afterEach(({ task }) => {
  if (task.result?.state === 'fail') left.hasFailed = true;
});
