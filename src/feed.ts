/**
 * `jackfield/feed`: the event feed alone: what recorders, bots, voicemail, the PCM server, endpoints and an exchange do, as
 * one typed union, told to any number of readers with bounded queues.
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
