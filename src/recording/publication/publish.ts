import { type KeyObject, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { z } from 'zod';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { removeFile } from '../../files/private-file.js';
import { writeJson } from '../../files/whole-file.js';
import { mapChannels } from '../../voice/convert/channels.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { PLAN_SCHEMA } from '../archive/archive-schemas.js';
import { COMPRESSED_FORMATS, type CompressedFormat, compress, outputOf } from '../file/compressed.js';
import { EncoderSlots } from '../file/encoder-slots.js';
import { liveOutputPath } from '../file/live-output.js';
import { type SegmentResult, writeDetails } from '../file/segment.js';
import { readSegment } from '../read-segment.js';
import { fillTemplate } from '../recorder/recording-path.js';
import { recordingName } from '../recording-files.js';
import { beside, type RecordingOutput } from '../sidecar.js';
import { claimName, linkOnce } from './claim-name.js';

/** Outputs of a recording besides its stereo WAV: a compressed format, or a WAV per leg. */
export type OutputFormat = CompressedFormat | 'legs';

export const OUTPUT_FORMATS: readonly OutputFormat[] = [...COMPRESSED_FORMATS, 'legs'];

export interface PublishOptions {
  /** Root folder for the template's paths. */
  readonly folder: string;
  readonly template: string;
  /** Time zone of the dates and times in the template. Default `UTC`. */
  readonly timezone?: string;
  readonly outputs: readonly OutputFormat[];
  readonly signingKey?: KeyObject;
  /** Limits the encoders of several publications together. */
  readonly encoders?: EncoderSlots;
}

/** Event of a complete publication. It may be repeated after a kill, with the same id. */
export interface PublicationNews {
  readonly id: string;
  readonly type: string;
}

/** Adds the published recording to the catalogue and sends its event. Must be idempotent. */
export type TellPublication = (published: SegmentResult, news: PublicationNews) => Promise<void>;

/**
 * Moves a finished recording and its outputs to the path of the template. Each file appears complete or not at all, and
 * replaces no other file. The manifest is written last: when it exists, all files exist. A taken name gets a number.
 *
 * After a kill, {@link resumePublication} continues from a plan that is stored beside the recording. The steps are:
 * make the outputs; write the plan; link the files, and write sidecar and manifest; add the new path to the plan; call
 * `tell`; remove the old files, the plan last.
 *
 * @param type Type of the event that is passed to `tell`.
 * @throws ERR_FILE, ERR_ENCODER. No recording is lost: an unpublished file stays in its place.
 */
export async function publishSegment(
  segment: SegmentResult,
  options: PublishOptions,
  type = 'recording.finished',
  tell: TellPublication = async () => undefined,
): Promise<SegmentResult> {
  const made = await makeOutputs(segment, options);
  const plan: Plan = { schema: 'jackfield.publication/1', id: randomUUID(), type, ...made };
  await writeJson(planFile(segment.file), plan);
  return await carryOut(plan, segment, options, tell);
}

/** Continues a publication that was killed or has failed. @throws as {@link publishSegment}. */
export async function resumePublication(
  file: string,
  options: PublishOptions,
  tell: TellPublication,
): Promise<SegmentResult> {
  const { PLAN_SCHEMA } = await import('../archive/archive-schemas.js');
  const plan = PLAN_SCHEMA.parse(JSON.parse(await readFile(planFile(file), 'utf8')));
  const source = sourceOf(file);
  if (plan.published === undefined) return await carryOut(plan, await readSegment(file), options, tell);
  const published = await readSegment(join(options.folder, plan.published));
  return await complete(plan, source, published, tell);
}

/** Path of the plan of a recording's publication. */
export function planFile(file: string): string {
  return beside(file, '.publication.json');
}

type Plan = z.infer<typeof PLAN_SCHEMA>;

interface Source {
  readonly file: string;
  readonly sidecarFile: string;
  readonly manifestFile: string;
}

function sourceOf(file: string): Source {
  return { file, sidecarFile: beside(file, '.json'), manifestFile: beside(file, '.manifest.json') };
}

async function carryOut(
  plan: Plan,
  segment: SegmentResult,
  options: PublishOptions,
  tell: TellPublication,
): Promise<SegmentResult> {
  try {
    const published = await place(plan, segment, options);
    const there: Plan = { ...plan, published: relative(options.folder, published.file) };
    await writeJson(planFile(segment.file), there);
    return await complete(there, segment, published, tell);
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError('publish', segment.file, error) : error;
  }
}

/** Suffixes of files that an earlier recording of the same name may have left. */
const NOTED_ENDINGS = [
  ...['.json', '.manifest.json', '.hold.json'],
  ...['.annotations.jsonl', '.analysis.json', '.transcript.json'],
];

async function place(plan: Plan, segment: SegmentResult, options: PublishOptions): Promise<SegmentResult> {
  const { sidecar, manifest, file: from } = segment;
  const ending = from.endsWith('.wav.age') ? '.wav.age' : '.wav';
  const endings = [ending, ...NOTED_ENDINGS, ...plan.suffixes];
  const base = await claimName(from, wantedPath(segment, options), endings);
  const outputs: RecordingOutput[] = [];
  for (const suffix of plan.suffixes) {
    await linkOnce(beside(from, suffix), `${base}${suffix}`);
    outputs.push(await outputOf(`${base}${suffix}`));
  }
  const file = `${base}${ending}`;
  const { outputs: _, ...rest } = sidecar;
  const published = {
    ...rest,
    audio: { ...sidecar.audio, file: basename(file) },
    ...(outputs.length > 0 && { outputs }),
    ...(plan.unmade.length > 0 && { unmade: plan.unmade }),
  };
  return await writeDetails(file, published, manifest.blocks, options.signingKey, { frame: manifest.frame });
}

async function complete(
  plan: Plan,
  source: Source,
  published: SegmentResult,
  tell: TellPublication,
): Promise<SegmentResult> {
  await tell(published, { id: plan.id, type: plan.type });
  const outputs = plan.suffixes.map((suffix) => beside(source.file, suffix));
  for (const path of [source.file, source.sidecarFile, source.manifestFile, ...outputs]) {
    await removeFile(path);
  }
  await removeFile(planFile(source.file));
  const [unmade] = plan.unmade;
  if (!unmade) return published;
  const outputError = new JackfieldError(
    'ERR_ENCODER',
    `The ${unmade.format} file was not made: ${unmade.reason}`,
  );
  return { ...published, outputError };
}

function wantedPath({ sidecar }: SegmentResult, { folder, template, timezone }: PublishOptions): string {
  const name = fillTemplate(template, {
    startedAt: new Date(sidecar.audio.startedAt),
    ...(timezone !== undefined && { timezone }),
    partner: sidecar.call.partner,
    call: sidecar.call.id,
    id: sidecar.id,
    segment: sidecar.segment,
    direction: sidecar.call.type.startsWith('INCOMING') ? 'in' : 'out',
  });
  const numbered =
    sidecar.segment > 1 && !template.includes('{segment}') ? `${name}-${sidecar.segment}` : name;
  return join(folder, recordingName(numbered));
}

/** Makes the missing outputs. A failed output does not affect the others. */
async function makeOutputs(
  segment: SegmentResult,
  { outputs, encoders = new EncoderSlots() }: PublishOptions,
): Promise<Pick<Plan, 'suffixes' | 'unmade'>> {
  const suffixes: string[] = [];
  const unmade: Plan['unmade'] = [];
  for (const format of outputs) {
    try {
      suffixes.push(
        ...(await encoders.run(async () =>
          format === 'legs' ? await splitLegs(segment.file) : [await compressed(segment, format)],
        )),
      );
    } catch (error) {
      unmade.push({ format, reason: messageOf(error) });
    }
  }
  return { suffixes, unmade };
}

async function compressed({ file, sidecar }: SegmentResult, format: CompressedFormat): Promise<string> {
  const path = liveOutputPath(file, format);
  // A file that was encoded during the call exists already.
  const isMade = sidecar.outputs?.some(({ file: name }) => name === basename(path)) && existsSync(path);
  const facts = { id: sidecar.id, startedAt: sidecar.audio.startedAt, call: sidecar.call };
  if (!isMade) await compress(file, path, format, facts);
  return `.${format}`;
}

/** Gains of the two channels in the file of each leg, by its suffix. */
const LEGS = new Map([
  ['.local.wav', [[1, 0]]],
  ['.remote.wav', [[0, 1]]],
]);

/** Writes each leg to its own file beside the recording. Returns the suffixes. @throws ERR_FILE */
export async function splitLegs(file: string): Promise<string[]> {
  const suffixes = [...LEGS.keys()];
  try {
    for (const [suffix, gains] of LEGS) await splitLeg(file, beside(file, suffix), gains);
  } catch (error) {
    // One file without the other is not a valid output.
    for (const suffix of suffixes) await removeFile(beside(file, suffix)).catch(() => undefined);
    throw error;
  }
  return suffixes;
}

async function splitLeg(file: string, path: string, gains: readonly (readonly number[])[]): Promise<void> {
  await using reader = await WavReader.open(file);
  const writer = await WavWriter.create(path, { metadata: reader.metadata });
  try {
    for await (const samples of reader) await writer.write(mapChannels(samples, gains));
  } catch (error) {
    // On a full disk, closing fails too. The first error is the useful one.
    await writer.close().catch(() => undefined);
    throw error;
  }
  await writer.close();
}
