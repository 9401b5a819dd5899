import { entryOf } from '../../base/entry-of.js';
import type {
  AlterCommandOf,
  EndpointMessage,
  GetCommandOf,
  LeaveVoicemailCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { Connection } from '../../switch/connection.js';
import { isHandle } from '../../switch/identity.js';
import { Playback } from '../mailbox/playback.js';
import { Recording } from '../mailbox/recording.js';
import { UNREDIRECTED, type Voicemail } from '../mailbox/voicemail.js';
import type { User } from '../user.js';
import { alterStream, streamOf } from './alter-stream.js';
import { checkRoom } from './answer-call.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

const DEFAULTS: Readonly<Record<string, string>> = {
  FAILUREREASON: '',
  ...UNREDIRECTED,
};

/** Carries out an action. @returns whether the voicemail was in a state for it. */
type Action = (services: Services, user: User, voicemail: Voicemail) => boolean;

/** What `ALTER VOICEMAIL` can do, besides redirecting streams (reference, "ALTER VOICEMAIL"). */
const ACTIONS: Readonly<Record<string, Action>> = {
  STARTPLAYBACK: ({ voicemails }, _user, voicemail) => {
    if (!isPlayable(voicemail)) return false;
    voicemails.track(new Playback(voicemails, voicemail).run());
    return true;
  },
  STARTPLAYBACKINCALL: ({ voicemails, calls }, user, voicemail) => {
    const conversation = calls.activeCallsOf(user).find((call) => call.conversation)?.conversation;
    if (!(conversation instanceof Connection) || !isPlayable(voicemail)) return false;
    const listeners = conversation.legs.map((leg) => leg.voice);
    voicemails.track(new Playback(voicemails, voicemail, { room: conversation.room, listeners }).run());
    return true;
  },
  STOPPLAYBACK: (_services, _user, { activity }) => {
    if (activity?.kind !== 'playing') return false;
    activity.by.stop();
    return true;
  },
  STARTRECORDING: ({ voicemails }, user, voicemail) => {
    if (voicemail.activity) return voicemail.activity.by.startRecording?.() ?? false;
    if (!voicemail.isGreeting || voicemail.object.get('PARTNER_HANDLE') !== user.handle) return false;
    voicemails.track(new Recording(voicemails, voicemail).run());
    return true;
  },
  STOPRECORDING: (_services, _user, { activity }) => {
    if (activity?.kind !== 'recording') return false;
    activity.by.stop();
    return true;
  },
  UPLOAD: ({ voicemails }, _user, voicemail) => {
    if (voicemail.activity || !voicemail.canBecome('UPLOADING')) return false;
    voicemails.track(new Recording(voicemails, voicemail).upload());
    return true;
  },
  DOWNLOAD: ({ voicemails }, _user, voicemail) => {
    if (!voicemail.canBecome('DOWNLOADING')) return false;
    voicemails.download(voicemail);
    return true;
  },
  DELETE: ({ voicemails }, _user, voicemail) => {
    if (!voicemail.canBecome('DELETING')) return false;
    voicemails.delete(voicemail);
    return true;
  },
  SETUNPLAYED: ({ voicemails }, _user, voicemail) => {
    if (!voicemail.become('UNPLAYED')) return false;
    voicemails.save(voicemail);
    return true;
  },
};

/** `CALLVOICEMAIL <target>`, and `VOICEMAIL <target>` of earlier versions, which answers with the voicemail. */
export function leaveVoicemail(
  services: Services,
  user: User,
  command: LeaveVoicemailCommand,
): EndpointMessage {
  if (!isHandle(command.target)) throw new Refusal('invalid-target');
  const owner = services.userOf(command.target);
  if (!owner) throw new Refusal(command.kind === 'voicemail' ? 'invalid-target' : 'invalid-user-handle');
  if (!owner.settings.voicemail || owner.has('ISBLOCKED', user.handle)) throw new Refusal('no-voicemail');
  checkRoom(services, user);
  const call = services.calls.create(user, owner, 'OUTGOING', 'ROUTING');
  const message = services.voicemails.leave(call, owner, 'called');
  if (command.kind === 'voicemail') {
    user.notify(replies.property('CALL', call.id, 'STATUS', 'ROUTING'));
    return replies.property('VOICEMAIL', message.id, 'STATUS', 'BLANK');
  }
  return replies.property('CALL', call.id, 'STATUS', 'ROUTING');
}

export function getVoicemail(
  services: Services,
  user: User,
  { id, property }: GetCommandOf<'VOICEMAIL'>,
): EndpointMessage {
  if (!Number.isSafeInteger(id)) throw new Refusal('get-voicemail-id');
  const voicemail = services.voicemails.of(user, id);
  if (!voicemail) throw new Refusal('get-unknown-voicemail');
  const value = voicemail.object.get(property as 'STATUS') ?? entryOf(DEFAULTS, property);
  if (value === undefined) throw new Refusal('get-voicemail-property');
  return replies.property('VOICEMAIL', id, property as 'STATUS', value);
}

export function alterVoicemail(
  services: Services,
  user: User,
  command: AlterCommandOf<'VOICEMAIL'>,
): EndpointMessage | Promise<EndpointMessage> {
  const { id, action, argument } = command;
  if (!Number.isSafeInteger(id)) throw new Refusal('alter-voicemail-id');
  const voicemail = services.voicemails.of(user, id);
  if (!voicemail) throw new Refusal('alter-unknown-voicemail');
  const echo = replies.echo(command);
  const stream = streamOf(action);
  if (stream) {
    return alterStream(services, voicemail, stream, argument, 'alter-voicemail-stream').then(() => echo);
  }
  const act = entryOf(ACTIONS, action);
  if (!act) throw new Refusal('alter-voicemail-action');
  if (!act(services, user, voicemail)) throw new Refusal('alter-voicemail-failed');
  return echo;
}

/** `OPEN VOICEMAIL <id>`: plays it. */
export function openVoicemail(services: Services, user: User, argument: string): void {
  const voicemail = services.voicemails.of(user, Number(argument));
  if (!voicemail) throw new Refusal('get-voicemail-id');
  if (!ACTIONS['STARTPLAYBACK']?.(services, user, voicemail)) throw new Refusal('alter-voicemail-failed');
}

/** Whether its audio is here, and nothing is done with it. */
function isPlayable(voicemail: Voicemail): boolean {
  return !voicemail.activity && voicemail.canBecome('BUFFERING');
}
