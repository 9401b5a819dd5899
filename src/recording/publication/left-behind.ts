import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { removeFile } from '../../files/private-file.js';
import {
  discardUnfinished,
  isWorthRecovering,
  type RecoverOptions,
  recoverRecording,
  removeTraces,
} from '../file/recover.js';
import type { SegmentResult } from '../file/segment.js';
import { readSegment } from '../read-segment.js';

/** Audio files in the folder of recordings in progress, left by a recorder that was killed or could not publish. */
export interface LeftBehind {
  /** Recordings that were in progress. */
  readonly unfinished: readonly string[];
  /** Complete recordings that were not published. */
  readonly unpublished: readonly string[];
  /** Recordings with a started publication. */
  readonly halfPublished: readonly string[];
  /** Files without a recording. */
  readonly strays: readonly string[];
}

/** Folder of recordings in progress. */
export function recordingFolder(folder: string): string {
  return join(folder, '.recording');
}

/** Suffixes of a recording's files. */
const ENDING =
  /(\.publication\.json|\.manifest\.json|\.json|\.journal|\.reserve|\.tail|\.tail-old|\.local\.wav|\.remote\.wav|\.wav|\.wav\.age|\.flac|\.mp3|\.opus)(\.part)?$/;

/** @throws ERR_FILE. */
export async function leftBehind(folder: string): Promise<LeftBehind> {
  const underWay = recordingFolder(folder);
  const found = { unfinished: [], unpublished: [], halfPublished: [], strays: [] } as Record<
    keyof LeftBehind,
    string[]
  >;
  for (const [name, endings] of await filesByName(underWay)) {
    const audio = endings.has('.wav.age') ? '.wav.age' : '.wav';
    const file = join(underWay, `${name}${audio}`);
    if (endings.has('.publication.json')) found.halfPublished.push(file);
    else if (endings.has('.manifest.json') && endings.has(audio)) found.unpublished.push(file);
    else if (endings.has('.journal')) found.unfinished.push(file);
    // Audio without journal and manifest was not made by a recorder: it is left alone.
    else if (endings.has('.manifest.json') || !endings.has(audio)) {
      found.strays.push(...[...endings].map((ending) => join(underWay, `${name}${ending}`)));
    }
  }
  return found;
}

/** Suffixes of the existing files of each recording, by its name. */
async function filesByName(folder: string): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const file of (await readdir(folder)).sort()) {
    const ending = ENDING.exec(file)?.[0];
    if (ending === undefined) continue;
    const name = file.slice(0, -ending.length);
    const endings = found.get(name) ?? new Set();
    found.set(name, endings.add(ending));
  }
  return found;
}

/** Callbacks for the recovered files. */
export interface Finishing {
  recovered(segment: SegmentResult): Promise<void>;
  finished(segment: SegmentResult): Promise<void>;
  /** Continues a publication. */
  resume(file: string): Promise<void>;
  failed(error: Error): void;
}

/** Finishes the files that were left behind. A failure of one file does not stop the others. */
export async function takeUp(left: LeftBehind, options: RecoverOptions, to: Finishing): Promise<void> {
  for (const file of left.halfPublished) await each(file, to, () => to.resume(file));
  for (const file of left.unfinished) {
    await each(file, to, async () => {
      if (!(await isWorthRecovering(file))) return await discardUnfinished(file);
      await to.recovered(await recoverRecording(file, options));
    });
  }
  for (const file of left.unpublished) {
    await each(file, to, async () => {
      // The recording is complete. Only its temporary files were not removed.
      await removeTraces(file);
      await to.finished(await readSegment(file));
    });
  }
  for (const file of left.strays) await each(file, to, () => removeFile(file));
}

async function each(file: string, to: Finishing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const text = `${printable(file)} could not be finished and was left in its place: ${printable(messageOf(cause))}`;
    to.failed(new JackfieldError('ERR_FILE', text, { cause }));
  }
}
