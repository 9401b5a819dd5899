import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { invalidArgument } from '../../errors.js';
import { fileError } from '../../files/file-error.js';
import { mapChannels } from '../../voice/convert/channels.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import { COMPRESSED_FORMATS, type CompressedFormat, compress, outputOf } from '../recording/compressed.js';
import { liveOutputPath } from '../recording/live-output.js';
import { recordingName } from '../recording/recording-files.js';
import { type SegmentResult, writeDetails } from '../recording/segment.js';
import { beside, type RecordingOutput } from '../recording/sidecar.js';
import { claimName, linkOnce } from './claim-name.js';
import { fillTemplate } from './path-template.js';

/** What can be made of a recording besides its stereo WAV: compressed files, or a WAV for each leg. */
export type OutputFormat = CompressedFormat | 'legs';

export const OUTPUT_FORMATS: readonly OutputFormat[] = [...COMPRESSED_FORMATS, 'legs'];

export interface PublishOptions {
  /** The folder that the template's paths lie in. */
  readonly folder: string;
  readonly template: string;
  /** The zone of its dates and times. Default `UTC`. */
  readonly timezone?: string;
  readonly outputs: readonly OutputFormat[];
  readonly signingKey?: KeyObject;
}

/** @throws ERR_INVALID_ARG. */
export function checkOutputs(outputs: readonly OutputFormat[]): readonly OutputFormat[] {
  for (const output of outputs) {
    if (!OUTPUT_FORMATS.includes(output)) {
      throw invalidArgument('outputs', `of ${OUTPUT_FORMATS.join(', ')}`, output);
    }
  }
  return outputs;
}

/**
 * Moves a finished recording to where its template says, with its other formats. Each file appears there whole or
 * not at all, and replaces none of another recording; the manifest comes last: where it is, everything is. A name that
 * is taken gets a number.
 *
 * @throws ERR_FILE, ERR_ENCODER. Nothing that was recorded is lost: what was not published stays where it was.
 */
export async function publishSegment(
  segment: SegmentResult,
  options: PublishOptions,
): Promise<SegmentResult> {
  const { sidecar, manifest } = segment;
  const name = fillTemplate(options.template, {
    startedAt: new Date(sidecar.audio.startedAt),
    ...(options.timezone !== undefined && { timezone: options.timezone }),
    partner: sidecar.call.partner,
    call: sidecar.call.id,
    id: sidecar.id,
    segment: sidecar.segment,
    direction: sidecar.call.type.startsWith('INCOMING') ? 'in' : 'out',
  });
  const numbered =
    sidecar.segment > 1 && !options.template.includes('{segment}') ? `${name}-${sidecar.segment}` : name;
  const wanted = join(options.folder, recordingName(numbered));
  const made = await makeOutputs(segment, options.outputs);
  try {
    const ending = segment.file.endsWith('.wav.age') ? '.wav.age' : '.wav';
    const endings = [ending, '.json', '.manifest.json', ...made.map(({ suffix }) => suffix)];
    const base = await claimName(segment.file, wanted, endings);
    const outputs: RecordingOutput[] = [];
    for (const { path, suffix } of made) {
      await linkOnce(path, `${base}${suffix}`);
      outputs.push(await outputOf(`${base}${suffix}`));
    }
    const file = `${base}${ending}`;
    const audio = { ...sidecar.audio, file: basename(file) };
    const published = { ...sidecar, audio, ...(outputs.length > 0 && { outputs }) };
    const result = await writeDetails(file, published, manifest.blocks, options.signingKey);
    const old = [segment.file, segment.sidecarFile, segment.manifestFile, ...made.map(({ path }) => path)];
    await Promise.all(old.map((path) => rm(path, { force: true })));
    return result;
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError('publish', segment.file, error) : error;
  }
}

interface MadeOutput {
  readonly path: string;
  /** What follows the recording's name. */
  readonly suffix: string;
}

async function makeOutputs(segment: SegmentResult, outputs: readonly OutputFormat[]): Promise<MadeOutput[]> {
  const { file, sidecar } = segment;
  const made: MadeOutput[] = [];
  for (const output of outputs) {
    if (output === 'legs') {
      made.push(...(await splitLegs(file)));
      continue;
    }
    const path = liveOutputPath(file, output);
    // What was written while the call went on is there already.
    const isMade = sidecar.outputs?.some(({ file: name }) => name === basename(path)) && existsSync(path);
    const facts = { id: sidecar.id, startedAt: sidecar.audio.startedAt, call: sidecar.call };
    if (!isMade) await compress(file, path, output, facts);
    made.push({ path, suffix: `.${output}` });
  }
  return made;
}

async function splitLegs(file: string): Promise<MadeOutput[]> {
  const made: MadeOutput[] = [];
  for (const [suffix, gains] of [
    ['.local.wav', [[1, 0]]],
    ['.remote.wav', [[0, 1]]],
  ] as const) {
    const path = beside(file, suffix);
    await using reader = await WavReader.open(file);
    await using writer = await WavWriter.create(path, { metadata: reader.metadata });
    for await (const samples of reader) await writer.write(mapChannels(samples, gains));
    made.push({ path, suffix });
  }
  return made;
}
