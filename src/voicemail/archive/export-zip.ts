import { createHash } from 'node:crypto';
import type { ExportWriter } from './export-writer.js';
import { sidecarOf, sidecarPath } from './sidecar.js';

/**
 * Audio under the paths that it has in the archive, a sidecar for each message, `manifest.json` with all that the
 * catalogue knows, and `SHA256SUMS` over every file.
 */
export const zipOf: ExportWriter = async function* (archive, messages) {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const sums: string[] = [];
  const manifest: unknown[] = [];
  const names = new Set<string>();
  const text = (name: string, value: unknown) => {
    const bytes = Buffer.from(typeof value === 'string' ? value : `${JSON.stringify(value, undefined, 2)}\n`);
    sums.push(`${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`);
    zip.addBuffer(bytes, name);
  };
  for (const message of messages) {
    const { audio } = message;
    if (!audio) continue;
    const file = archive.audioFile(message) ?? '';
    if (!names.has(audio.path)) {
      names.add(audio.path);
      sums.push(`${audio.fileSha256}  ${audio.path}\n`);
      // Voice hardly deflates; stored, it is written as fast as it is read.
      zip.addFile(file, audio.path, { compress: false });
    }
    text(sidecarPath(audio.path, message), sidecarOf(message));
    manifest.push(message);
  }
  text('manifest.json', { schema: 'jackfield.voicemail-export/1', messages: manifest });
  zip.addBuffer(Buffer.from(sums.join('')), 'SHA256SUMS');
  zip.end();
  zip.on('error', (error) =>
    (zip.outputStream as NodeJS.ReadableStream & { destroy(e: Error): void }).destroy(error),
  );
  for await (const chunk of zip.outputStream) yield chunk as Buffer;
};
