/**
 * `jackfield/service`: the service that runs unattended. Its event feed, of which logs, metrics and other programs are
 * readers.
 *
 * @module jackfield/service
 */
export { type Clock, systemClock, VirtualClock } from './base/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export { EventFeed, type FeedReader, type ReadOptions } from './service/feed/event-feed.js';
export {
  FEED_VERSION,
  type FeedEvent,
  type FeedEventType,
  feedEventSchema,
  feedJsonSchema,
  type ToldEvent,
} from './service/feed/feed-event.js';
export { FeedSources } from './service/feed/feed-sources.js';
