import { checkOptions } from '../../base/check.js';
import { during } from '../../base/during.js';
import { invalidArgument } from '../../base/errors.js';
import { dialectNamed } from '../../line/dialect/dialects.js';
import { checkMediaUrl } from '../../line/media/connect-media.js';
import { formatFor } from '../../line/media/media-line-options.js';
import { type Bot, bot } from '../bot.js';
import { AGENT_RULES, type AgentBotOptions } from './agent-options.js';

/**
 * Makes a bot that connects each call to a voice agent: the caller's voice and keys go to the agent, and the agent's
 * audio is played. When the caller interrupts, playback stops within 100 ms, and the agent is told how much was heard.
 *
 * ```ts
 * const frontDesk = agentBot({ url: 'wss://agent.example.com/call', dialect: 'twilio', allow: { hangUp: true } });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function agentBot(options: AgentBotOptions): Bot {
  checkOptions(options, AGENT_RULES);
  const { url, agent, dialect: name = 'raw', variant, encoding, sampleRate } = options;
  if ((url === undefined) === (agent === undefined))
    throw invalidArgument('url', 'given, unless agent is given', url);
  const dialect = dialectNamed(name);
  if (url !== undefined) checkMediaUrl(url, dialect);
  const format = formatFor(dialect, { variant, encoding, sampleRate });
  const { maxCallMs, apology, filler } = options;
  return bot(
    async (call) => {
      const { AgentTalk } = await during(call.clock, import('./agent-talk.js'));
      await new AgentTalk(call, { dialect, format, options }).run();
    },
    {
      name: options.name ?? 'agent',
      ...(apology !== undefined && { goodbye: apology }),
      ...(filler !== undefined && { says: [filler] }),
      ...(maxCallMs !== undefined && { maxCallMs }),
    },
  );
}
