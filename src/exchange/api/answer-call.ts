import { entryOf } from '../../base/entry-of.js';
import type {
  AlterCommandOf,
  CallCommand,
  EndpointMessage,
  GetCommandOf,
  SetCommandOf,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { splitList } from '../../protocol/scanner.js';
import { phoneNumber } from '../../switch/identity.js';
import type { ApiObject } from '../api-object.js';
import { UserCall } from '../calls/user-call.js';
import { alterVideo, enableVideo, isVideoAction } from '../calls/video.js';
import { limitReached } from '../limits.js';
import { standStill } from '../stand-still.js';
import type { User } from '../user.js';
import type { StreamKind } from '../voice/user-voice.js';
import { reasonOf, redirect } from '../voice/voice-router.js';
import { isDtmf } from './digits.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

/** Properties that a call has before anything has set them. */
const DEFAULTS: Readonly<Record<string, string>> = {
  TARGET_IDENTITY: '',
  CONF_ID: '0',
  VIDEO_STATUS: 'VIDEO_NONE',
  VIDEO_SEND_STATUS: 'NOT_AVAILABLE',
  VIDEO_RECEIVE_STATUS: 'NOT_AVAILABLE',
  FAILUREREASON: '0',
  SUBJECT: '',
  PSTN_NUMBER: '',
  DURATION: '0',
  PSTN_STATUS: '',
  CONF_PARTICIPANTS_COUNT: '0',
  VM_DURATION: '0',
  VM_ALLOWED_DURATION: '0',
  RATE: '0',
  RATE_CURRENCY: 'EUR',
  RATE_PRECISION: '2',
  INPUT: 'SOUNDCARD="default"',
  OUTPUT: 'SOUNDCARD="default"',
  CAPTURE_MIC: '',
  VAA_INPUT_STATUS: 'FALSE',
  FORWARDED_BY: '',
  TRANSFER_ACTIVE: 'FALSE',
  TRANSFER_STATUS: '',
  TRANSFERRED_BY: '',
  TRANSFERRED_TO: '',
  SEEN: 'FALSE',
};

const STREAMS: Readonly<Record<string, StreamKind>> = {
  SET_INPUT: 'INPUT',
  SET_OUTPUT: 'OUTPUT',
  SET_CAPTURE_MIC: 'CAPTURE_MIC',
};

/** `CALL <target>[, <target>]*`: several targets are joined into a conference as they answer. */
export function placeCalls(services: Services, user: User, { targets }: CallCommand): EndpointMessage {
  if (targets.length === 0 || targets.includes('')) throw new Refusal(34);
  const { calls } = services;
  if (targets.length > calls.conferences.limit) throw new Refusal(73);
  checkRoom(services, user, targets.length);
  const destinations = targets.map((target) => services.destinationOf(user, target));
  for (const { identity } of destinations) {
    if (identity.handle.toLowerCase() === user.handle.toLowerCase()) throw new Refusal(92);
    if (user.has('ISBLOCKED', identity.handle)) throw new Refusal(39);
  }
  const placed = destinations.map((destination) => {
    const call = calls.place(user, destination);
    enableVideo(call.object, user.settings.video, hasCamera(services.userOf(destination.identity.handle)));
    return call;
  });
  if (placed.length > 1) joinAsTheyAnswer(services, placed);
  const [first] = placed;
  if (!first) throw new Refusal(34);
  return replies.property('CALL', first.id, 'STATUS', first.status);
}

/** @throws Refusal 96 where the user has as many calls as he may. */
export function checkRoom({ calls, limits }: Services, user: User, wanted = 1): void {
  if (calls.activeCallsOf(user).length + wanted <= limits.callsPerUser) return;
  throw new Refusal(96, `call error: ${limitReached(limits, 'callsPerUser')}`);
}

function hasCamera(user: User | undefined): boolean {
  return user?.settings.video ?? false;
}

export function getCall(services: Services, user: User, command: GetCommandOf<'CALL'>): EndpointMessage {
  const { id, property, argument } = command;
  const object = objectOf(services, user, id, 11, 12);
  const answer = (value: string) => replies.property('CALL', id, property as 'STATUS', value);
  switch (property) {
    case 'CAN_TRANSFER':
      return answer(`${argument.toLowerCase()} ${canTransfer(services, user, id, argument)}`);
    case 'CONF_PARTICIPANT':
      return answer(participant(services, user, id, argument));
    default: {
      const value = object.get(property as 'STATUS') ?? entryOf(DEFAULTS, property);
      if (value === undefined) throw new Refusal(13);
      return answer(value);
    }
  }
}

export function setCall(services: Services, user: User, command: SetCommandOf<'CALL'>): EndpointMessage {
  const { id, property, value } = command;
  const object = objectOf(services, user, id, 19, 20);
  const call = services.calls.activeOf(user, id);
  switch (property) {
    case 'STATUS':
      return setStatus(object, call, value.toUpperCase());
    case 'SEEN':
      services.calls.see(object, user);
      return replies.property('CALL', id, 'SEEN', 'TRUE');
    case 'DTMF':
      if (!isDtmf(value)) throw new Refusal(42);
      if (!call?.takesDigits) throw new Refusal(41);
      if (!call.sendDigits(value)) throw new Refusal(42);
      return replies.echo(command);
    case 'JOIN_CONFERENCE': {
      const conference = join(services, user, call, value);
      if (conference === undefined) throw new Refusal(72);
      return replies.property('CALL', id, 'CONF_ID', String(conference));
    }
    default:
      throw new Refusal(21);
  }
}

export function alterCall(
  services: Services,
  user: User,
  command: AlterCommandOf<'CALL'>,
): EndpointMessage | Promise<EndpointMessage> {
  const { id, action, argument } = command;
  if (!Number.isSafeInteger(id)) throw new Refusal(555);
  if (!services.calls.history.objectOf(user, id)) throw new Refusal(556);
  const call = services.calls.activeOf(user, id);
  const echo = replies.echo(command);
  const stream = entryOf(STREAMS, action);
  if (stream) {
    if (!call) throw new Refusal(589, 'ALTER CALL: unable to alter input/output: the call is over');
    return alterStream(services, call, stream, argument).then(() => echo);
  }
  if (!alteredCall(services, user, call, action, argument)) throw new Refusal(559);
  return echo;
}

/** @returns whether the call was in a state for it. */
function alteredCall(
  services: Services,
  user: User,
  call: UserCall | undefined,
  action: string,
  argument: string,
): boolean {
  if (isVideoAction(action))
    return call !== undefined && alterVideo(call, otherUserCall(call), action, services.clock);
  switch (action) {
    case 'ANSWER':
      return call?.answer() ?? false;
    case 'HOLD':
      return call?.hold(true) ?? false;
    case 'RESUME':
      return call?.hold(false) ?? false;
    case 'HANGUP':
      return call?.hangUp() ?? false;
    case 'END':
      return end(call, argument);
    case 'DTMF':
      if (!isDtmf(argument)) throw new Refusal(558);
      return call?.sendDigits(argument) ?? false;
    case 'TRANSFER': {
      const targets = targetsOf(services, argument).map((target) => services.destinationOf(user, target));
      if (targets.length === 0) throw new Refusal(558);
      return call !== undefined && services.calls.transfer(call, targets);
    }
    case 'JOIN_CONFERENCE':
      return join(services, user, call, argument) !== undefined;
    default:
      throw new Refusal(560);
  }
}

/** Redirects a stream of a call. @throws Refusal 589 with the reason; the stream then stays as it was. */
async function alterStream(
  services: Services,
  call: UserCall,
  stream: StreamKind,
  argument: string,
): Promise<void> {
  try {
    const owner = { object: 'CALL', id: call.id, stream };
    const opened = redirect(call.voice, owner, argument, services.opener);
    call.object.put(stream, await standStill(services.clock, opened));
  } catch (error) {
    throw new Refusal(589, `ALTER CALL: unable to alter input/output: ${reasonOf(error)}`);
  }
}

/** The reply says what the call was when the command came; the change is notified (reference, example of SET CALL JOIN_CONFERENCE). */
function setStatus(object: ApiObject<'CALL'>, call: UserCall | undefined, status: string): EndpointMessage {
  const before = object.get('STATUS') ?? '';
  switch (status) {
    case 'ONHOLD':
      if (!call?.hold(true)) throw new Refusal(22);
      return replies.property('CALL', object.id, 'STATUS', before);
    case 'INPROGRESS':
      if (!call?.answer() && !call?.hold(false)) throw new Refusal(23);
      break;
    case 'FINISHED':
      if (!call?.hangUp()) throw new Refusal(24);
      break;
    default:
      throw new Refusal(21);
  }
  return replies.property('CALL', object.id, 'STATUS', object.get('STATUS') ?? '');
}

function end(call: UserCall | undefined, how: string): boolean {
  switch (how.trim().toUpperCase()) {
    case '':
    case 'HANGUP':
      return call?.hangUp() ?? false;
    case 'REDIRECT_TO_VOICEMAIL':
      return call?.forward('voicemail') ?? false;
    case 'FORWARD_CALL':
      return call?.forward('rules') ?? false;
    default:
      throw new Refusal(558);
  }
}

function join(
  services: Services,
  user: User,
  joining: UserCall | undefined,
  master: string,
): number | undefined {
  const other = services.calls.activeOf(user, Number(master));
  return joining && other && services.calls.conferences.join(joining, other);
}

function joinAsTheyAnswer({ calls, clock }: Services, placed: readonly UserCall[]): void {
  for (const call of placed) {
    call.object.watch((property, value) => {
      if (property !== 'STATUS' || value !== 'INPROGRESS') return;
      const talking = placed.find((other) => other !== call && other.conversation);
      // The conversation begins after the status is told.
      if (talking) clock.timerAt(clock.now(), () => void calls.conferences.join(call, talking));
    });
  }
}

/** Only calls that came in can be transferred, and to phones only by those who can call them. */
function canTransfer(services: Services, user: User, id: number, target: string): 'TRUE' | 'FALSE' {
  const call = services.calls.activeOf(user, id);
  const [name = ''] = targetsOf(services, target);
  const possible =
    call?.direction === 'INCOMING' &&
    (phoneNumber(name) === undefined
      ? services.identityOf(name) !== undefined
      : user.settings.skypeOut && user.settings.skypeIn !== undefined);
  return possible ? 'TRUE' : 'FALSE';
}

/**
 * The targets of `TRANSFER handle1, "handle2"`: quoted each, together or not at all. A handle that holds a comma has
 * to be quoted.
 */
function targetsOf(services: Services, list: string): string[] {
  return Array.from(list.matchAll(/"([^"]*)"|([^",]+)/g)).flatMap(([, quoted, bare = '']) => {
    if (quoted === undefined) return splitList(bare);
    return services.identityOf(quoted.trim()) ? [quoted.trim()] : splitList(quoted);
  });
}

/** Clients count from 1, as the reference does, or from 0: both mean the first. */
function participant(services: Services, user: User, id: number, argument: string): string {
  const call = services.calls.activeOf(user, id);
  const legs = call ? services.calls.conferences.participantsOf(call) : [];
  const leg = /^\d{1,4}$/.test(argument) ? legs[Math.max(1, Number(argument)) - 1] : undefined;
  if (!leg) throw new Refusal(71);
  const status = leg instanceof UserCall ? leg.status : 'INPROGRESS';
  const { handle, network, fullName } = leg.identity;
  return `${argument} ${handle} INCOMING_${network} ${status} ${fullName}`;
}

function otherUserCall(call: UserCall): UserCall | undefined {
  const other = call.conversation?.otherThan(call);
  return other instanceof UserCall ? other : undefined;
}

function objectOf(
  services: Services,
  user: User,
  id: number,
  invalid: 11 | 19,
  unknown: 12 | 20,
): ApiObject<'CALL'> {
  if (!Number.isSafeInteger(id)) throw new Refusal(invalid);
  const object = services.calls.history.objectOf(user, id);
  if (!object) throw new Refusal(unknown);
  return object;
}
