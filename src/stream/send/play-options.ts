import { checkOptions, oneOf, type Rules, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { PcmSource } from '../../base/pcm.js';
import type { PlayOptions } from '../player.js';

const RULES: Rules<PlayOptions> = {
  at: whole(0, Number.MAX_SAFE_INTEGER),
  underrun: oneOf('silence', 'wait'),
};

/**
 * @throws ERR_INVALID_ARG when `source` cannot be played on a stream of `channels` channels, or for an invalid option.
 */
export function checkPlayable(source: Int16Array | PcmSource, options: PlayOptions, channels: number): void {
  checkOptions(options, RULES);
  if (!(source instanceof Int16Array) && !isSource(source)) {
    throw invalidArgument('source', 'an Int16Array or an async iterable of Int16Array', source);
  }
  if (source instanceof Int16Array && source.length % channels !== 0) {
    throw invalidArgument('source', `whole samples of ${channels} channels`, source.length);
  }
}

function isSource(source: unknown): boolean {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}
