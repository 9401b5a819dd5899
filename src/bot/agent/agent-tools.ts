import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { AgentToolSetup } from '../../line/dialect/dialect.js';
import type { BotCall } from '../bot-call.js';

/** An action that an agent may request. */
export interface AgentTool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** Sent to the agent. */
  readonly description: string;
  /** JSON schema of its input: an object. Default: no input. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Runs the tool and returns its result for the agent: a text, or a value that is sent as JSON. */
  readonly run: (input: Readonly<Record<string, unknown>>, call: BotCall) => unknown;
}

/** A tool as it is offered in a talk. */
export interface OfferedTool extends AgentTool {
  /** True when it takes the call away from the agent until it is done. */
  readonly takesCall?: boolean;
}

/** Built-in tools of the bot. Each has to be allowed. */
export interface AgentAllowance {
  /** True: the agent may hang up. */
  readonly hangUp?: boolean;
  /** Targets that the agent may put the caller through to. */
  readonly transferTo?: readonly string[];
  /** True: the agent may send digits. */
  readonly sendDigits?: boolean;
  /** Handles that the agent may send messages to. */
  readonly messageTo?: readonly string[];
}

const TEXT = { type: 'string' };

/** The tools that are allowed. */
export function allowedTools({ hangUp, transferTo, sendDigits, messageTo }: AgentAllowance): OfferedTool[] {
  const tools: OfferedTool[] = [];
  if (hangUp) {
    tools.push({
      name: 'hang_up',
      description: 'Ends the call. Use it when the conversation is over.',
      run: async (_, call) => {
        await call.mark();
        await call.hangUp();
        return 'done';
      },
    });
  }
  if (transferTo && transferTo.length > 0) {
    tools.push({
      name: 'transfer',
      description: 'Transfers the caller to somebody else.',
      parameters: objectOf({ to: { ...TEXT, enum: transferTo } }),
      takesCall: true,
      run: async (input, call) => {
        const to = listed(input['to'], transferTo, 'to');
        await call.mark();
        const report = await call.transfer(to);
        return { transferred: report.to ?? to };
      },
    });
  }
  if (sendDigits) {
    tools.push({
      name: 'send_digits',
      description: 'Sends telephone keys: 0-9, * and #.',
      parameters: objectOf({ digits: TEXT }),
      run: async (input, call) => {
        await call.sendDigits(textOf(input, 'digits'));
        return 'done';
      },
    });
  }
  if (messageTo && messageTo.length > 0) {
    tools.push({
      name: 'send_message',
      description: 'Sends somebody a text message.',
      parameters: objectOf({ to: { ...TEXT, enum: messageTo }, text: TEXT }),
      run: async (input, call) => {
        const to = listed(input['to'], messageTo, 'to');
        await call.sendMessage(to, textOf(input, 'text'));
        return 'sent';
      },
    });
  }
  return tools;
}

/** Descriptions of tools that are sent to the agent. */
export function setupOf(tools: readonly AgentTool[]): AgentToolSetup[] {
  return tools.map(({ name, description, parameters = objectOf({}) }) => ({ name, description, parameters }));
}

/** Runs the tool that the agent asks for. A failure is reported to the agent and does not end the call. */
export async function callTool(
  tools: readonly AgentTool[],
  { name, input }: { readonly name: string; readonly input: string },
  call: BotCall,
): Promise<string> {
  try {
    const tool = tools.find((each) => each.name === name);
    if (!tool) throw new JackfieldError('ERR_FORBIDDEN', 'This tool is not allowed.');
    const result = await tool.run(inputOf(input), call);
    return typeof result === 'string' ? result : (JSON.stringify(result) ?? 'done');
  } catch (error) {
    return JSON.stringify({ error: messageOf(error).slice(0, 500) });
  }
}

function inputOf(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new JackfieldError('ERR_INVALID_ARG', 'The input of a tool must be an object.');
}

function textOf(input: Readonly<Record<string, unknown>>, name: string): string {
  const value = entryOf(input, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new JackfieldError('ERR_INVALID_ARG', `${name} must be a string of at least one character.`);
}

function listed(value: unknown, allowed: readonly string[], name: string): string {
  if (typeof value === 'string' && allowed.includes(value)) return value;
  throw new JackfieldError('ERR_FORBIDDEN', `${name} must be one of ${allowed.join(', ')}.`);
}

function objectOf(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}
