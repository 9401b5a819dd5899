/**
 * `jackfield/bot`: bots that hold conversations in calls. Bots and their host, prompts, flow files, rooms, campaigns,
 * and `testBot`, which tests a bot without waiting.
 *
 * @module jackfield/bot
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export type { ServiceKey } from './base/web/service-key.js';
export { type Hours, isWithinHours, nextWithinHours } from './base/time/hours.js';
export { WEEKDAYS, type Weekday } from './base/time/local-time.js';
export type { WaitOptions } from './base/wait.js';
export {
  type Bot,
  type BotOptions,
  type BotPreparation,
  type BotScript,
  bot,
} from './bot/bot.js';
export { BotCall, type Partner } from './bot/bot-call.js';
export type {
  HoldOptions,
  SendDigitsOptions,
  TransferOptions,
  TransferReport,
} from './bot/bot-call-options.js';
export { agentBot } from './bot/agent/agent-bot.js';
export type { AgentBotOptions, AgentDialect, AgentNotice } from './bot/agent/agent-options.js';
export type { HeardItem } from './bot/agent/agent-speech.js';
export type { AgentAllowance, AgentTool } from './bot/agent/agent-tools.js';
export { type AgentConfig, agentConfigSchema } from './bot/agent/read-agent.js';
export { BotHost } from './bot/bot-host.js';
export type {
  AttendChatsOptions,
  AttendOptions,
  BotDialOptions,
  BotHostEvents,
  BotHostOptions,
} from './bot/bot-host-options.js';
export type { BotOutcome, BotResult } from './bot/bot-result.js';
export type { BotStep } from './bot/bot-step.js';
export { canSendMessages } from './bot/can-send-messages.js';
export type { CallTape, CallTaper, TapeOptions } from './bot/call-taper.js';
export { type AskOptions, BotChat } from './bot/chat/bot-chat.js';
export type { ChatBotResult } from './bot/chat/chat-attendant.js';
export { type ChatBot, type ChatBotOptions, type ChatBotScript, chatBot } from './bot/chat/chat-bot.js';
export { drawFlow, type FlowDrawing } from './bot/drawing/draw-flow.js';
export { type Flow, type ParseFlowOptions, parseFlow, readFlow } from './bot/flow/flow.js';
export { flowBot } from './bot/flow/flow-bot.js';
export type {
  FlowBotOptions,
  FlowHook,
  FlowHookContext,
  FlowMessage,
  FlowProgress,
  FlowVoicemail,
} from './bot/flow/flow-bot-options.js';
export { FlowError, type FlowProblem, formatProblem } from './bot/flow/flow-error.js';
export type { FlowCondition } from './bot/flow/flow-parts.js';
export type { FlowHttpOptions } from './bot/steps/flow-http.js';
export type { FlowAbility } from './bot/flow/flow-needs.js';
export type { FlowData, FlowStep } from './bot/flow/flow-schema.js';
export type { FlowVariables } from './bot/flow/flow-variables.js';
export type { Gathered, GatherInput, GatherOptions } from './bot/conversation/gather.js';
export {
  AnswerDetector,
  type AnswerDetectorOptions,
  type Answerer,
  type AnswerVerdict,
} from './bot/outbound/answer-detector.js';
export { type Beep, BeepDetector } from './bot/outbound/beep-detector.js';
export {
  type CallListOptions,
  type CampaignTarget,
  parseCallList,
  readCallList,
} from './bot/outbound/call-list.js';
export type { Holidays } from './bot/outbound/calling-times.js';
export { runCampaign } from './bot/outbound/campaign.js';
export {
  CAMPAIGN_DEFAULTS,
  type CampaignEnding,
  type CampaignOptions,
} from './bot/outbound/campaign-options.js';
export type { CampaignPacing } from './bot/outbound/campaign-pacing.js';
export {
  type CampaignFigures,
  type CampaignReportOptions,
  campaignReport,
} from './bot/outbound/campaign-report.js';
export { DoNotCallList } from './bot/outbound/do-not-call-list.js';
export type {
  CampaignCall,
  CampaignLine,
  CampaignResult,
  CampaignStore,
  DoNotCall,
} from './bot/outbound/campaign-call.js';
export {
  type CampaignEntry,
  CampaignLog,
  type CampaignQuery,
  type CampaignSummary,
  type CampaignWill,
} from './bot/outbound/campaign-log.js';
export { type CampaignSource, type ReadCampaign, readCampaign } from './bot/outbound/read-campaign.js';
export { detectAnswer, type DetectAnswerOptions, waitForBeep } from './bot/outbound/detect-answer.js';
export { ENGLISH, english } from './bot/language/english.js';
export { type CommandSpeechOptions, commandSpeechEngine } from './bot/prompt/command-speech-engine.js';
export { type EspeakOptions, espeakEngine } from './bot/prompt/espeak-engine.js';
export { type HttpSpeechOptions, httpSpeechEngine } from './bot/prompt/http-speech-engine.js';
export { ESTONIAN, estonian } from './bot/language/estonian.js';
export { FRENCH, french } from './bot/language/french.js';
export { GERMAN, german } from './bot/language/german.js';
export type { CountedUnit, Language, SpokenCurrency } from './bot/language/language.js';
export { melodyEngine } from './bot/prompt/melody-engine.js';
export {
  openPrompts,
  type PromptSource,
  SPEECH_ENGINES,
  type SpeechService,
} from './bot/prompt/open-prompts.js';
export { Prompts, type PromptsOptions, type SayingOptions } from './bot/prompt/prompts.js';
export type { NumberRule, NumberSeries } from './bot/language/number-series.js';
export { SPANISH, spanish } from './bot/language/spanish.js';
export type { Speakable, SpokenPart } from './bot/prompt/speakable.js';
export type { SpeakOptions, Speech, SpeechEngine, SpeechStream } from './bot/prompt/speech-engine.js';
export { type SpokenLanguage, spokenLanguage } from './bot/language/spoken-language.js';
export type { SpokenWord } from './bot/language/spoken-word.js';
export { Queue, type QueueEvents } from './bot/queue/queue.js';
export type { QueueAgent } from './bot/queue/queue-agents.js';
export type { QueueCounts, QueueFigures } from './bot/queue/queue-figures.js';
export type {
  EnterOptions,
  QueueAnnouncement,
  QueueCallBack,
  QueueOptions,
} from './bot/queue/queue-options.js';
export { type QueuePlace, sayPlace } from './bot/queue/queue-place.js';
export type { QueueEvent } from './bot/queue/queue-talk.js';
export type { QueueResult } from './bot/queue/queue-visit.js';
export {
  type BotFiles,
  type FlowModule,
  type ReadBot,
  type ReadBotOptions,
  readBot,
  readFlowModule,
  variablesOf,
} from './bot/read-bot.js';
export type { Message, RecordOptions } from './bot/conversation/record-message.js';
export { bridge, Room, type RoomOptions } from './bot/room.js';
export type { BargeIn, Cut, SayOptions, SpeechReport } from './bot/conversation/say.js';
export type { HeardSpeech } from './bot/conversation/speech-input.js';
export { BOT_HANDLE } from './bot/test/bot-handle.js';
export { type TestBotOptions, type TestBotResult, testBot } from './bot/test/test-bot.js';
export {
  type CampaignAnswer,
  type TestCampaignOptions,
  type TestCampaignResult,
  testCampaign,
} from './bot/test/test-campaign.js';
export type {
  TestExchange,
  TestExchangeStarter,
  TestScene,
  TestUser,
} from './bot/test/test-house.js';
export { type HearOptions, type PressOptions, TestCaller } from './bot/test/test-caller.js';
export { formatTranscript, type TranscriptLine } from './bot/test/test-transcript.js';
export {
  type TransferAttempt,
  TransferFailedError,
  type TransferFailure,
} from './bot/transfer/transfer-failed-error.js';
