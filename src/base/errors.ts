import { printable, printableLines } from './printable.js';

/**
 * Every code that an error thrown by Jackfield can carry, with the condition it names.
 * The message of each error says what was expected, what came and what to do about it.
 */
export const ERROR_CODES = {
  ERR_INVALID_ARG: 'An argument or option is outside the range its documentation gives.',
  ERR_INVALID_STATE: 'The operation is not possible in the state that the object is in.',
  ERR_TIMEOUT: 'A wait reached its time limit.',
  ERR_ABORTED: 'A wait was cancelled through its AbortSignal.',
  ERR_CLOSED: 'The object was closed, or closed while the operation was under way.',
  ERR_UNSUPPORTED: 'The input is valid, but of a kind that is not supported here.',
  ERR_ATTACH_UNAVAILABLE: 'No endpoint answers on the transport.',
  ERR_ATTACH_REFUSED: 'The endpoint, or its user, does not let this program attach.',
  ERR_UNEXPECTED_REPLY: 'The endpoint sent a reply that does not belong to the command.',
  ERR_CALL_ENDED: 'The call was over before it reached the state that was waited for.',
  ERR_VOICEMAIL_FAILED:
    'The voicemail failed, or was deleted, before it reached the state that was waited for.',
  ERR_CHAT_REFUSED:
    'A message could not be sent, or a chat could not be joined or changed; the reason is in the error.',
  ERR_SMS_FAILED: 'A short message failed, or did not reach all its numbers.',
  ERR_TRANSFER_FAILED: 'A file did not arrive: the transfer was cancelled or failed.',
  ERR_LINE_BREAK: 'A parameter holds CR, LF or NUL, which would end its message.',
  ERR_LINE_TOO_LONG: 'A message on a stream is longer than the limit.',
  ERR_INVALID_UTF8: 'A message on a stream is not valid UTF-8.',
  ERR_SYNTAX: 'A value does not follow the grammar of its place in the protocol.',
  ERR_API: 'The endpoint answered a command with an ERROR line.',
  ERR_FILE: 'A file could not be opened, read or written.',
  ERR_PORT: 'A port could not be opened for listening, or was lost.',
  ERR_LINE: 'The other end of a line refused a request or did not answer; its answer is in the message.',
  ERR_PEER: 'The other end of a TCP connection closed it with an error.',
  ERR_LIMIT: 'A limit on leases, connections, descriptors or buffered audio was reached.',
  ERR_SINK: 'A sink threw, or could not keep up under its policy.',
  ERR_WAV: 'A file could not be read as WAV; the reason is in the error.',
  ERR_ENCODER: 'An encoder or decoder failed; its own text is in the message.',
  ERR_TOOL: 'A system program or an optional package is missing or failed; its output is in the message.',
  ERR_DEVICE: 'A sound device is missing or failed; the text of the program that runs it is in the message.',
  ERR_SCENE:
    'The scene of a bot test failed; the message has the transcript, and the cause is the thrown error.',
  ERR_LISTENER: 'A listener of an event threw; the cause is the thrown error.',
  ERR_NOT_TRANSFERRED: 'Nobody answered the transferred call; the outcome is in the error.',
  ERR_TAKEN:
    'The voice of the call is already redirected by another program or another part of this program.',
  ERR_FORBIDDEN:
    'A token is missing, unknown or lacks the permission; or a request goes to a host that is not listed.',
  ERR_FLOW: 'A flow file has errors; each is in the error with its line and path.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Base of every error that Jackfield throws. Match on {@link JackfieldError.code}, not on the message. */
export class JackfieldError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    // Names from outside may be in the message; they must not control the terminal that prints it. A message that is no
    // text must not hide the error itself.
    super(bounded(printableLines(textOf(() => message))), options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A field of an options object, or an argument, that is outside its range. */
export function invalidArgument(name: string, expected: string, received: unknown): JackfieldError {
  return new JackfieldError('ERR_INVALID_ARG', `${name} must be ${expected}; got ${shown(received)}.`);
}

/** The error with which a wait rejects when its signal fires. The signal's reason is the cause. */
export function abortedError(waitingFor: string, signal: AbortSignal): JackfieldError {
  return new JackfieldError('ERR_ABORTED', `The wait for ${waitingFor} was cancelled.`, {
    cause: signal.reason,
  });
}

/** Anything that was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(messageOf(thrown));
}

/**
 * Text of anything that was thrown, for use inside another message. An error that is not Jackfield's becomes one
 * {@link printable} line, since it may hold a name with a line break. Never throws.
 */
export function messageOf(error: unknown): string {
  const text = textOf(() => (isError(error) ? error.message : error));
  return isError(error) && error instanceof JackfieldError ? text : bounded(printable(text));
}

/**
 * Longest line of a message, in characters, and the parts of a longer one that are kept. A text of somebody else, such
 * as a key of a file, may be of any length. The start names what is wrong, and the end says what to do.
 */
const LINE = { most: 2000, start: 1000, end: 500 };

/** Cuts the middle out of lines that are too long. */
function bounded(text: string): string {
  if (text.length <= LINE.most) return text;
  return text
    .split('\n')
    .map((line) => {
      if (line.length <= LINE.most) return line;
      const left = line.length - LINE.start - LINE.end;
      return `${line.slice(0, LINE.start)}… (${left} characters left out) …${line.slice(-LINE.end)}`;
    })
    .join('\n');
}

/** Longest part of a foreign value that a message shows, in characters. */
const MAX_SHOWN = 80;

/**
 * Text that shows a value in a message. A text is in quotation marks, and is cut when it is long. Of an object, only
 * its kind is shown. Never throws.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value !== 'object' || value === null) return cut(textOf(() => value));
  try {
    // Data may have a property of this name too.
    const { name } = Object.getPrototypeOf(value)?.constructor ?? {};
    return typeof name === 'string' && name !== '' ? cut(name) : 'an object';
  } catch {
    return 'an object';
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Objects may have no text, or throw when they are asked for it. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'a value without text';
  }
}
