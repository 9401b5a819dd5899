import { invalidArgument } from '../../errors.js';
import type { PcmSource } from '../../pcm.js';
import type { PlayOptions } from '../player.js';

/** @throws ERR_INVALID_ARG when `source` cannot be played on a line of `channels` channels, or not so. */
export function checkPlayable(source: Int16Array | PcmSource, options: PlayOptions, channels: number): void {
  const { at, underrun } = options;
  if (!(source instanceof Int16Array) && !isSource(source)) {
    throw invalidArgument('source', 'an Int16Array or an async iterable of them', source);
  }
  if (source instanceof Int16Array && source.length % channels !== 0) {
    throw invalidArgument('source', `whole samples of ${channels} channels`, source.length);
  }
  if (at !== undefined && !(Number.isSafeInteger(at) && at >= 0)) {
    throw invalidArgument('at', 'a position, an integer of 0 or more', at);
  }
  if (underrun !== undefined && underrun !== 'silence' && underrun !== 'wait') {
    throw invalidArgument('underrun', "'silence' or 'wait'", underrun);
  }
}

function isSource(source: unknown): boolean {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}
