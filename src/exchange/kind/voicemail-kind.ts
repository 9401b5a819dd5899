import { Connection } from '../../switch/connection.js';
import { Refusal } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import { MessagePlayback } from '../mailbox/message-playback.js';
import { MessageRecording } from '../mailbox/message-recording.js';
import { UNREDIRECTED, type UserVoicemail } from '../mailbox/user-voicemail.js';
import { type Asking, kindOf } from '../object/object-kind.js';
import { streamActions } from './stream-actions.js';

/** The VOICEMAIL object (reference, "VOICEMAIL object", "ALTER VOICEMAIL"). */
export const voicemailKind = kindOf<'VOICEMAIL', UserVoicemail>({
  object: 'VOICEMAIL',
  find: ({ services: { voicemails }, user }, id) => voicemails.objects.of(user, id),
  value: ({ object }, property) => object.get(property),
  // An incoming voicemail exists before it has a status.
  defaults: { STATUS: 'UNKNOWN', FAILUREREASON: '', ...UNREDIRECTED },
  alter: {
    STARTPLAYBACK: ({ services }, voicemail) => startPlayback(services, voicemail),
    STARTPLAYBACKINCALL({ services: { voicemails, calls }, user }, voicemail) {
      const conversation = calls.activeCallsOf(user).find((call) => call.conversation)?.conversation;
      if (!(conversation instanceof Connection) || !voicemail.isPlayable) return false;
      const listeners = conversation.legs.map((leg) => leg.voice);
      voicemails.track(
        new MessagePlayback(voicemails, voicemail, { room: conversation.room, listeners }).run(),
      );
      return true;
    },
    STOPPLAYBACK: (_asking, { activity }) => {
      if (activity?.kind !== 'playing') return false;
      activity.by.stop();
      return true;
    },
    STARTRECORDING({ services: { voicemails }, user }, voicemail) {
      if (voicemail.activity) return voicemail.activity.by.startRecording?.() ?? false;
      if (!voicemail.isGreeting || voicemail.object.get('PARTNER_HANDLE') !== user.handle) return false;
      voicemails.track(new MessageRecording(voicemails, voicemail).run());
      return true;
    },
    STOPRECORDING: (_asking, { activity }) => {
      if (activity?.kind !== 'recording') return false;
      activity.by.stop();
      return true;
    },
    UPLOAD({ services: { voicemails } }, voicemail) {
      if (voicemail.activity || !voicemail.canBecome('UPLOADING')) return false;
      voicemails.track(new MessageRecording(voicemails, voicemail).upload());
      return true;
    },
    DOWNLOAD({ services: { voicemails } }, voicemail) {
      if (!voicemail.canBecome('DOWNLOADING')) return false;
      voicemails.download(voicemail);
      return true;
    },
    DELETE({ services: { voicemails } }, voicemail) {
      if (!voicemail.canBecome('DELETING')) return false;
      voicemails.delete(voicemail);
      return true;
    },
    SETUNPLAYED({ services: { voicemails } }, voicemail) {
      if (!voicemail.become('UNPLAYED')) return false;
      voicemails.save(voicemail);
      return true;
    },
    ...streamActions<UserVoicemail>('voicemail-stream', (voicemail) => voicemail),
  },
  search: {
    VOICEMAILS: ({ services: { voicemails }, user }) => ids(voicemails.objectsOf(user)),
    MISSEDVOICEMAILS: ({ services: { voicemails }, user }) => ids(voicemails.missedOf(user)),
    GREETING({ services, user }, handle) {
      const owner = services.userOf(handle);
      if (!owner) throw new Refusal('invalid-argument');
      // For the user's own greeting, a missing right to voicemail is reported when the greeting is recorded.
      if (!owner.hasVoicemail && owner !== user) throw new Refusal('no-greeting');
      return [services.voicemails.greetingOf(user, owner).id];
    },
  },
  clear: ({ services: { voicemails }, user }) => voicemails.clear(user),
});

/** Plays a voicemail: `OPEN VOICEMAIL <id>`. */
export function openVoicemail({ services, user }: Asking, argument: string): void {
  const voicemail = services.voicemails.objects.of(user, Number(argument));
  if (!voicemail) throw new Refusal('invalid-argument');
  if (!startPlayback(services, voicemail)) throw new Refusal('voicemail-not-playable');
}

function startPlayback({ voicemails }: Services, voicemail: UserVoicemail): boolean {
  if (!voicemail.isPlayable) return false;
  voicemails.track(new MessagePlayback(voicemails, voicemail).run());
  return true;
}

function ids(voicemails: readonly UserVoicemail[]): number[] {
  return voicemails.map(({ id }) => id);
}
