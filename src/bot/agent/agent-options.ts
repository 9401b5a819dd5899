import {
  callback,
  flag,
  line,
  listOf,
  nested,
  object,
  oneOf,
  type Rules,
  rule,
  text,
  wait,
  whole,
  words,
} from '../../base/check.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { CERTIFICATES } from '../../base/system/certificates.js';
import { WEB_SOCKET_DIALECTS } from '../../line/dialect/dialect-names.js';
import type { WireEncoding } from '../../line/dialect/media-event.js';
import type { AgentPeer } from '../../line/media/agent-peer.js';
import { MEDIA_URL, type MediaCredentials } from '../../line/media/connect-media.js';
import { CREDENTIALS_RULE, ENCODING, HEADERS } from '../../line/media/media-line-options.js';
import type { BotCall } from '../bot-call.js';
import { SPEAKABLE, type Speakable } from '../prompt/speakable.js';
import type { HeardItem } from './agent-speech.js';
import type { AgentAllowance, AgentTool } from './agent-tools.js';

/** Dialects that agents speak. */
export type AgentDialect = (typeof WEB_SOCKET_DIALECTS)[number];

/** Notice about a call that is connected to an agent. */
export type AgentNotice =
  | { readonly kind: 'connected' }
  /** Words that the agent understood or said. */
  | { readonly kind: 'text'; readonly by: 'caller' | 'agent'; readonly text: string; readonly final: boolean }
  /** The agent was interrupted. `heard` says how many milliseconds of each item were heard. */
  | { readonly kind: 'interrupted'; readonly heard: readonly HeardItem[] }
  /** The agent's answer is over. `whole` is false when it was cut or failed. */
  | { readonly kind: 'answered'; readonly whole: boolean }
  | { readonly kind: 'tool'; readonly name: string; readonly input: string; readonly output: string }
  /** The agent has said nothing for `ms` milliseconds, though it is its turn. */
  | { readonly kind: 'stalled'; readonly ms: number }
  | { readonly kind: 'error'; readonly message: string }
  /** The connection was lost and is made again: `connected` or `ended` follows. */
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'ended'; readonly reason: string };

/** Options of {@link agentBot}. One of `url` and `agent` is needed. */
export interface AgentBotOptions {
  /** Address of the agent: `wss://agent.example.com/call`. */
  readonly url?: string;
  /** An agent in this program, without a network: called for each call. For tests. */
  readonly agent?: (agent: AgentPeer) => void;
  /** Default `raw`. */
  readonly dialect?: AgentDialect;
  /** Version of the dialect. Default: the first that docs/media-servers.md lists. */
  readonly variant?: string;
  /** Default: that of the dialect. */
  readonly encoding?: WireEncoding;
  /** In Hz. Default: that of the dialect. */
  readonly sampleRate?: number;
  readonly credentials?: MediaCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates of the authorities that are trusted, as PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Name of the bot in events and transcripts. Default `agent`. */
  readonly name?: string;
  /** Instructions for the agent. Sent where the dialect has a place for them. */
  readonly instructions?: string;
  readonly voice?: string;
  /** Other settings that the agent's interface defines for a session. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Texts by name, sent at the start where the dialect has a place for them. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Built-in tools of the bot that the agent may use. Default: none. */
  readonly allow?: AgentAllowance;
  /** Other tools. */
  readonly tools?: readonly AgentTool[];
  /**
   * Side that detects that the caller interrupts: `agent`, or `here`, with a voice detector that needs no round trip.
   * Default `agent`.
   */
  readonly bargeIn?: 'agent' | 'here';
  /** Time that the agent may take to answer, in milliseconds. Default 5000. */
  readonly stallMs?: number;
  /** Said when the agent takes longer. Default: silence. */
  readonly filler?: Speakable;
  /** Said when the agent cannot be reached, or its connection is lost. Default: three falling tones. */
  readonly apology?: Speakable;
  /** Longest time to connect to the agent, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /**
   * Reconnections allowed in one call: 0 to 100. The agent then has a new session with the same identity. Default 0:
   * the call ends with the apology.
   */
  readonly reconnects?: number;
  /** Called for each notice. An error that it throws fails the call. */
  readonly onNotice?: (notice: AgentNotice, call: BotCall) => void;
  /** Longest call, in milliseconds. Default 4 hours. */
  readonly maxCallMs?: number;
  /** True when keys are sent to the agent. Default true. */
  readonly keys?: boolean;
  /** Tools that may be used in one call: 1 to 100,000. Default 1000. */
  readonly maxTools?: number;
}

const TOOL = rule('a tool with name, description and run()', (value) => {
  const { name, description, run } = Object(value) as Partial<AgentTool>;
  return /^[\w-]{1,64}$/.test(String(name)) && typeof description === 'string' && typeof run === 'function';
});

/** The rules of {@link AgentBotOptions}. */
export const AGENT_RULES: Rules<AgentBotOptions> = {
  url: MEDIA_URL,
  agent: callback,
  dialect: oneOf(...WEB_SOCKET_DIALECTS),
  variant: words,
  encoding: ENCODING,
  sampleRate: SAMPLE_RATE,
  credentials: CREDENTIALS_RULE,
  headers: HEADERS,
  ca: CERTIFICATES,
  name: line(1, 200),
  instructions: text(1, 100_000),
  voice: line(1, 200),
  settings: object,
  parameters: HEADERS,
  allow: nested<AgentAllowance>({
    hangUp: flag,
    transferTo: listOf(words),
    sendDigits: flag,
    messageTo: listOf(words),
  }),
  tools: listOf(TOOL, 0, 128),
  bargeIn: oneOf('agent', 'here'),
  stallMs: wait,
  filler: SPEAKABLE,
  apology: SPEAKABLE,
  connectTimeoutMs: wait,
  reconnects: whole(0, 100),
  onNotice: callback,
  maxCallMs: wait,
  keys: flag,
  maxTools: whole(1, 100_000),
};
