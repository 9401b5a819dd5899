import type { CallCommand, EndpointMessage, LeaveVoicemailCommand } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { Destination } from '../../switch/attempt.js';
import { isHandle } from '../../switch/identity.js';
import type { UserCall } from '../calls/user-call.js';
import { enableVideo } from '../calls/video.js';
import type { ExchangeUser } from '../exchange-user.js';
import { limitReached } from '../limits.js';
import { errorReply, Refusal } from './refusal.js';
import type { Services } from './services.js';

/** Carries out `CALL <target>[, <target>]*`. Several targets join a conference as they answer. */
export function placeCalls(
  services: Services,
  user: ExchangeUser,
  { targets }: CallCommand,
): EndpointMessage {
  if (targets.length === 0 || targets.includes('')) throw new Refusal('invalid-target');
  if (!user.online) throw new Refusal('not-online');
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
    enableVideo(call.object, user, services.userOf(destination.identity.handle));
    return call;
  });
  if (placed.length > 1) joinAsTheyAnswer(services, placed);
  const [first] = placed;
  if (!first) throw new Refusal('invalid-target');
  return replies.property('CALL', first.id, 'STATUS', first.status);
}

/**
 * Carries out `CALLVOICEMAIL <target>`, and `VOICEMAIL <target>` of earlier versions, which answers with the voicemail.
 */
export function placeVoicemail(
  services: Services,
  user: ExchangeUser,
  command: LeaveVoicemailCommand,
): EndpointMessage {
  if (!isHandle(command.target)) throw new Refusal('invalid-target');
  const owner = services.userOf(command.target);
  if (!owner) throw new Refusal(command.kind === 'voicemail' ? 'invalid-target' : 'invalid-user-handle');
  if (!owner.hasVoicemail || owner.has('ISBLOCKED', user.handle)) throw new Refusal('no-voicemail');
  checkRoom(services, user);
  const call = services.calls.create(user, owner, 'OUTGOING', 'ROUTING');
  const message = services.voicemails.leave(call, owner, 'called');
  if (command.kind === 'voicemail') {
    user.notify(replies.property('CALL', call.id, 'STATUS', 'ROUTING'));
    return replies.property('VOICEMAIL', message.id, 'STATUS', 'BLANK');
  }
  return replies.property('CALL', call.id, 'STATUS', 'ROUTING');
}

/** Looks up the destination that a target names. @throws Refusal for an unknown target. */
export function destinationOf(services: Services, user: ExchangeUser, target: string): Destination {
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

/** Checks the limit of calls per user. @throws Refusal when it is reached. */
function checkRoom({ calls, limits }: Services, user: ExchangeUser, wanted = 1): void {
  if (calls.activeCallsOf(user).length + wanted <= limits.callsPerUser) return;
  throw new Refusal(errorReply('too-many-calls', `call error: ${limitReached(limits, 'callsPerUser')}`));
}

function joinAsTheyAnswer({ calls, clock }: Services, placed: readonly UserCall[]): void {
  for (const call of placed) {
    call.object.watch((property, value) => {
      if (property !== 'STATUS' || value !== 'INPROGRESS') return;
      const talking = placed.find((other) => other !== call && other.conversation);
      // The conversation begins after the status notification.
      if (talking) clock.timerAt(clock.now(), () => void calls.conferences.join(call, talking));
    });
  }
}
