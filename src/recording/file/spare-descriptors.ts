import { JackfieldError } from '../../base/errors.js';
import { spareDescriptors } from '../../tcp/descriptor-limit.js';

/** Descriptors of an encoder: its worker thread, its file, and the WAV that it is made of. */
const ENCODER = 8;
/** Left for what is more urgent than an encoder: calls that begin, next files of recordings, publications. */
const LEFT = 24;

/** Encoders of this process that were let begin and have not opened all their files yet. */
let beginning = 0;

/**
 * Sets descriptors aside for an encoder, until what is returned is called: when it has opened its own, or is over. Where
 * the system does not tell how many there are, none are asked for.
 *
 * @throws ERR_LIMIT where this process may hardly open any more files.
 */
export function reserveForEncoder(): () => void {
  const spare = (spareDescriptors() ?? Number.POSITIVE_INFINITY) - beginning * ENCODER;
  if (spare < ENCODER + LEFT) {
    throw new JackfieldError(
      'ERR_LIMIT',
      `This process may open ${Math.max(0, spare)} more files, and an encoder needs ${ENCODER}, beside ${LEFT} for ` +
        'calls: raise the limit (ulimit -n).',
    );
  }
  beginning++;
  let held = true;
  return () => {
    if (held) beginning--;
    held = false;
  };
}
