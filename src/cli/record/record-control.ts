import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { entryOf } from '../../base/entry-of.js';
import { type Client, JackfieldError } from '../../control.js';
import type { CallRecording, Recorder } from '../../recording.js';
import type { RecordView } from './record-view.js';

/** Actions on a call that a recorder knows, by the first word of a line. */
const ACTIONS: Readonly<Record<string, (recording: CallRecording, text: string | undefined) => unknown>> = {
  pause: (recording, text) => recording.pause(text),
  resume: (recording, text) => recording.resume(text),
  mark: (recording, text) => recording.mark(text ?? ''),
  stop: (recording) => recording.stop(),
};

/** Syntax of the lines, for help and for errors. */
export const CONTROL_LINES = 'record CALL, pause CALL [why], resume CALL, mark CALL TEXT, or stop CALL';

/** Lines of standard input that tell a recorder what to do. */
export interface RecordControl extends Disposable {
  /** The text that is being typed, on a terminal. */
  readonly typed: string;
}

/** Takes lines from standard input until it ends. */
export function recordControl(
  client: Client,
  recorder: () => Recorder | undefined,
  view: () => RecordView,
): RecordControl {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = process.stdin.isTTY;
  const lines: Interface = createInterface({ input: process.stdin, output: silent, terminal });
  // A terminal that is gone ends its lines, and no recording.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    obey(line, client, recorder()).then(
      (fields) => view().note({ event: 'done', fields }),
      (error: Error) => view().note({ event: 'refused', fields: { line, reason: error.message } }),
    );
  });
  // On a terminal it takes the keys, Ctrl-C too.
  lines.on('SIGINT', () => process.emit('SIGINT'));
  return {
    get typed() {
      return lines.line;
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

/** Longest line that is looked at, in characters. */
const MAX_LINE = 10_000;

/** @throws ERR_INVALID_ARG where there is no such line, or no such call; what recording it throws. */
async function obey(
  line: string,
  client: Client,
  recorder: Recorder | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const [, action = '', id = '', text] =
    /^(\w+)\s+(\d+)(?:\s+(\S.*))?$/.exec(line.slice(0, MAX_LINE).trim()) ?? [];
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
  // Ending a recording publishes its file, which is told when it is done.
  void entryOf(ACTIONS, action)?.(recording, text);
  return { action, call: call.id, ...(text !== undefined && { text }) };
}
