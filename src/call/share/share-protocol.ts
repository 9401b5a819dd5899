import { JackfieldError } from '../../base/errors.js';

/**
 * The request for a voice, a line of JSON: that of the call whose other party is redirected to `port` of the process that
 * is asked. It is answered by a line, a {@link SharedVoice} or a {@link ShareRefusal}; then lines of
 * {@link SharedFrame} follow, until the call is over or the connection is closed.
 */
export interface ShareRequest {
  readonly do: 'voice';
  readonly port: number;
  /** True to be the one who speaks: nobody else may, until the connection is closed. */
  readonly speak: boolean;
}

/** The answer to a request that is granted. Positions count samples; those of each leg begin at the one named here. */
export interface SharedVoice {
  readonly ok: true;
  /** The object that the voice is of: `CALL 7`. */
  readonly object: string;
  readonly remote: number;
  /** Nothing where there is no other leg. */
  readonly local?: number;
  /**
   * True where the local leg is what is played, paced by the remote one: samples of the same position are simultaneous.
   * Else it is a microphone, whose positions are its own.
   */
  readonly paced: boolean;
}

/** A request that is refused. */
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
      /** Of the first sample. What is missing between two was lost. */
      readonly position: number;
      readonly pcm: string;
    }
  | { readonly end: true }
);
export type SharedLeg = 'remote' | 'local';

/** Longest line, in characters: several seconds of samples. */
export const MAX_SHARE_LINE = 500_000;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads a request. @throws ERR_INVALID_ARG. */
export function parseShareRequest(line: string): ShareRequest {
  const { do: what, port, speak } = fieldsOf(line);
  const isPort = isPosition(port) && port >= 1 && port <= 65_535;
  if (what === 'voice' && isPort && typeof speak === 'boolean') return { do: what, port, speak };
  const expected = '{"do":"voice","port":PORT,"speak":true or false}';
  throw new JackfieldError('ERR_INVALID_ARG', `Expected ${expected}.`);
}

/** Reads the answer to a request; nothing where it is none. */
export function parseShareAnswer(line: string): SharedVoice | ShareRefusal | undefined {
  const { ok, object, remote, local, paced, error } = fieldsOf(line);
  if (ok === false) return isShareError(error) ? { ok, error } : undefined;
  if (ok !== true || typeof object !== 'string' || typeof paced !== 'boolean') return undefined;
  if (!isPosition(remote) || (local !== undefined && !isPosition(local))) return undefined;
  return { ok, object, remote, paced, ...(local !== undefined && { local }) };
}

/** Reads a frame; nothing where it is none. */
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
