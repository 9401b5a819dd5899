import { type Command, Option } from 'commander';
import { type AgentBotOptions, type AgentDialect, agentBot, type Bot, JackfieldError } from '../../bot.js';
import { readCertificates, readText, readToken } from '../../files/key-files.js';
import { between } from '../options.js';
import { keyOf } from '../service-keys.js';
import { warnLine } from '../terminal-text.js';

/** Options for a voice agent. */
export interface AgentFlags {
  readonly agent?: string;
  readonly dialect?: AgentDialect;
  readonly agentTokenFile?: string;
  readonly agentTokenHeader?: string;
  readonly agentCa?: string;
  readonly instructionsFile?: string;
  readonly agentVariant?: string;
  readonly agentVoice?: string;
  readonly agentTransferTo?: readonly string[];
  readonly agentMessageTo?: readonly string[];
  readonly agentKeys?: boolean;
  readonly agentBargeIn?: 'agent' | 'here';
  readonly agentStallMs?: number;
  readonly agentFiller?: string;
  readonly agentReconnects?: number;
}

/** All dialects of an agent. The type makes a missing or unknown one a compile error. */
const DIALECTS: Readonly<Record<AgentDialect, true>> = {
  raw: true,
  'openai-realtime': true,
  twilio: true,
  telnyx: true,
  vonage: true,
  asterisk: true,
  jambonz: true,
  'audio-fork': true,
  pipecat: true,
};

/** Adds the options of a voice agent. */
export function withAgent(command: Command): Command {
  return command
    .option('--agent <url>', 'let a voice agent answer: wss://agent.example.com/call')
    .addOption(
      new Option('--dialect <name>', 'protocol dialect of the agent (default: raw)').choices(
        Object.keys(DIALECTS),
      ),
    )
    .option('--agent-variant <name>', 'version of the dialect, such as earlier of openai-realtime')
    .option(
      '--agent-token-file <file>',
      'file with the token for Authorization: Bearer (default: the variable JACKFIELD_AGENT_TOKEN)',
    )
    .option(
      '--agent-token-header <header>',
      'header that carries the token in place of Authorization: api-key',
    )
    .option('--agent-ca <file>', 'CA certificates (PEM) to check the agent against')
    .option('--instructions-file <file>', 'file with the instructions for the agent')
    .option('--agent-voice <name>', 'voice of the agent, as the agent service names it')
    .option('--agent-transfer-to <who...>', 'targets that the agent may transfer the caller to')
    .option('--agent-message-to <who...>', 'recipients that the agent may send messages to')
    .option('--agent-keys', 'let the agent press keys')
    .addOption(
      new Option(
        '--agent-barge-in <who>',
        'which side detects that the caller interrupts (default: agent)',
      ).choices(['agent', 'here']),
    )
    .option('--agent-stall-ms <ms>', 'longest wait for an answer of the agent', between(100, 600_000))
    .option(
      '--agent-filler <text>',
      'text to say when the agent takes longer; needs --speech (default: silence)',
    )
    .option('--agent-reconnects <count>', 'reconnections to the agent within one call', between(0, 100));
}

/**
 * Creates the bot of a voice agent; undefined when a flow is given instead.
 *
 * @throws ERR_INVALID_ARG for both or neither; ERR_FILE.
 */
export async function agentOf(flow: string | undefined, flags: AgentFlags): Promise<Bot | undefined> {
  const { agent } = flags;
  if ((flow === undefined) === (agent === undefined))
    throw new JackfieldError('ERR_INVALID_ARG', 'Give either a flow file or --agent.');
  if (agent === undefined) return undefined;
  const { agentTransferTo: transferTo, agentMessageTo: messageTo, agentKeys: sendDigits } = flags;
  return agentBot({
    url: agent,
    ...(await optionsOf(flags)),
    allow: {
      hangUp: true,
      ...(transferTo && { transferTo }),
      ...(messageTo && { messageTo }),
      ...(sendDigits !== undefined && { sendDigits }),
    },
    onNotice: (notice, { id }) => {
      if (notice.kind === 'stalled') warnLine(`call ${id}: the agent says nothing`);
      if (notice.kind === 'error') warnLine(`call ${id}: the agent reports an error: ${notice.message}`);
      if (notice.kind === 'lost')
        warnLine(`call ${id}: the connection to the agent is lost: ${notice.message}`);
    },
  });
}

async function optionsOf(flags: AgentFlags): Promise<Partial<AgentBotOptions>> {
  const { dialect, agentTokenFile, instructionsFile, agentVariant: variant, agentVoice: voice } = flags;
  const { agentBargeIn: bargeIn, agentStallMs: stallMs, agentReconnects: reconnects, agentFiller } = flags;
  const { agentTokenHeader: tokenHeader, agentCa } = flags;
  const token =
    agentTokenFile === undefined ? keyOf('JACKFIELD_AGENT_TOKEN') : await readToken(agentTokenFile);
  const instructions = instructionsFile === undefined ? undefined : await readText(instructionsFile);
  const ca = agentCa === undefined ? undefined : await readCertificates(agentCa);
  return {
    ...(ca !== undefined && { ca }),
    ...(dialect !== undefined && { dialect }),
    ...(variant !== undefined && { variant }),
    ...(token !== undefined && {
      credentials: { bearer: token, ...(tokenHeader !== undefined && { tokenHeader }) },
    }),
    ...(instructions !== undefined && { instructions }),
    ...(voice !== undefined && { voice }),
    ...(bargeIn !== undefined && { bargeIn }),
    ...(stallMs !== undefined && { stallMs }),
    ...(agentFiller !== undefined && { filler: { text: agentFiller } }),
    ...(reconnects !== undefined && { reconnects }),
  };
}
