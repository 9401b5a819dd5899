import { checkOptions, oneOf, type Rules } from '../../base/check.js';
import { TCP_DIALECTS } from '../dialect/dialect-names.js';
import { dialectNamed } from '../dialect/dialects.js';
import { lineOf } from '../media/line-of.js';
import type { MediaLine } from '../media/media-line.js';
import { MEDIA_LINE_RULES, type MediaLineOptions } from '../media/media-line-options.js';

/** Options of {@link audioSocketLine}. */
export interface AudioSocketLineOptions extends MediaLineOptions {
  /** Dialect of the media servers. Default `audiosocket`. */
  readonly dialect?: (typeof TCP_DIALECTS)[number];
}

const RULES: Rules<AudioSocketLineOptions> = { ...MEDIA_LINE_RULES, dialect: oneOf(...TCP_DIALECTS) };

/**
 * Makes a line for media servers that bring calls over TCP connections: Asterisk's AudioSocket, and the TCP forwarding
 * of rtpengine, which only sends audio. `tls` encrypts the connections. Everybody who reaches the port can call, so by
 * default only this machine can.
 *
 * @throws ERR_INVALID_ARG
 */
export function audioSocketLine(options: AudioSocketLineOptions = {}): MediaLine {
  checkOptions(options, RULES);
  const { dialect: name = 'audiosocket', ...others } = options;
  return lineOf(dialectNamed(name), others);
}
