import { callback, having, instance, nested, object, path, type Rules, rule } from '../../base/check.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { BotCall } from '../bot-call.js';
import type { Speakable } from '../prompt/speakable.js';
import type { Queue } from '../queue/queue.js';
import { FLOW_HTTP, type FlowHttpOptions } from '../steps/flow-http.js';
import type { FlowStep } from './flow-schema.js';
import type { FlowVariables } from './flow-variables.js';

/** Argument of a hook. */
export interface FlowHookContext {
  readonly call: BotCall;
  /** The hook may change them. */
  readonly variables: FlowVariables;
}

/** A step in code. Its return value chooses among the step's `results`. An error leads to `otherwise`. */
export type FlowHook = (context: FlowHookContext) => Promise<string | undefined> | string | undefined;

/** A step that a call takes. */
export interface FlowProgress {
  readonly call: BotCall;
  /** File of the flow, or of the sub-flow that the step belongs to. */
  readonly file: string;
  readonly name: string;
  readonly kind: FlowStep['do'];
}

/** Leaves a voicemail; resolves when it was accepted. */
export type FlowVoicemail = (message: {
  readonly call: BotCall;
  readonly target: string;
  readonly what: Speakable;
}) => Promise<void>;

/** Sends a chat message. */
export type FlowMessage = (message: {
  readonly call: BotCall;
  readonly target: string;
  readonly text: string;
}) => Promise<void>;

export interface FlowBotOptions {
  /** Hooks by the names that the flow uses. */
  readonly hooks?: Readonly<Record<string, FlowHook>>;
  /** Variables at the start of the bot's only call. The steps save their values there. Default: none. */
  readonly variables?: FlowVariables;
  /** Folder for recorded messages instead of the flow's own, with the same paths inside it. */
  readonly messages?: string;
  /** Limits of the requests that the flow makes. Default: it may make none. */
  readonly http?: FlowHttpOptions;
  /** Understands callers, where the flow takes words as answers. Default: the flow may not take words. */
  readonly transcriber?: Transcriber;
  /** Leaves voicemails; `flowVoicemail` makes one. Default: the flow may leave none. */
  readonly leaveVoicemail?: FlowVoicemail;
  /** Sends messages. Default: the endpoint sends them; when it cannot, the bot does not begin. */
  readonly sendMessage?: FlowMessage;
  /** Queues by the names that the flow uses. They replace the flow's own queues of the same names. */
  readonly queues?: Readonly<Record<string, Queue>>;
  /**
   * Open queues that keep their state, by the paths of their folders. The flow uses a queue of this map, and adds each
   * queue that it opens. So flows with the same map share their queues. Remove a queue that you close. Default: queues
   * are not shared.
   */
  readonly queueFolders?: Map<string, Queue>;
  /** Called for each queue of the flow when its first caller comes. */
  readonly onQueue?: (queue: Queue) => void;
  /** Called for each step before it runs. */
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
