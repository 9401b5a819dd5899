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

/** Audio files that a recorder which was killed, or could not publish, left in its folder of recordings under way. */
export interface LeftBehind {
  /** Of recordings that were under way. */
  readonly unfinished: readonly string[];
  /** Of recordings that are complete, and were not published. */
  readonly unpublished: readonly string[];
  /** Of recordings whose publication was begun. */
  readonly halfPublished: readonly string[];
  /** Files that belong to no recording any more. */
  readonly strays: readonly string[];
}

/** Folder of recordings under way. */
export function recordingFolder(folder: string): string {
  return join(folder, '.recording');
}

/** Endings that may follow a recording's name in those of its files. */
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
    // Without its journal and its manifest, audio is not of a recorder's making.
    else if (endings.has('.manifest.json') || !endings.has(audio)) {
      found.strays.push(...[...endings].map((ending) => join(underWay, `${name}${ending}`)));
    }
  }
  return found;
}

/** The endings that there are of each recording, by its name. */
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

/** Takes what is ready to be published, one after the other. */
export interface Finishing {
  recovered(segment: SegmentResult): Promise<void>;
  finished(segment: SegmentResult): Promise<void>;
  /** Goes on with a publication. */
  resume(file: string): Promise<void>;
  failed(error: Error): void;
}

/** Finishes what was left behind. One file that cannot be taken up does not keep the others. */
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
      // The recording was complete: only the files that mark it as under way have not been removed.
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
    const text = `${printable(file)} could not be finished; it stays where it is: ${printable(messageOf(cause))}`;
    to.failed(new JackfieldError('ERR_FILE', text, { cause }));
  }
}
