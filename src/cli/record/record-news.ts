import type { FeedEvent } from '../../feed.js';

/** A line about an event: its name and fields. */
export interface News {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Facts for the lines of a recorder that its feed does not have. */
export interface RecordedFrom {
  /** Address of the endpoint. */
  readonly attached: string;
  readonly folder: string;
  /** Source of the settings: the configuration file, or the command line. */
  readonly from: string;
}

type Told = {
  readonly [T in FeedEvent['type']]?: (event: Extract<FeedEvent, { type: T }>) => News | undefined;
};

/** Names of recording events that differ from those of the feed. */
const RECORDING_NAMES: ReadonlyMap<string, string> = new Map([
  ['begun', 'recording'],
  ['disk-full', 'disk full'],
  ['disk-resumed', 'disk resumed'],
]);

/** Converters from events of the feed to lines. */
function toldOf({ attached, folder, from }: RecordedFrom): Told {
  return {
    endpoint: ({ what, reason }) =>
      what === 'lost' || what === 'returned'
        ? { event: `endpoint ${what}`, fields: { attached, reason } }
        : undefined,
    recording: ({ v: _, at: __, type: ___, account: ____, what, ...fields }) =>
      // The end is shown when its files are published.
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

/** Creates the function that converts an event of the feed to a line; undefined for events without one. */
export function newsOf(about: RecordedFrom): (event: FeedEvent) => News | undefined {
  const told = toldOf(about) as Readonly<
    Record<string, ((event: FeedEvent) => News | undefined) | undefined>
  >;
  return (event) => told[event.type]?.(event);
}
