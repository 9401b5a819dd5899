import { z } from 'zod';
import { readText } from '../../files/key-files.js';
import { WEB_SOCKET_DIALECTS } from '../../line/dialect/dialect-names.js';
import { PEER_FILES, peerFields, readPeer } from '../../line/media/peer-config.js';
import type { Bot } from '../bot.js';
import { agentBot } from './agent-bot.js';
import type { AgentBotOptions } from './agent-options.js';

const file = z.string().min(1).max(4096);
const names = z.array(z.string().min(1).max(200)).min(1).max(1000);

/** A voice agent, in a configuration. */
export const agentConfigSchema = z.strictObject({
  ...peerFields,
  dialect: z.enum(WEB_SOCKET_DIALECTS).optional().describe('Default raw.'),
  instructionsFile: file.optional().describe('A file with what the agent is to be.'),
  voice: z.string().min(1).max(200).optional(),
  settings: z
    .record(z.string().min(1).max(200), z.unknown())
    .optional()
    .describe("Other settings of the session, as the agent's interface has them."),
  allow: z
    .strictObject({ hangUp: z.boolean(), sendDigits: z.boolean(), transferTo: names, messageTo: names })
    .partial()
    .optional()
    .describe('What the agent may have done, each for itself. Default: nothing.'),
  bargeIn: z
    .enum(['agent', 'here'])
    .optional()
    .describe('Who hears that the caller interrupts. Default agent.'),
  keys: z.boolean().optional().describe('False: keys are not told to the agent.'),
  stallMs: z
    .number()
    .min(100)
    .max(600_000)
    .optional()
    .describe('Time that the agent may take to answer. Default 5000.'),
  filler: file.optional().describe('Sound that is played when it takes longer. Default: silence.'),
  apology: file
    .optional()
    .describe('Sound for when the agent cannot be had, or goes away. Default: three tones.'),
  connectTimeoutMs: z.number().min(100).max(600_000).optional().describe('Default 10000.'),
});

/** A voice agent in a configuration. */
export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** Files of {@link agentConfigSchema}. */
export const AGENT_FILES = [...PEER_FILES, 'instructionsFile', 'filler', 'apology'] as const;

/** Makes the bot of the agent in a configuration; reads its files. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function readAgent(config: AgentConfig): Promise<Bot> {
  const { tokenFile, tokenHeader, passwordFile, caFile, ...rest } = config;
  const { instructionsFile, filler, apology, ...others } = rest;
  return agentBot({
    ...others,
    ...(await readPeer({ tokenFile, tokenHeader, passwordFile, caFile })),
    ...(instructionsFile !== undefined && { instructions: await readText(instructionsFile) }),
    ...(filler !== undefined && { filler: { file: filler } }),
    ...(apology !== undefined && { apology: { file: apology } }),
  } as AgentBotOptions);
}
