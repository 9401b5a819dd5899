import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { path as aPath, checkArgument, checkOptions, flag, line, type Rules } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { fileError } from '../../files/file-error.js';
import { readAnalysis } from '../archive/analysis-file.js';
import { readAnnotations } from '../archive/annotation-file.js';
import { readTranscript } from '../archive/transcript-file.js';
import { readSidecar } from '../read-details.js';
import { isSealed } from '../sealed/recorded-legs.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import type { Vcon } from './vcon.js';

/** Options of {@link vconOf}. */
export interface VconOptions {
  /** Address (https) of the audio. Without it the audio is embedded. Default: none. */
  readonly url?: string;
  /** Name of the local party. Default: no name. */
  readonly localName?: string;
  /** True to include only the hash of the audio when no `url` is given. Default false. */
  readonly withoutAudio?: boolean;
  /** Clock for `created_at`. Default: the machine's clock. */
  readonly clock?: Clock;
}

const RULES: Rules<VconOptions> = {
  url: line(1, 4096),
  localName: line(1, 1000),
  withoutAudio: flag,
  clock: CLOCK,
};
const VENDOR = 'jackfield';

/**
 * Makes a vCon of a recording. It has the parties, the audio with its hash, the transcript and analysis beside the
 * recording, and the sidecar and manifest as attachments. The `uuid` of a recording is always the same.
 *
 * @param file The audio of a recording, not encrypted.
 * @throws ERR_UNSUPPORTED for an encrypted recording; ERR_FILE; as reading the sidecar throws.
 */
export async function vconOf(file: string, options: VconOptions = {}): Promise<Vcon> {
  checkArgument('file', file, aPath);
  checkOptions(options, RULES);
  if (isSealed(file)) {
    const text = `${printable(file)} is encrypted: export it without encryption first (recordings export --identity).`;
    throw new JackfieldError('ERR_UNSUPPORTED', text);
  }
  const { localName, clock = systemClock } = options;
  const sidecar = await readSidecar(beside(file, '.json'));
  const { call, audio } = sidecar;
  const dialog = {
    type: 'recording' as const,
    start: audio.startedAt,
    duration: audio.durationMs / 1000,
    parties: [0, 1],
    originator: call.type.startsWith('OUTGOING') ? 0 : 1,
    mediatype: 'audio/x-wav',
    filename: basename(file),
    ...(await contentOf(file, options)),
  };
  return {
    uuid: uuidOf(sidecar),
    created_at: new Date(clock.unixMs()).toISOString(),
    parties: [localName === undefined ? {} : { name: localName }, { name: call.partner }],
    dialog: [dialog],
    analysis: analysisOf(file, sidecar),
    attachments: await attachmentsOf(file, sidecar),
  };
}

async function contentOf(file: string, { url, withoutAudio = false }: VconOptions) {
  const bytes = await bytesOf(file);
  const content_hash = `sha512-${createHash('sha512').update(bytes).digest('base64url')}`;
  if (url !== undefined) return { url, content_hash };
  if (withoutAudio) return { content_hash };
  return { content_hash, encoding: 'base64url' as const, body: bytes.toString('base64url') };
}

function analysisOf(file: string, sidecar: RecordingSidecar): Vcon['analysis'] {
  const { transcript: written } = readAnnotations(file, sidecar);
  const transcript = readTranscript(file, sidecar);
  const report = readAnalysis(file, sidecar);
  const common = { vendor: VENDOR, dialog: 0 };
  const asText = { mediatype: 'text/plain', encoding: 'none' as const, body: written };
  return [
    ...(written === '' ? [] : [{ ...common, type: 'transcript', ...asText }]),
    ...(transcript
      ? [{ ...common, type: 'transcript', schema: transcript.schema, ...jsonBody(transcript) }]
      : []),
    ...(report ? [{ ...common, type: 'conversation', schema: report.schema, ...jsonBody(report) }] : []),
  ];
}

async function attachmentsOf(file: string, sidecar: RecordingSidecar): Promise<Vcon['attachments']> {
  const common = { start: sidecar.audio.startedAt, dialog: 0 };
  const manifest = await bytesOf(beside(file, '.manifest.json')).catch(() => undefined);
  return [
    { ...common, purpose: 'jackfield.recording', ...jsonBody(sidecar) },
    ...(manifest
      ? [{ ...common, purpose: 'jackfield.manifest', ...JSON_CONTENT, body: manifest.toString('utf8') }]
      : []),
  ];
}

const JSON_CONTENT = { mediatype: 'application/json', encoding: 'json' } as const;

function jsonBody(value: unknown) {
  return { ...JSON_CONTENT, body: JSON.stringify(value) };
}

/** A version 8 UUID, derived from the recording's id and segment. */
function uuidOf({ id, segment }: RecordingSidecar): string {
  const bytes = createHash('sha256').update(`jackfield ${id} ${segment}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError('read', path, error);
  }
}
