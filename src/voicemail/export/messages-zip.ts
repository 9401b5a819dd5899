import { type ZipEntry, zipOf } from '../../recording/archive/export-zip.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import type { VoicemailArchive } from '../archive/voicemail-archive.js';
import { sidecarPath, voicemailSidecarOf } from '../archive/voicemail-sidecar.js';

/**
 * Yields a zip with the audio under its paths in the archive, a sidecar per message, `manifest.json` with all facts of
 * the catalogue, and `SHA256SUMS` over every file.
 */
export function messagesZip(
  archive: VoicemailArchive,
  messages: Iterable<ArchivedMessage>,
): AsyncIterable<Uint8Array> {
  return zipOf(entriesOf(archive, messages));
}

function* entriesOf(archive: VoicemailArchive, messages: Iterable<ArchivedMessage>): Generator<ZipEntry> {
  const manifest: ArchivedMessage[] = [];
  const names = new Set<string>();
  for (const message of messages) {
    const { audio } = message;
    const file = archive.audioFile(message);
    if (!audio || file === undefined) continue;
    // Messages with the same samples share a file.
    if (!names.has(audio.path)) yield { name: audio.path, from: { file } };
    names.add(audio.path);
    yield { name: sidecarPath(audio.path, message), from: { text: json(voicemailSidecarOf(message)) } };
    manifest.push(message);
  }
  const text = json({ schema: 'jackfield.voicemail-export/1', messages: manifest });
  yield { name: 'manifest.json', from: { text } };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
