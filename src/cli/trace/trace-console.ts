import { createInterface, type Interface } from 'node:readline';
import type { AttachState, Client, TraceLine } from '../../control.js';
import { ApiError } from '../../protocol.js';
import { faultText } from '../failure.js';
import { drawText } from '../terminal-text.js';
import { SeenObjects } from './seen-objects.js';
import { completeLine } from './trace-completion.js';
import { helpOn } from './trace-help.js';
import { withoutId } from './trace-script.js';
import type { TraceView } from './trace-view.js';

/** Runs a prompt for commands, with the messages of the endpoint above it. Resolves when the user ends it. */
export async function runConsole(
  client: Client,
  options: { readonly view: TraceView; readonly signal: AbortSignal },
): Promise<void> {
  const { view, signal } = options;
  const seen = new SeenObjects();
  const prompt = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: '> ',
    signal,
    completer: (line: string) => completeLine(line, (object) => seen.of(object)),
  });
  const print = (text: string) => printAbove(prompt, text);
  const show = (line: TraceLine) => {
    seen.note(line);
    print(view.format(line));
  };
  const tell = (state: AttachState) => {
    const why = 'error' in state && state.error ? `: ${faultText(state.error)}` : '';
    print(view.note(`${state.status}${why}`));
    if (state.status === 'closed') prompt.close();
  };
  client.on('trace', show).on('state', tell);
  prompt.on('SIGINT', () => prompt.close());
  print(view.note('Attached. Tab completes; "help" lists the commands; Ctrl-D ends.'));
  try {
    for await (const line of prompt) {
      if (line.trim() === 'quit') break;
      if (/^\s*help\b/.test(line)) print(helpOn(line.replace(/^\s*help\b/, '')));
      else if (line.trim() !== '') send(client, line, (text) => print(view.note(text)));
      prompt.prompt();
    }
  } finally {
    client.off('trace', show).off('state', tell);
    prompt.close();
  }
}

/** Sends a command without waiting for the answer, so that the next one can be typed at once. */
function send(client: Client, line: string, complain: (text: string) => void): void {
  client.invoke(withoutId(line)).catch((error: unknown) => {
    // An ERROR reply was shown already.
    if (!(error instanceof ApiError)) complain(faultText(error));
  });
}

/** Writes above the prompt, and restores the typed text. */
function printAbove(prompt: Interface, text: string): void {
  drawText(`\r\x1b[K${text}\n`);
  prompt.prompt(true);
}
