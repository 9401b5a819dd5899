/**
 * `jackfield/feed`: the event feed alone. It reports the events of recorders, bots, voicemail, the PCM server,
 * endpoints and an exchange. They are one typed union, and any number of readers get them through bounded queues.
 *
 * @module jackfield/feed
 */
export { type Clock, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export { EventFeed, type FeedReader, type ReadOptions } from './service/feed/event-feed.js';
export {
  FEED_VERSION,
  type FeedEvent,
  FEED_EVENT_TYPES,
  type FeedEventType,
  feedEventSchema,
  feedJsonSchema,
  type ToldEvent,
} from './service/feed/feed-event.js';
export { FeedSources } from './service/feed/feed-sources.js';
