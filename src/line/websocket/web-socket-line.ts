import { checkOptions, needed, nested, oneOf, type Rules } from '../../base/check.js';
import { WEB_SOCKET_DIALECTS } from '../dialect/dialect-names.js';
import { dialectNamed } from '../dialect/dialects.js';
import { lineOf } from '../media/line-of.js';
import type { MediaLine } from '../media/media-line.js';
import { MEDIA_LINE_RULES, type MediaLineOptions } from '../media/media-line-options.js';
import { ACCESS_RULES, type MediaAccess } from './access.js';

/** Options of {@link webSocketLine}. */
export interface WebSocketLineOptions extends MediaLineOptions {
  /** Dialect of the media servers. */
  readonly dialect: (typeof WEB_SOCKET_DIALECTS)[number];
  /**
   * Credentials of the clients. Default: everybody who reaches the port may connect. By default only this machine can.
   */
  readonly access?: MediaAccess;
}

const RULES: Rules<WebSocketLineOptions> = {
  ...MEDIA_LINE_RULES,
  dialect: needed(oneOf(...WEB_SOCKET_DIALECTS)),
  access: nested<MediaAccess>(ACCESS_RULES),
};

/**
 * Makes a line for media servers that bring calls over WebSockets, and for applications that take calls of this
 * exchange over WebSockets.
 *
 * @throws ERR_INVALID_ARG
 */
export function webSocketLine(options: WebSocketLineOptions): MediaLine {
  checkOptions(options, RULES);
  const { dialect: name, access, ...others } = options;
  return lineOf(dialectNamed(name), others, access);
}
