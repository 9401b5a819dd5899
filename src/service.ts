/**
 * `jackfield/service`: the service that runs unattended: endpoints, with recorder, bots and answering machine on one
 * redirection of each call. Also its configuration, its control, and its event feed, which logs, metrics and other
 * programs read.
 *
 * @module jackfield/service
 */
export { type Clock, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { ToldError as ControlError } from './base/request-error.js';
export {
  type CheckConfigOptions,
  type ConfigProblem,
  type ConfigReading,
  checkConfig,
  formatConfigProblem,
  readConfig,
} from './service/config/read-config.js';
export {
  type Conditions,
  type ServiceConfig,
  serviceConfigJsonSchema,
  serviceConfigSchema,
} from './service/config/service-config.js';
export { askService, tailService } from './service/control/control-client.js';
export {
  CONTROL_COMMANDS,
  type ControlArguments,
  type ControlCommand,
  type ControlResult,
  controlCommands,
} from './service/control/control-commands.js';
export { ControlDesk, type ControlHooks } from './service/control/control-desk.js';
export {
  type ControlRequest,
  controlRequestSchema,
  defaultSocket,
} from './service/control/control-protocol.js';
export { ControlServer, type SocketClaim } from './service/control/control-server.js';
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
export { type ApiClient, BearerTokens } from './service/http/bearer-tokens.js';
export { HttpServer, type HttpServerOptions, type TlsKeys } from './service/http/http-server.js';
export { openApiDocument } from './service/http/openapi.js';
export { RestApi } from './service/http/rest-api.js';
export { Service, type ServiceOptions } from './service/service.js';
export {
  type AnswerRule,
  type Calendars,
  type OfferedCall,
  type Verdict,
  weighRules,
} from './service/answer-rules.js';
export type { Attendant, Places, ServedAccount, Staff, Workplace } from './service/attendants.js';
export type { CampaignStage } from './service/campaign-stage.js';
export type { Campaigns, CampaignStatus } from './service/campaigns.js';
export type { Office, ServiceLine, Shift } from './service/service-line.js';
export { type CallSpan, CallSpans, type SpanSink, traceCalls } from './service/trace/call-spans.js';
export {
  type OpenTelemetryApi,
  type OpenTelemetrySpan,
  type OpenTelemetryTracer,
  openTelemetrySpans,
} from './service/trace/otel-spans.js';
export { type OtlpResource, otlpRequest } from './service/trace/otlp.js';
export { OtlpExporter } from './service/trace/otlp-exporter.js';
export { eventLine, FeedLog, type FeedLogOptions } from './service/watch/feed-log.js';
export { FeedHooks, type HooksConfig } from './service/watch/feed-hooks.js';
export { FeedMetrics, type MetricsState } from './service/watch/feed-metrics.js';
