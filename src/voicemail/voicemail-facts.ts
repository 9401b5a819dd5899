import { checkArgument, words } from '../base/check.js';
import { LIVE_VOICEMAIL, type Voicemail } from '../control/call/voicemail.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import type { VoicemailFacts } from './archive/archived-message.js';

/** The last second of the year 9999. Later times have no ISO date with a four-digit year. */
const MAX_TIMESTAMP = 253_402_300_799;
const MAX_DURATION_S = 86_400;
/** Facts that identify a message. */
export type VoicemailIdentity = Pick<VoicemailFacts, 'account' | 'id' | 'partner' | 'timestamp'>;

const UNPLAYED: readonly string[] = ['NOTDOWNLOADED', 'DOWNLOADING', 'UNPLAYED'];

/** Reads only the facts that identify a voicemail of `account`. @throws as {@link voicemailFacts}. */
export async function voicemailIdentity(
  account: string,
  voicemail: Voicemail,
  options?: CommandOptions,
): Promise<VoicemailIdentity> {
  checkArgument('account', account, words);
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  const values = await voicemail.fetch(['PARTNER_HANDLE', 'TIMESTAMP'], options);
  const timestamp = whole(values['TIMESTAMP'], MAX_TIMESTAMP);
  return { account, id: voicemail.id, partner: values['PARTNER_HANDLE'] ?? '', timestamp };
}

/**
 * Reads the facts of a voicemail of `account` from an endpoint. Invalid numbers are limited to their range, so that one
 * invalid message does not stop the archiving of others.
 *
 * @throws ERR_API 512 when it does not exist any more; ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
 */
export async function voicemailFacts(
  account: string,
  voicemail: Voicemail,
  options?: CommandOptions,
): Promise<VoicemailFacts> {
  const identity = await voicemailIdentity(account, voicemail, options);
  const values = await voicemail.fetch(['TYPE', 'PARTNER_DISPNAME', 'DURATION', 'STATUS'], options);
  return {
    ...identity,
    type: values['TYPE'] ?? 'UNKNOWN',
    partnerName: values['PARTNER_DISPNAME'] ?? '',
    durationSeconds: whole(values['DURATION'], MAX_DURATION_S),
    played: !UNPLAYED.includes(values['STATUS'] ?? ''),
  };
}

function whole(text: string | undefined, max: number): number {
  const value = Math.trunc(Number(text));
  return Number.isFinite(value) ? Math.min(max, Math.max(0, value)) : 0;
}
