import { EventFeed, type FeedEvent } from '../../feed.js';
import { printLine } from '../terminal-text.js';

/** A line about a call: fields for programs, text for people. */
interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Formats an event for the output of a bot's command; undefined for events that are not shown. */
export function botLine(event: FeedEvent, maxCalls: number): Line | undefined {
  if (event.type === 'bot') {
    const { what, partner = '', reason } = event;
    if (what === 'talking') return { fields: { event: what, partner }, text: partner };
    if (what === 'refused')
      return { fields: { event: what }, text: `refused: ${maxCalls} calls are in progress` };
    const why = reason === undefined ? '' : `, ${reason}`;
    return { fields: { event: 'result', outcome: what, error: reason }, text: `${what}${why}` };
  }
  if (event.type === 'loss') {
    const { type, where, ms } = event;
    const lost = ms === undefined ? 'voice' : `${Math.round(ms)} ms of voice`;
    return { fields: { event: type, where, ms }, text: `${lost} lost: ${where}` };
  }
  if (event.type === 'failure') {
    const { where, reason, code } = event;
    const text = `failed: ${where}: ${reason}${code === undefined ? '' : ` [${code}]`}`;
    return { fields: { event: 'failed', where, reason, code }, text };
  }
  if (event.type === 'dropped') {
    const { type, events } = event;
    return {
      fields: { event: type, events },
      text: `${events} lines dropped: standard output was not read in time`,
    };
  }
  return undefined;
}

/** A feed whose events are printed. Disposing it prints the waiting events and closes it. */
export interface ShownFeed extends AsyncDisposable {
  readonly feed: EventFeed;
}

/** Prints a line for each event of the calls of bots. */
export function showBots({
  json,
  maxCalls,
}: {
  readonly json: boolean;
  readonly maxCalls: number;
}): ShownFeed {
  const feed = new EventFeed();
  const shown = feed.each({ name: 'terminal' }, (event) => {
    const line = botLine(event, maxCalls);
    if (!line) return;
    const call = 'call' in event ? event.call : undefined;
    const whose = call === undefined ? '' : `call ${call}: `;
    printLine(json ? JSON.stringify({ call, ...line.fields }) : `${whose}${line.text}`);
  });
  return {
    feed,
    [Symbol.asyncDispose]: async () => {
      feed.close();
      await shown;
    },
  };
}
