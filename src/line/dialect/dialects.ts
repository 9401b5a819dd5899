import { oneOf } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import { AUDIOSOCKET } from '../audiosocket/audiosocket-dialect.js';
import { RTPENGINE } from '../audiosocket/rtpengine-dialect.js';
import { OPENAI_REALTIME } from '../openai-realtime/openai-realtime-dialect.js';
import { ASTERISK } from '../websocket/asterisk-dialect.js';
import { AUDIO_FORK, JAMBONZ } from '../websocket/audio-fork-dialects.js';
import { PIPECAT } from '../websocket/pipecat-dialect.js';
import { RAW } from '../websocket/raw-dialect.js';
import { TELNYX } from '../websocket/telnyx-dialect.js';
import { TWILIO } from '../websocket/twilio-dialect.js';
import { VONAGE } from '../websocket/vonage-dialect.js';
import type { Dialect } from './dialect.js';
import { DIALECT_NAMES, type DialectName } from './dialect-names.js';

/** All dialects by their names. */
export const DIALECTS = {
  audiosocket: AUDIOSOCKET,
  asterisk: ASTERISK,
  twilio: TWILIO,
  telnyx: TELNYX,
  vonage: VONAGE,
  'audio-fork': AUDIO_FORK,
  jambonz: JAMBONZ,
  rtpengine: RTPENGINE,
  pipecat: PIPECAT,
  'openai-realtime': OPENAI_REALTIME,
  raw: RAW,
} as const satisfies Readonly<Record<DialectName, Dialect>>;

/** Accepts the name of a dialect. */
export const DIALECT_NAME = oneOf(...DIALECT_NAMES);

/** @throws ERR_INVALID_ARG for the name of no dialect. */
export function dialectNamed(name: string): Dialect {
  const dialect = entryOf<Dialect>(DIALECTS, name);
  if (!dialect) throw invalidArgument('dialect', DIALECT_NAME.expected, name);
  return dialect;
}
