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
import { fillTemplate } from '../recorder/path-template.js';
import { recordingName } from '../recording-files.js';
import { beside, type RecordingOutput } from '../sidecar.js';
import { claimName, linkOnce } from './claim-name.js';

/** Files that can be made of a recording besides its stereo WAV: compressed ones, or a WAV for each leg. */
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
  /** Bounds the encoders of several publications. */
  readonly encoders?: EncoderSlots;
}

/** News of a publication whose files are in their place; may come again after a kill, with the same id. */
export interface PublicationNews {
  readonly id: string;
  readonly type: string;
}

/** Catalogues what was published, and tells of it. Does the same when it is called again. */
export type TellPublication = (published: SegmentResult, news: PublicationNews) => Promise<void>;

/**
 * Moves a finished recording to where its template says, with its other formats. Each file appears there whole or
 * not at all, and replaces none of another recording; the manifest comes last: where it is, everything is. A name that
 * is taken gets a number.
 *
 * Wherever it is killed, {@link resumePublication} goes on from there: what is intended is kept beside the recording
 * until all is done. In turn: the outputs are made; the plan is kept; files are linked, details written; the plan says
 * where they are; `tell`; what was linked is removed, the plan last.
 *
 * @param type Of the news that `tell` is given.
 * @throws ERR_FILE, ERR_ENCODER. Nothing that was recorded is lost: what was not published stays where it was.
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

/** Goes on with a publication that was killed, or failed. @throws as {@link publishSegment}. */
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

/** Endings of what may lie beside a recording that was here before. */
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
  const outputError = new JackfieldError('ERR_ENCODER', `There is no ${unmade.format}: ${unmade.reason}`);
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

/** Makes what is not there yet. What cannot be made costs the recording nothing else. */
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
  // What was written while the call went on is there already.
  const isMade = sidecar.outputs?.some(({ file: name }) => name === basename(path)) && existsSync(path);
  const facts = { id: sidecar.id, startedAt: sidecar.audio.startedAt, call: sidecar.call };
  if (!isMade) await compress(file, path, format, facts);
  return `.${format}`;
}

/** Gains of the two channels in the file of each leg, by its ending. */
const LEGS = new Map([
  ['.local.wav', [[1, 0]]],
  ['.remote.wav', [[0, 1]]],
]);

/** Writes each leg to a file of its own beside the recording. Returns their endings. @throws ERR_FILE */
export async function splitLegs(file: string): Promise<string[]> {
  const suffixes = [...LEGS.keys()];
  try {
    for (const [suffix, gains] of LEGS) await splitLeg(file, beside(file, suffix), gains);
  } catch (error) {
    // Either file without the other is not an output.
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
    // On a full disk the file cannot be ended either: the first error says why.
    await writer.close().catch(() => undefined);
    throw error;
  }
  await writer.close();
}
