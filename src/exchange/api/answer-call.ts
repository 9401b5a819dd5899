import { entryOf } from '../../base/entry-of.js';
import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import type {
  AlterCommandOf,
  CallCommand,
  EndpointMessage,
  GetCommandOf,
  SetCommandOf,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { splitList } from '../../protocol/scanner.js';
import type { Destination } from '../../switch/attempt.js';
import { phoneNumber } from '../../switch/identity.js';
import type { ApiObject } from '../api-object.js';
import { UserCall } from '../calls/user-call.js';
import { alterVideo, enableVideo, isVideoAction } from '../calls/video.js';
import { limitReached } from '../limits.js';
import type { User } from '../user.js';
import { alterStream, streamOf } from './alter-stream.js';
import { isDtmf } from './digits.js';
import { errorReply, Refusal } from './refusal.js';
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

/** `CALL <target>[, <target>]*`: several targets are joined into a conference as they answer. */
export function placeCalls(services: Services, user: User, { targets }: CallCommand): EndpointMessage {
  if (targets.length === 0 || targets.includes('')) throw new Refusal('invalid-target');
  const { calls } = services;
  if (targets.length > calls.conferences.limit) throw new Refusal('too-many-participants');
  checkRoom(services, user, targets.length);
  const destinations = targets.map((target) => destinationOf(services, user, target));
  for (const { identity } of destinations) {
    if (identity.handle.toLowerCase() === user.handle.toLowerCase()) throw new Refusal('calls-itself');
    if (user.has('ISBLOCKED', identity.handle)) throw new Refusal('user-blocked');
  }
  const placed = destinations.map((destination) => {
    const call = calls.place(user, destination);
    enableVideo(call.object, user.settings.video, hasCamera(services.userOf(destination.identity.handle)));
    return call;
  });
  if (placed.length > 1) joinAsTheyAnswer(services, placed);
  const [first] = placed;
  if (!first) throw new Refusal('invalid-target');
  return replies.property('CALL', first.id, 'STATUS', first.status);
}

/** @throws Refusal where the user has as many calls as the limit allows. */
export function checkRoom({ calls, limits }: Services, user: User, wanted = 1): void {
  if (calls.activeCallsOf(user).length + wanted <= limits.callsPerUser) return;
  throw new Refusal(errorReply('too-many-calls', `call error: ${limitReached(limits, 'callsPerUser')}`));
}

/** @throws Refusal for a target that names nobody. */
function destinationOf(services: Services, user: User, target: string): Destination {
  const looked = services.lookUp(user, target);
  switch (looked.kind) {
    case 'found':
      return looked.destination;
    case 'invalid':
      throw new Refusal('invalid-target');
    case 'unknown':
      throw new Refusal('unknown-handle', `no user ${looked.handle} on this exchange`);
    default:
      return looked satisfies never;
  }
}

function hasCamera(user: User | undefined): boolean {
  return user?.settings.video ?? false;
}

export function getCall(services: Services, user: User, command: GetCommandOf<'CALL'>): EndpointMessage {
  const { id, property, argument } = command;
  const object = objectOf(services, user, id, 'get-call-id', 'get-unknown-call');
  const answer = (value: string) => replies.property('CALL', id, property as 'STATUS', value);
  switch (property) {
    case 'CAN_TRANSFER':
      return answer(`${argument.toLowerCase()} ${canTransfer(services, user, id, argument)}`);
    case 'CONF_PARTICIPANT':
      return answer(participant(services, user, id, argument));
    default: {
      const value = object.get(property as 'STATUS') ?? entryOf(DEFAULTS, property);
      if (value === undefined) throw new Refusal('get-call-property');
      return answer(value);
    }
  }
}

export function setCall(services: Services, user: User, command: SetCommandOf<'CALL'>): EndpointMessage {
  const { id, property, value } = command;
  const object = objectOf(services, user, id, 'set-call-id', 'set-unknown-call');
  const call = services.calls.activeOf(user, id);
  switch (property) {
    case 'STATUS':
      return setStatus(object, call, value.toUpperCase());
    case 'SEEN':
      services.calls.see(object, user);
      return replies.property('CALL', id, 'SEEN', 'TRUE');
    case 'DTMF':
      if (!isDtmf(value)) throw new Refusal('invalid-dtmf');
      if (!call?.takesDigits) throw new Refusal('call-not-active');
      if (!call.sendDigits(value)) throw new Refusal('invalid-dtmf');
      return replies.echo(command);
    case 'JOIN_CONFERENCE': {
      const conference = join(services, user, call, value);
      if (conference === undefined) throw new Refusal('cannot-join');
      return replies.property('CALL', id, 'CONF_ID', String(conference));
    }
    default:
      throw new Refusal('set-call-property');
  }
}

export function alterCall(
  services: Services,
  user: User,
  command: AlterCommandOf<'CALL'>,
): EndpointMessage | Promise<EndpointMessage> {
  const { id, action, argument } = command;
  if (!Number.isSafeInteger(id)) throw new Refusal('alter-call-id');
  if (!services.calls.history.objectOf(user, id)) throw new Refusal('alter-unknown-call');
  const call = services.calls.activeOf(user, id);
  const echo = replies.echo(command);
  const stream = streamOf(action);
  if (stream) {
    if (!call) throw new Refusal('alter-call-stream', 'the call is over');
    return alterStream(services, call, stream, argument, 'alter-call-stream').then(() => echo);
  }
  if (!alteredCall(services, user, call, action, argument)) throw new Refusal('alter-call-failed');
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
      if (!isDtmf(argument)) throw new Refusal('alter-call-arguments');
      return call?.sendDigits(argument) ?? false;
    case 'TRANSFER': {
      const targets = targetsOf(services, argument).map((target) => destinationOf(services, user, target));
      if (targets.length === 0) throw new Refusal('alter-call-arguments');
      return call !== undefined && services.calls.transfer(call, targets);
    }
    case 'JOIN_CONFERENCE':
      return join(services, user, call, argument) !== undefined;
    default:
      throw new Refusal('alter-call-action');
  }
}

/** The reply says what the call was when the command came; the change is notified (reference, example of SET CALL JOIN_CONFERENCE). */
function setStatus(object: ApiObject<'CALL'>, call: UserCall | undefined, status: string): EndpointMessage {
  const before = object.get('STATUS') ?? '';
  switch (status) {
    case 'ONHOLD':
      if (!call?.hold(true)) throw new Refusal('cannot-hold');
      return replies.property('CALL', object.id, 'STATUS', before);
    case 'INPROGRESS':
      if (!call?.answer() && !call?.hold(false)) throw new Refusal('cannot-resume');
      break;
    case 'FINISHED':
      if (!call?.hangUp()) throw new Refusal('cannot-hang-up');
      break;
    default:
      throw new Refusal('set-call-property');
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
      throw new Refusal('alter-call-arguments');
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
  if (!leg) throw new Refusal('conference-participant');
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
  invalid: ErrorName,
  unknown: ErrorName,
): ApiObject<'CALL'> {
  if (!Number.isSafeInteger(id)) throw new Refusal(invalid);
  const object = services.calls.history.objectOf(user, id);
  if (!object) throw new Refusal(unknown);
  return object;
}
