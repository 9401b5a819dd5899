import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { JackfieldError } from '../../errors.js';
import { readManifest, readSidecar } from '../recording/read-details.js';
import {
  discardUnfinished,
  findUnfinished,
  isWorthRecovering,
  type RecoverOptions,
  recoverRecording,
} from '../recording/recover.js';
import type { SegmentResult } from '../recording/segment.js';
import { beside } from '../recording/sidecar.js';

/** What a recorder that was killed, or could not publish, left in its folder of recordings under way. */
export interface LeftBehind {
  /** Audio files of recordings that were under way. */
  readonly unfinished: readonly string[];
  /** Manifests of recordings that are complete, and were not published. */
  readonly unpublished: readonly string[];
}

/** Where recordings under way are. */
export function recordingFolder(folder: string): string {
  return join(folder, '.recording');
}

/** @throws ERR_FILE. */
export async function leftBehind(folder: string): Promise<LeftBehind> {
  const underWay = recordingFolder(folder);
  const unfinished = await findUnfinished(underWay);
  const manifests = (await readdir(underWay)).filter((name) => name.endsWith('.manifest.json'));
  return { unfinished, unpublished: manifests.map((name) => join(underWay, name)) };
}

/** Takes what is ready to be published, one after the other. */
export interface Finishing {
  recovered(segment: SegmentResult): Promise<void>;
  finished(segment: SegmentResult): Promise<void>;
  failed(error: Error): void;
}

/** Finishes what was left behind. One file that cannot be taken up does not keep the others. */
export async function takeUp(left: LeftBehind, options: RecoverOptions, to: Finishing): Promise<void> {
  for (const file of left.unfinished) {
    await each(file, to, async () => {
      if (!(await isWorthRecovering(file))) return await discardUnfinished(file);
      await to.recovered(await recoverRecording(file, options));
    });
  }
  for (const manifestFile of left.unpublished) {
    await each(manifestFile, to, async () => to.finished(await readSegment(manifestFile)));
  }
}

async function each(file: string, to: Finishing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const text = `${file} could not be finished; it stays where it is: ${cause instanceof Error ? cause.message : cause}`;
    to.failed(new JackfieldError('ERR_FILE', text, { cause }));
  }
}

async function readSegment(manifestFile: string): Promise<SegmentResult> {
  const manifest = await readManifest(manifestFile);
  const sidecarFile = manifestFile.replace(/\.manifest\.json$/, '.json');
  const sidecar = await readSidecar(sidecarFile);
  const ending = sidecar.audio.file.endsWith('.age') ? '.wav.age' : '.wav';
  const file = beside(sidecarFile.replace(/\.json$/, '.wav'), ending);
  return { file, sidecarFile, manifestFile, sidecar, manifest };
}
