import type { CommandOptions } from '../control/client/command-sender.js';
import type { Voicemail } from '../control/state/voicemail.js';
import type { VoicemailFacts } from './archive/archived-message.js';

/** The last second of the year 9999: what lies beyond it has no ISO date of four digits. */
const MAX_TIMESTAMP = 253_402_300_799;
const MAX_DURATION_S = 86_400;
const UNPLAYED: readonly string[] = ['NOTDOWNLOADED', 'DOWNLOADING', 'UNPLAYED'];

/**
 * What an endpoint says of a voicemail of `account`. Numbers that cannot be are brought into range: one strange
 * message must not keep the others from being archived.
 *
 * @throws ERR_API 512 when it is gone; ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
 */
export async function voicemailFacts(
  account: string,
  voicemail: Voicemail,
  options?: CommandOptions,
): Promise<VoicemailFacts> {
  const names = ['TYPE', 'PARTNER_HANDLE', 'PARTNER_DISPNAME', 'TIMESTAMP', 'DURATION', 'STATUS'];
  const values = await voicemail.fetch(names, options);
  return {
    account,
    id: voicemail.id,
    type: values['TYPE'] ?? 'UNKNOWN',
    partner: values['PARTNER_HANDLE'] ?? '',
    partnerName: values['PARTNER_DISPNAME'] ?? '',
    timestamp: whole(values['TIMESTAMP'], MAX_TIMESTAMP),
    durationSeconds: whole(values['DURATION'], MAX_DURATION_S),
    played: !UNPLAYED.includes(values['STATUS'] ?? ''),
  };
}

function whole(text: string | undefined, max: number): number {
  const value = Math.trunc(Number(text));
  return Number.isFinite(value) ? Math.min(max, Math.max(0, value)) : 0;
}
