import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { isSealedAudio } from '../archive/message-files.js';
import type { VoicemailArchive } from '../archive/voicemail-archive.js';
import { extendedValue, headerPhrase, headerText, localPart, mailbox } from './mail-headers.js';

/** Bytes per line of base64 (76 characters, RFC 2045), and per read of the file. */
const LINE_BYTES = 57;
const READ_BYTES = LINE_BYTES * 1024;
/** Invalid domain (RFC 2606): handles are not mail addresses, and no mail can be sent to them. */
const DOMAIN = 'voicemail.invalid';

/** Yields one mail per message, with the audio attached (mboxrd). */
export async function* messagesMbox(
  archive: VoicemailArchive,
  messages: Iterable<ArchivedMessage>,
): AsyncGenerator<string> {
  for (const message of messages) {
    const file = archive.audioFile(message);
    if (!file) continue;
    const boundary = `=_${message.audio?.sha256.slice(0, 32)}`;
    yield `From ${addressOf(message.partner)} ${asctime(message.timestamp)}\n`;
    yield `${headers(message, boundary)}\n\n--${boundary}\n${textPart(message)}\n--${boundary}\n`;
    const name = basename(file);
    const type = message.audio && isSealedAudio(message.audio) ? 'application/octet-stream' : 'audio/wav';
    yield `Content-Type: ${type}\nContent-Transfer-Encoding: base64\n`;
    yield `Content-Disposition: attachment; filename*=${extendedValue(name)}\n\n`;
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      yield lines(chunk as Buffer);
    }
    yield `--${boundary}--\n\n`;
  }
}

function headers(message: ArchivedMessage, boundary: string): string {
  const { account, partner, partnerName, type, timestamp, durationSeconds, id, tags } = message;
  const sent = type === 'OUTGOING';
  const them = mailbox(partnerName || partner, addressOf(partner));
  const us = mailbox('', addressOf(account));
  return [
    `From: ${sent ? us : them}`,
    `To: ${sent ? them : us}`,
    `Date: ${new Date(timestamp * 1000).toUTCString().replace('GMT', '+0000')}`,
    `Subject: ${headerText(`Voicemail, ${durationSeconds} s, ${partnerName || partner}`)}`,
    `Message-ID: <${id}.${timestamp}.${message.audio?.sha256.slice(0, 16)}@${DOMAIN}>`,
    ...(tags.length > 0 ? [`Keywords: ${tags.map(headerPhrase).join(',\n ')}`] : []),
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
  ].join('\n');
}

function textPart({ transcript }: ArchivedMessage): string {
  const head = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n';
  return head + lines(Buffer.from(transcript || '(no transcript)'));
}

function lines(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    text += `${bytes.toString('base64', at, Math.min(bytes.length, at + LINE_BYTES))}\n`;
  }
  return text;
}

function addressOf(handle: string): string {
  return `${localPart(handle || 'unknown')}@${DOMAIN}`;
}

/** Formats a time for the first line of a mail: `Sun Nov 22 20:38:00 2026`. */
function asctime(unixSeconds: number): string {
  const [day, date, month, year, time] = new Date(unixSeconds * 1000)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${date} ${time} ${year}`;
}
