import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { EventFeed } from './event-feed.js';
import type { FeedEvent } from './feed-event.js';

/**
 * Writes each event to a stream until `signal` fires. While the stream is full nothing is read: the reader's queue in the
 * feed stays bounded, and tells of what it dropped.
 */
export async function tailTo(
  stream: Writable,
  feed: EventFeed,
  { name, signal, format }: { name: string; signal: AbortSignal; format: (event: FeedEvent) => string },
): Promise<void> {
  for await (const event of feed.read({ name, signal })) {
    // A stream that broke is closed, which fires the signal.
    if (!stream.write(format(event))) await once(stream, 'drain', { signal }).catch(() => undefined);
  }
}
