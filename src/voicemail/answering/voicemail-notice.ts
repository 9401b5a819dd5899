import { basename } from 'node:path';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { isSealedAudio } from '../archive/message-files.js';
import { isoTime } from '../archive/voicemail-sidecar.js';

/** Notice of a message, with all fields of a mail. */
export interface VoicemailNotice {
  readonly schema: 'jackfield.voicemail-notice/1';
  readonly subject: string;
  /** Plain text, including the transcript if there is one. */
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly recordedAt: string;
  /** Handle of the called account. */
  readonly account: string;
  readonly caller: { readonly handle: string; readonly name: string };
  readonly durationSeconds: number;
  readonly transcript: string;
  /** The message's number in the archive. */
  readonly key: number;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: 'audio/wav' | 'application/octet-stream';
    /** Absolute path on this machine. */
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/** @param file Absolute path of the message's audio. */
export function voicemailNotice(message: ArchivedMessage, file: string): VoicemailNotice {
  const { account, partner, partnerName, durationSeconds, transcript, key, audio } = message;
  const who = partnerName && partnerName !== partner ? `${partnerName} (${partner})` : partner;
  const recordedAt = isoTime(message.timestamp);
  return {
    schema: 'jackfield.voicemail-notice/1',
    subject: `Voicemail from ${who}, ${durationSeconds} s`,
    text: [`${who} left a message for ${account} at ${recordedAt}, ${durationSeconds} s long.`, transcript]
      .filter((part) => part !== '')
      .join('\n\n'),
    recordedAt,
    account,
    caller: { handle: partner, name: partnerName },
    durationSeconds,
    transcript,
    key,
    attachments: audio
      ? [
          {
            filename: basename(file),
            contentType: isSealedAudio(audio) ? 'application/octet-stream' : 'audio/wav',
            path: file,
            bytes: audio.bytes,
            sha256: audio.fileSha256,
          },
        ]
      : [],
  };
}
