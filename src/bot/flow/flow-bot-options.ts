import { callback, having, instance, nested, object, path, type Rules, rule } from '../../base/check.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { BotCall } from '../bot-call.js';
import type { Speakable } from '../prompt/speakable.js';
import type { Queue } from '../queue/queue.js';
import { FLOW_HTTP, type FlowHttpOptions } from '../steps/flow-http.js';
import type { FlowStep } from './flow-schema.js';
import type { FlowVariables } from './flow-variables.js';

/** Context that a hook is called with. */
export interface FlowHookContext {
  readonly call: BotCall;
  /** May be changed. */
  readonly variables: FlowVariables;
}

/** A step in code. What it returns chooses among the step's `results`; throwing leads to `otherwise`. */
export type FlowHook = (context: FlowHookContext) => Promise<string | undefined> | string | undefined;

/** A step that a call takes. */
export interface FlowProgress {
  readonly call: BotCall;
  /** The flow's file; that of a sub-flow within one. */
  readonly file: string;
  readonly name: string;
  readonly kind: FlowStep['do'];
}

/** Leaves a voicemail for somebody; resolves when it was taken. */
export type FlowVoicemail = (message: {
  readonly call: BotCall;
  readonly target: string;
  readonly what: Speakable;
}) => Promise<void>;

/** Sends somebody a message of a chat. */
export type FlowMessage = (message: {
  readonly call: BotCall;
  readonly target: string;
  readonly text: string;
}) => Promise<void>;

export interface FlowBotOptions {
  /** By the names that the flow uses. */
  readonly hooks?: Readonly<Record<string, FlowHook>>;
  /** Values that its one call begins with; what its steps save is put there. Default: none. */
  readonly variables?: FlowVariables;
  /** Folder that takes the messages in place of the flow's own: they lie there as they would lie in it. */
  readonly messages?: string;
  /** Limits of the requests that the flow makes. Default: it may make none. */
  readonly http?: FlowHttpOptions;
  /** Understands callers, where the flow takes words for answers. Default: it may not. */
  readonly transcriber?: Transcriber;
  /** Leaves voicemails; `flowVoicemail` makes one. Default: the flow may leave none. */
  readonly leaveVoicemail?: FlowVoicemail;
  /** Sends messages. Default: the endpoint does; where it cannot, the bot does not begin. */
  readonly sendMessage?: FlowMessage;
  /** Queues by the names that the flow uses; one of the flow's own by that name is not opened. */
  readonly queues?: Readonly<Record<string, Queue>>;
  /**
   * Queues that keep their state, by the paths of their folders. The flow takes the one that is there, and puts in those
   * that it opens, so that flows with one map hand them on. Take out one that you close. Default: none is handed on.
   */
  readonly queueFolders?: Map<string, Queue>;
  /** Told of each queue of the flow when its first caller comes. */
  readonly onQueue?: (queue: Queue) => void;
  /** Told of each step before it is taken. */
  readonly onStep?: (progress: FlowProgress) => void;
}

/** The rules of {@link FlowBotOptions}. */
export const FLOW_BOT: Rules<FlowBotOptions> = {
  hooks: rule(
    'an object of functions',
    (value) => object.accepts(value) && Object.values(value as object).every(callback.accepts),
  ),
  variables: instance(Map),
  messages: path,
  http: nested(FLOW_HTTP),
  transcriber: having('transcribe'),
  leaveVoicemail: callback,
  sendMessage: callback,
  queues: object,
  queueFolders: instance(Map),
  onQueue: callback,
  onStep: callback,
};
