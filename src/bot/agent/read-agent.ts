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
  instructionsFile: file.optional().describe('A file with the instructions for the agent.'),
  voice: z.string().min(1).max(200).optional(),
  settings: z
    .record(z.string().min(1).max(200), z.unknown())
    .optional()
    .describe('Other settings for the agent, in the form of its API.'),
  allow: z
    .strictObject({ hangUp: z.boolean(), sendDigits: z.boolean(), transferTo: names, messageTo: names })
    .partial()
    .optional()
    .describe('The actions that the agent may request. Default: none.'),
  bargeIn: z
    .enum(['agent', 'here'])
    .optional()
    .describe('Side that detects that the caller interrupts. Default agent.'),
  keys: z.boolean().optional().describe('False to keep pressed keys from the agent. Default true.'),
  stallMs: z
    .number()
    .min(100)
    .max(600_000)
    .optional()
    .describe('Longest wait for an answer of the agent, in ms. Default 5000.'),
  filler: file.optional().describe('Audio file to play when the answer takes longer. Default: silence.'),
  apology: file
    .optional()
    .describe('Audio file to play when the agent is unreachable or disconnects. Default: three tones.'),
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
