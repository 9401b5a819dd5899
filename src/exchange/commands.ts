import { isTerminalCallStatus } from '../protocol/catalogue/call-status.js';
import type {
  AlterCommand,
  CommandMessage,
  EndpointMessage,
  GetCommand,
  SearchCommand,
  SetCommand,
} from '../protocol/message.js';
import { replies } from '../protocol/replies.js';
import type { Conversations } from './conversations.js';
import { Refusal } from './refusal.js';
import type { User } from './user.js';
import type { UserCall } from './user-call.js';
import type { VoiceRouter } from './voice-router.js';

/** Answers a command of `user`'s client. @throws Refusal for an `ERROR` answer. */
export type CommandAnswerer = (
  command: CommandMessage,
  user: User,
) => EndpointMessage | Promise<EndpointMessage>;

/** What commands act on. */
export interface CommandTargets {
  readonly conversations: Conversations;
  readonly router: VoiceRouter;
  /** FULLNAME of anyone that the exchange knows. */
  fullNameOf(handle: string): string | undefined;
}

/** General parameters that a client can read and, where it makes sense, set; with the value of a new user. */
export const PARAMETER_DEFAULTS = {
  SKYPEVERSION: '8.0.0.0',
  CONNSTATUS: 'ONLINE',
  USERSTATUS: 'ONLINE',
  AUDIO_IN: 'default',
  AUDIO_OUT: 'default',
  RINGER: 'default',
  MUTE: 'OFF',
  AUTOAWAY: 'OFF',
  SILENT_MODE: 'OFF',
  WINDOWSTATE: 'NORMAL',
  PRIVILEGE: 'VOICEMAIL TRUE',
} as const;

const READ_ONLY = new Set<string>(['SKYPEVERSION', 'CONNSTATUS', 'CURRENTUSERHANDLE', 'PRIVILEGE']);

const CALL_PROPERTIES: Readonly<Record<string, (call: UserCall, router: VoiceRouter) => string>> = {
  TIMESTAMP: (call) => String(call.timestamp),
  PARTNER_HANDLE: (call) => call.partner.handle,
  PARTNER_DISPNAME: (call) => call.partner.fullName,
  TARGET_IDENTITY: (call) => (call.type === 'OUTGOING_P2P' ? call.partner.handle : call.user.handle),
  CONF_ID: () => '0',
  TYPE: (call) => call.type,
  STATUS: (call) => call.status,
  VIDEO_STATUS: () => 'VIDEO_NONE',
  FAILUREREASON: (call) => String(call.failureReason ?? 0),
  SUBJECT: () => '',
  DURATION: (call) => String(call.durationSeconds),
  CONF_PARTICIPANTS_COUNT: () => '0',
  INPUT: (call, router) => router.describe(call, 'INPUT'),
  OUTPUT: (call, router) => router.describe(call, 'OUTPUT'),
  CAPTURE_MIC: (call, router) => router.describe(call, 'CAPTURE_MIC'),
  VAA_INPUT_STATUS: (call) => (call.listening ? 'TRUE' : 'FALSE'),
};

/** The commands of the API, acting on `targets`. */
export function commandAnswerer(targets: CommandTargets): CommandAnswerer {
  return (command, user) => {
    switch (command.kind) {
      case 'ping':
        return replies.pong();
      case 'focus':
      case 'minimize':
        return replies.echo(command);
      case 'get-parameter':
        return replies.parameter(command.parameter, readParameter(user, command.parameter));
      case 'set-parameter':
        if (READ_ONLY.has(command.parameter)) throw new Refusal(18);
        user.parameters.set(command.parameter, command.value);
        return replies.parameter(command.parameter, command.value);
      case 'call':
        return placeCall(targets, user, command.targets);
      case 'get':
        return getProperty(targets, user, command);
      case 'set':
        return setProperty(targets, user, command);
      case 'alter':
        return alter(targets, user, command);
      case 'search':
        return search(targets, user, command);
      case 'unknown':
        throw new Refusal(command.error);
      default:
        throw new Refusal(2);
    }
  };
}

function readParameter(user: User, parameter: string): string {
  const value = parameter === 'CURRENTUSERHANDLE' ? user.handle : user.parameters.get(parameter);
  if (value === undefined) throw new Refusal(7);
  return value;
}

function placeCall(targets: CommandTargets, user: User, callees: readonly string[]): EndpointMessage {
  const [callee, ...others] = callees;
  if (callee === undefined || callee === '') throw new Refusal(34);
  if (others.length > 0) throw new Refusal(73);
  const call = targets.conversations.place(user, callee);
  return replies.property('CALL', call.id, 'STATUS', call.status);
}

function getProperty(targets: CommandTargets, user: User, command: GetCommand): EndpointMessage {
  const { object, property } = command;
  switch (object) {
    case 'CALL': {
      const read = CALL_PROPERTIES[property];
      if (!read) throw new Refusal(13);
      const value = read(callOf(targets, user, command.id, 11, 12), targets.router);
      return { kind: 'property', object, id: command.id, property, value };
    }
    case 'PROFILE':
      if (property !== 'FULLNAME') throw new Refusal(10);
      return { kind: 'property', object, id: undefined, property, value: user.fullName };
    case 'USER': {
      const fullName = targets.fullNameOf(command.id);
      if (fullName === undefined) throw new Refusal(9);
      const values: Record<string, string> = {
        HANDLE: command.id,
        FULLNAME: fullName,
        ONLINESTATUS: 'ONLINE',
      };
      const value = values[property];
      if (value === undefined) throw new Refusal(10);
      return { kind: 'property', object, id: command.id, property, value };
    }
    default:
      throw new Refusal(7);
  }
}

function setProperty(targets: CommandTargets, user: User, command: SetCommand): EndpointMessage {
  if (command.object !== 'CALL') throw new Refusal(18);
  const call = callOf(targets, user, command.id, 19, 20);
  if (command.property !== 'STATUS' || command.value.toUpperCase() !== 'FINISHED') {
    throw new Refusal(21);
  }
  hangUp(targets, call);
  return replies.property('CALL', call.id, 'STATUS', call.status);
}

function alter(
  targets: CommandTargets,
  user: User,
  command: AlterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  if (command.object !== 'CALL') throw new Refusal(527);
  const call = callOf(targets, user, command.id, 19, 20);
  const echo = replies.echo(command);
  switch (command.action) {
    case 'HANGUP':
    case 'END':
      hangUp(targets, call);
      return echo;
    case 'SET_INPUT':
      return targets.router.redirect(call, 'INPUT', command.argument).then(() => echo);
    case 'SET_OUTPUT':
      return targets.router.redirect(call, 'OUTPUT', command.argument).then(() => echo);
    case 'SET_CAPTURE_MIC':
      return targets.router.redirect(call, 'CAPTURE_MIC', command.argument).then(() => echo);
    default:
      throw new Refusal(21);
  }
}

function search(targets: CommandTargets, user: User, command: SearchCommand): EndpointMessage {
  const calls = targets.conversations.callsOf(user);
  switch (command.what) {
    case 'CALLS':
      return replies.list(
        'CALLS',
        calls.map((call) => call.id),
      );
    case 'ACTIVECALLS':
      return replies.list(
        'CALLS',
        calls.filter((call) => !isTerminalCallStatus(call.status)).map((call) => call.id),
      );
    default:
      throw new Refusal(3);
  }
}

function hangUp(targets: CommandTargets, call: UserCall): void {
  if (isTerminalCallStatus(call.status)) throw new Refusal(24);
  targets.conversations.hangUp(call);
}

function callOf(
  targets: CommandTargets,
  user: User,
  id: number,
  invalid: 11 | 19,
  unknown: 12 | 20,
): UserCall {
  if (!Number.isSafeInteger(id)) throw new Refusal(invalid);
  const call = targets.conversations.callOf(user, id);
  if (!call) throw new Refusal(unknown);
  return call;
}
