import type { SegmentResult } from './file/segment.js';
import { readManifest, readSidecar } from './read-details.js';
import { beside } from './sidecar.js';

/** Reads the sidecar and manifest beside a complete audio file. @throws ERR_FILE, ERR_SYNTAX. */
export async function readSegment(file: string): Promise<SegmentResult> {
  const sidecarFile = beside(file, '.json');
  const manifestFile = beside(file, '.manifest.json');
  const [sidecar, manifest] = [await readSidecar(sidecarFile), await readManifest(manifestFile)];
  return { file, sidecarFile, manifestFile, sidecar, manifest };
}
