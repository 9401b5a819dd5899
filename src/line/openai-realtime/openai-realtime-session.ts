import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions } from '../dialect/dialect.js';
import { type JsonFields, numberField, objectField, textField } from '../dialect/json-fields.js';
import type { MediaFormat } from '../dialect/media-event.js';
import { formatOf } from '../websocket/media-streams-codec.js';

/** Name of the dialect in error messages. */
export const REALTIME = 'the Realtime API';

/**
 * Makes the first message of the client: the format of the audio, and the setup of the agent. Settings add to it, but
 * cannot change the audio.
 */
export function sessionUpdate({ format, variant, agent = {} }: CodecOptions): JsonFields {
  const { instructions, voice, tools = [], settings = {} } = agent;
  const theirs = settings['tools'];
  const functions = [
    ...tools.map((tool) => ({ type: 'function', ...tool })),
    ...(Array.isArray(theirs) ? (theirs as unknown[]) : []),
  ];
  const asked = {
    ...(instructions !== undefined && { instructions }),
    ...(functions.length > 0 && { tools: functions }),
  };
  const form = variant === 'earlier' ? earlierForm : currentForm;
  const { usual, audio } = form(format, voice);
  const session = [settings, asked, audio].reduce<JsonFields>(combined, usual);
  return { type: 'session.update', session };
}

interface SessionForm {
  /** Defaults that settings may replace. */
  readonly usual: JsonFields;
  readonly audio: JsonFields;
}

function earlierForm({ encoding }: MediaFormat, voice: string | undefined): SessionForm {
  const name = EARLIER[encoding];
  return {
    usual: { modalities: ['text', 'audio'], turn_detection: { type: 'server_vad' } },
    audio: { input_audio_format: name, output_audio_format: name, ...(voice !== undefined && { voice }) },
  };
}

function currentForm(format: MediaFormat, voice: string | undefined): SessionForm {
  const type = typeOf(format);
  return {
    usual: { type: 'realtime', audio: { input: { turn_detection: { type: 'server_vad' } } } },
    audio: {
      audio: { input: { format: type }, output: { format: type, ...(voice !== undefined && { voice }) } },
    },
  };
}

/** Merges `added` into `base`. Objects in both are merged; any other value of `added` replaces that of `base`. */
function combined(base: JsonFields, added: JsonFields): JsonFields {
  const fields = Object.entries(added).map(([name, value]): [string, unknown] => {
    const before = objectField(base, name);
    const now = objectField(added, name);
    // An object with a type is a choice of its own, and replaces the one in `base`.
    return [name, before && now && !('type' in now) ? combined(before, now) : value];
  });
  return Object.fromEntries([...Object.entries(base), ...fields]);
}

/** Default rate of linear samples, and rate of G.711, in Hz. */
const PCM_RATE = 24_000;
const LAW_RATE = 8000;

/** Encodings by their names in both versions. */
const ENCODINGS: Readonly<Record<string, MediaFormat['encoding']>> = {
  ...{ pcm16: 's16', g711_ulaw: 'mulaw', g711_alaw: 'alaw' },
  ...{ 'audio/pcm': 's16', 'audio/pcmu': 'mulaw', 'audio/pcma': 'alaw' },
};

const EARLIER: Readonly<Record<MediaFormat['encoding'], string>> = {
  s16: 'pcm16',
  s16be: 'pcm16',
  mulaw: 'g711_ulaw',
  alaw: 'g711_alaw',
};

function typeOf({ encoding, sampleRate }: MediaFormat): JsonFields {
  if (encoding === 'mulaw') return { type: 'audio/pcmu' };
  return encoding === 'alaw' ? { type: 'audio/pcma' } : { type: 'audio/pcm', rate: sampleRate };
}

/**
 * Reads the format of one direction from a session of either version; undefined when the session names none.
 *
 * @throws ERR_UNSUPPORTED for an unknown encoding; ERR_SYNTAX for an invalid rate.
 */
export function formatIn(session: JsonFields | undefined, side: 'input' | 'output'): MediaFormat | undefined {
  const format = objectField(objectField(objectField(session, 'audio'), side), 'format');
  const name = textField(session, `${side}_audio_format`) ?? textField(format, 'type');
  if (name === undefined && format === undefined) return undefined;
  const encoding = entryOf(ENCODINGS, name ?? 'audio/pcm');
  if (!encoding)
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `${REALTIME} uses the unknown audio format "${name?.slice(0, 40)}".`,
    );
  const sampleRate = encoding === 's16' ? (numberField(format, 'rate') ?? PCM_RATE) : LAW_RATE;
  return formatOf(encoding, sampleRate, 1, REALTIME);
}

const KEY = /^The caller has pressed the key (.)\.$/;

/** Makes a text that tells the agent of a key. The API has no event for keys on a WebSocket. */
export function keyMessage(digit: string): JsonFields {
  const text = `The caller has pressed the key ${digit}.`;
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

/** Returns the key in a text of {@link keyMessage}. */
export function keyInMessage(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}
