import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { EventFeed } from './event-feed.js';
import type { FeedEvent } from './feed-event.js';

/**
 * Writes each event to a stream until `signal` fires. Reading stops while the stream is full: the reader's queue in the
 * feed is bounded and reports dropped events.
 */
export async function tailTo(
  stream: Writable,
  feed: EventFeed,
  { name, signal, format }: { name: string; signal: AbortSignal; format: (event: FeedEvent) => string },
): Promise<void> {
  for await (const event of feed.read({ name, signal })) {
    // A broken stream is closed, which fires the signal.
    if (!stream.write(format(event))) await once(stream, 'drain', { signal }).catch(() => undefined);
  }
}
