import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { entryOf } from '../../base/entry-of.js';
import { LineReader } from '../../base/line-reader.js';
import { type Client, JackfieldError } from '../../control.js';
import type { CallRecording, Recorder } from '../../recording.js';
import { faultFields } from '../failure.js';
import type { RecordView } from './record-view.js';

/** Actions on a recording, by the first word of a line. */
const ACTIONS: Readonly<Record<string, (recording: CallRecording, text: string | undefined) => unknown>> = {
  pause: (recording, text) => recording.pause(text),
  resume: (recording, text) => recording.resume(text),
  mark: (recording, text) => recording.mark(text ?? ''),
  stop: (recording) => recording.stop(),
};

/** Syntax of the lines, for help and for errors. */
export const CONTROL_LINES = 'record CALL, pause CALL [why], resume CALL, mark CALL TEXT, or stop CALL';

/** Commands for a recorder on standard input. */
export interface RecordControl extends Disposable {
  /** The partially typed line on a terminal. */
  readonly typed: string;
}

/** Reads lines from standard input until its end. */
export function recordControl(
  client: Client,
  recorder: () => Recorder | undefined,
  view: () => RecordView,
): RecordControl {
  const take = (line: string) => {
    if (line.trim() === '') return;
    obey(line, client, recorder()).then(
      (fields) => view().note({ event: 'done', fields }),
      (thrown: unknown) => {
        const { error: reason, code } = faultFields(thrown);
        view().note({ event: 'refused', fields: { line, reason, code } });
      },
    );
  };
  return process.stdin.isTTY ? typedLines(take) : sentLines(take);
}

/** Lines that a person types. */
function typedLines(take: (line: string) => void): RecordControl {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  // A lost terminal must not end a recording.
  lines.on('error', () => undefined);
  lines.on('line', take);
  // On a terminal, readline also takes Ctrl-C.
  lines.on('SIGINT', () => process.emit('SIGINT'));
  return {
    get typed() {
      return lines.line;
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

/** Lines of a program or a file. A separator of lines of Unicode is a character of their text. */
function sentLines(take: (line: string) => void): RecordControl {
  const lines = new LineReader(process.stdin);
  process.stdin.on('error', () => undefined);
  lines.on('line', take);
  return { typed: '', [Symbol.dispose]: () => lines.pause() };
}

/** Longest part of a line that is parsed, in characters. */
const MAX_LINE = 10_000;

/** @throws ERR_INVALID_ARG for an unknown command or call; errors of the recording. */
async function obey(
  line: string,
  client: Client,
  recorder: Recorder | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const [, action = '', id = '', text] =
    /^(\w+)\s+(\d+)(?:\s+(\S.*))?$/s.exec(line.slice(0, MAX_LINE).trim()) ?? [];
  const call = [...client.calls].find((known) => known.id === Number(id));
  if (!recorder || (action !== 'record' && !Object.hasOwn(ACTIONS, action))) {
    throw new JackfieldError('ERR_INVALID_ARG', `Expected ${CONTROL_LINES}.`);
  }
  if (!call) throw new JackfieldError('ERR_INVALID_ARG', `There is no call ${id} now.`);
  if (action === 'record') {
    await recorder.record(call);
    return { action, call: call.id };
  }
  const recording = recorder.recordings.find((known) => known.call.id === call.id);
  if (!recording) throw new JackfieldError('ERR_INVALID_ARG', `Call ${id} is not being recorded.`);
  // Not awaited: the publication after `stop` has its own event.
  void entryOf(ACTIONS, action)?.(recording, text);
  return { action, call: call.id, ...(text !== undefined && { text }) };
}
