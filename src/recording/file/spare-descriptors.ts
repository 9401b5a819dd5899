import { JackfieldError } from '../../base/errors.js';
import { spareDescriptors } from '../../tcp/descriptor-limit.js';

/** Descriptors of an encoder: its worker thread, its file, and the WAV that it is made of. */
const ENCODER = 8;
/** Descriptors kept free for more urgent work: new calls, next files of recordings, publications. */
const LEFT = 24;

/** Number of encoders in this process that are still opening their files. */
let beginning = 0;

/**
 * Reserves descriptors for an encoder. Call the returned function when the encoder has opened its files or has ended.
 * Always succeeds when the system does not report the number of free descriptors.
 *
 * @throws ERR_LIMIT when this process is close to its limit of open files.
 */
export function reserveForEncoder(): () => void {
  const spare = (spareDescriptors() ?? Number.POSITIVE_INFINITY) - beginning * ENCODER;
  if (spare < ENCODER + LEFT) {
    throw new JackfieldError(
      'ERR_LIMIT',
      `This process may open ${Math.max(0, spare)} more files. An encoder needs ${ENCODER}, and ${LEFT} are ` +
        'kept for calls: raise the limit (ulimit -n).',
    );
  }
  beginning++;
  let held = true;
  return () => {
    if (held) beginning--;
    held = false;
  };
}
