import type { FeedEvent } from '../../feed.js';

/** One line about something that happened: its name, and what is told of it. */
export interface News {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Everything that a recorder's lines tell and its feed does not. */
export interface RecordedFrom {
  /** Address of the endpoint. */
  readonly attached: string;
  readonly folder: string;
  /** Source of its settings: the configuration file, or the command line. */
  readonly from: string;
}

type Told = {
  readonly [T in FeedEvent['type']]?: (event: Extract<FeedEvent, { type: T }>) => News | undefined;
};

/** Names of what happens to a recording that are not those of the feed. */
const RECORDING_NAMES: ReadonlyMap<string, string> = new Map([
  ['begun', 'recording'],
  ['disk-full', 'disk full'],
  ['disk-resumed', 'disk resumed'],
]);

/** Events of the feed that a recorder's lines tell, each as its line. */
function toldOf({ attached, folder, from }: RecordedFrom): Told {
  return {
    endpoint: ({ what, reason }) =>
      what === 'lost' || what === 'returned'
        ? { event: `endpoint ${what}`, fields: { attached, reason } }
        : undefined,
    recording: ({ v: _, at: __, type: ___, account: ____, what, ...fields }) =>
      // Its end is told when its files are in their place.
      what === 'ended' ? undefined : { event: RECORDING_NAMES.get(what) ?? what, fields },
    service: ({ what, text }) => {
      if (what === 'ready') return { event: what, fields: { attached, folder } };
      if (what === 'configured') return { event: what, fields: { from } };
      if (what === 'not-configured') return { event: 'not configured', fields: { reason: text } };
      if (what === 'advice') return { event: 'few descriptors', fields: { advice: text } };
      return { event: what, fields: {} };
    },
    failure: ({ call, where, reason, code }) => ({ event: 'failed', fields: { call, where, reason, code } }),
    loss: ({ call, where, ms }) => ({ event: 'loss', fields: { call, where, ms } }),
    dropped: ({ events }) => ({ event: 'dropped', fields: { events } }),
  };
}

/** Makes the function that turns an event of the feed into its line; undefined for what has none. */
export function newsOf(about: RecordedFrom): (event: FeedEvent) => News | undefined {
  const told = toldOf(about) as Readonly<
    Record<string, ((event: FeedEvent) => News | undefined) | undefined>
  >;
  return (event) => told[event.type]?.(event);
}
