import { checkArgument, checkOptions } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { Dialect } from '../dialect/dialect.js';
import { dialectNamed } from '../dialect/dialects.js';
import type { MediaFormat } from '../dialect/media-event.js';
import { checkMediaUrl, MEDIA_URL } from '../media/connect-media.js';
import { formatFor } from '../media/media-line-options.js';
import { FORK_RULES, type ForkOptions } from './fork-options.js';

/** Dialect of the receiver of a fork, and format of the audio that it gets. */
export interface ForkTarget {
  readonly dialect: Dialect;
  readonly format: MediaFormat;
}

/** Checks the address and the options of a fork before it begins. @throws ERR_INVALID_ARG. */
export function forkTarget(url: string, options: ForkOptions): ForkTarget {
  checkOptions(options, FORK_RULES);
  checkArgument('url', url, MEDIA_URL);
  const isTcp = /^(tcp|tls):/.test(url);
  const { legs = 'remote', variant, encoding, sampleRate } = options;
  const dialect = dialectNamed(options.dialect ?? (isTcp ? 'rtpengine' : 'raw'));
  checkMediaUrl(url, dialect);
  if (legs === 'stereo' && dialect.stereo === 'none')
    throw invalidArgument('legs', `remote, local or mixed: ${dialect.name} has one channel`, legs);
  const channels = legs === 'stereo' && dialect.stereo === 'channels' ? 2 : 1;
  return { dialect, format: formatFor(dialect, { variant, encoding, sampleRate, channels }) };
}
