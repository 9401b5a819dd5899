import { checkOptions, needed, object, type Rules, wait } from '../base/check.js';
import { CLOCK, type Clock, systemClock } from '../base/time/clock.js';
import type { FlowVoicemail } from '../bot/flow/flow-bot-options.js';
import type { Prompts } from '../bot/prompt/prompts.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import { SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { leaveVoicemail } from './leave-voicemail.js';

/** Options of {@link flowVoicemail}. */
export interface FlowVoicemailOptions {
  readonly client: Client;
  readonly server: PcmServer;
  readonly prompts: Prompts;
  /** Clock of the bot's host. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Longest wait for the tone, and for the upload, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
}

const RULES: Rules<FlowVoicemailOptions> = {
  client: needed(CLIENT),
  server: needed(SERVER),
  prompts: needed(object),
  clock: CLOCK,
  timeoutMs: wait,
};

/**
 * Leaves the voicemails of a flow: `flowBot(flow, { leaveVoicemail: flowVoicemail({ client, server, prompts }) })`.
 *
 * @throws ERR_INVALID_ARG
 */
export function flowVoicemail(options: FlowVoicemailOptions): FlowVoicemail {
  checkOptions(options, RULES);
  const { client, server, prompts, clock = systemClock, timeoutMs } = options;
  return async ({ call, target, what }) => {
    const message = await leaveVoicemail(client, target, {
      ...{ server, clock, from: { source: prompts.render(what, { language: call.language }) } },
      ...(timeoutMs !== undefined && { timeoutMs }),
      signal: call.signal,
    });
    await message.sent;
  };
}
