import { JackfieldError } from '../../base/errors.js';

/**
 * The request for a voice, as a line of JSON. It asks for the call whose other party is redirected to `port` of the
 * asked process. The answer is one line, a {@link SharedVoice} or a {@link ShareRefusal}. Lines of {@link SharedFrame}
 * follow until the call is over or the connection is closed. A process that speaks sends such lines too: what it sends
 * into the call, as the leg `local`, at positions of the leg `remote`.
 */
export interface ShareRequest {
  readonly do: 'voice';
  readonly port: number;
  /** True to speak in the call. Nobody else may then speak until the connection is closed. */
  readonly speak: boolean;
}

/** The answer to a granted request. Positions count samples; each leg begins at the position given here. */
export interface SharedVoice {
  readonly ok: true;
  /** The object whose voice it is: `CALL 7`. */
  readonly object: string;
  readonly remote: number;
  /** First position of the local leg; absent when there is no local leg. */
  readonly local?: number;
  /**
   * True when the local leg is the played audio, paced by the remote leg: samples at the same position are
   * simultaneous. Otherwise it is a microphone with positions of its own.
   */
  readonly paced: boolean;
}

/** The answer to a refused request. */
export interface ShareRefusal {
  readonly ok: false;
  readonly error: { readonly code: 'ERR_TAKEN' | 'ERR_INVALID_ARG'; readonly message: string };
}

/** Samples of one leg, base64 of 16-bit little-endian at 16 kHz, mono; or its end. */
export type SharedFrame = {
  /** `remote`: what the other party says; `local`: what is said to it. */
  readonly leg: SharedLeg;
} & (
  | {
      /** Position of the first sample. Samples missing between two frames were lost. */
      readonly position: number;
      readonly pcm: string;
    }
  | { readonly end: true }
);
export type SharedLeg = 'remote' | 'local';

/** Longest line, in characters: several seconds of samples. */
export const MAX_SHARE_LINE = 500_000;
/** Longest gap between two frames that is accepted, in samples: an hour. */
export const MAX_GAP = 16_000 * 3600;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads a request. @throws ERR_INVALID_ARG. */
export function parseShareRequest(line: string): ShareRequest {
  const { do: what, port, speak } = fieldsOf(line);
  const isPort = isPosition(port) && port >= 1 && port <= 65_535;
  if (what === 'voice' && isPort && typeof speak === 'boolean') return { do: what, port, speak };
  const expected = '{"do":"voice","port":PORT,"speak":true or false}';
  throw new JackfieldError('ERR_INVALID_ARG', `Expected ${expected}.`);
}

/** Reads the answer to a request; undefined when the line is no answer. */
export function parseShareAnswer(line: string): SharedVoice | ShareRefusal | undefined {
  const { ok, object, remote, local, paced, error } = fieldsOf(line);
  if (ok === false) return isShareError(error) ? { ok, error } : undefined;
  if (ok !== true || typeof object !== 'string' || typeof paced !== 'boolean') return undefined;
  if (!isPosition(remote) || (local !== undefined && !isPosition(local))) return undefined;
  return { ok, object, remote, paced, ...(local !== undefined && { local }) };
}

/** Reads a frame; undefined when the line is no frame. */
export function parseSharedFrame(line: string): SharedFrame | undefined {
  const { leg, end, position, pcm } = fieldsOf(line);
  if (leg !== 'remote' && leg !== 'local') return undefined;
  if (end === true) return { leg, end };
  return isPosition(position) && typeof pcm === 'string' && BASE64.test(pcm)
    ? { leg, position, pcm }
    : undefined;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = line.length <= MAX_SHARE_LINE ? JSON.parse(line) : undefined;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isPosition(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isShareError(value: unknown): value is ShareRefusal['error'] {
  if (typeof value !== 'object' || value === null || !('code' in value && 'message' in value)) return false;
  const { code, message } = value;
  return (code === 'ERR_TAKEN' || code === 'ERR_INVALID_ARG') && typeof message === 'string';
}
