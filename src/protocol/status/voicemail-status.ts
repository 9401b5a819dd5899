import { checkArgument, words } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';

/** Every value of `VOICEMAIL <id> STATUS` (reference, "VOICEMAIL object"). */
export const VOICEMAIL_STATUSES = [
  'NOTDOWNLOADED',
  'DOWNLOADING',
  'UNPLAYED',
  'BUFFERING',
  'PLAYING',
  'PLAYED',
  'BLANK',
  'RECORDING',
  'RECORDED',
  'UPLOADING',
  'UPLOADED',
  'DELETING',
  'FAILED',
  'UNKNOWN',
] as const;

export type VoicemailStatus = (typeof VOICEMAIL_STATUSES)[number];

/** Every value of `VOICEMAIL <id> FAILUREREASON` (reference, "VOICEMAIL object"). */
export const VOICEMAIL_FAILURE_REASONS = [
  'MISC_ERROR',
  'CONNECT_ERROR',
  'NO_VOICEMAIL_PRIVILEGE',
  'NO_SUCH_VOICEMAIL',
  'FILE_READ_ERROR',
  'FILE_WRITE_ERROR',
  'RECORDING_ERROR',
  'PLAYBACK_ERROR',
  'UNKNOWN',
] as const;

export type VoicemailFailureReason = (typeof VOICEMAIL_FAILURE_REASONS)[number];

/**
 * Statuses that can follow each status. The same status may also be reported again. An endpoint reports UNKNOWN when it
 * no longer knows the status, so any status can follow it. Derived from the reference's list of actions and its
 * transcripts.
 */
export const VOICEMAIL_TRANSITIONS: Readonly<Record<VoicemailStatus, readonly VoicemailStatus[]>> = {
  NOTDOWNLOADED: ['DOWNLOADING', 'DELETING', 'FAILED'],
  DOWNLOADING: ['UNPLAYED', 'BUFFERING', 'PLAYING', 'DELETING', 'FAILED'],
  UNPLAYED: ['BUFFERING', 'PLAYING', 'DELETING', 'FAILED'],
  BUFFERING: ['PLAYING', 'UNPLAYED', 'PLAYED', 'DELETING', 'FAILED'],
  PLAYING: ['BUFFERING', 'PLAYED', 'DELETING', 'FAILED'],
  PLAYED: ['UNPLAYED', 'BUFFERING', 'PLAYING', 'DELETING', 'FAILED'],
  BLANK: ['RECORDING', 'DELETING', 'FAILED'],
  RECORDING: ['RECORDED', 'UPLOADING', 'DELETING', 'FAILED'],
  RECORDED: ['BUFFERING', 'PLAYING', 'UPLOADING', 'DELETING', 'FAILED'],
  UPLOADING: ['UPLOADED', 'DELETING', 'FAILED'],
  UPLOADED: ['BUFFERING', 'PLAYING', 'DELETING', 'FAILED'],
  DELETING: [],
  FAILED: ['DOWNLOADING', 'UPLOADING', 'DELETING'],
  UNKNOWN: VOICEMAIL_STATUSES,
};

/** True when a voicemail of status `from` may be reported as `to` next. An unlisted word allows any move. */
export function canVoicemailMove(from: string, to: string): boolean {
  checkArgument('from', from, words);
  checkArgument('to', to, words);
  const next = nextOf(from);
  return next === undefined || from === to || next.includes(to) || nextOf(to) === undefined;
}

function nextOf(status: string): readonly string[] | undefined {
  return entryOf(VOICEMAIL_TRANSITIONS, status);
}
