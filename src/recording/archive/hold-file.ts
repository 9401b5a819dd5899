import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { removeWhole, syncFile, writeJson } from '../../files/whole-file.js';
import { beside } from '../sidecar.js';

// Legal holds are stored beside their recordings and do not depend on the catalogue. The manifest does not cover them:
// setting or removing a hold does not change the evidence.

/** Reason of a hold whose file cannot be read. The hold stays in force. */
const UNREADABLE = 'a hold file that cannot be read';

/** Path of the legal hold file of a recording. */
export function holdFile(audioFile: string): string {
  return beside(audioFile, '.hold.json');
}

/** True for a partial hold file left by a killed process. */
export function isHoldRest(path: string): boolean {
  return path.endsWith('.hold.json.part');
}

/** True when a recording is under legal hold, or when the file system reports an error. */
export function isHeld(audioFile: string): boolean {
  try {
    return statSync(holdFile(audioFile), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Reason of the legal hold on a recording; undefined when there is none. */
export async function readHold(audioFile: string): Promise<string | undefined> {
  if (!isHeld(audioFile)) return undefined;
  try {
    const { HOLD_SCHEMA } = await import('./archive-schemas.js');
    return HOLD_SCHEMA.parse(JSON.parse(await readFile(holdFile(audioFile), 'utf8'))).reason;
  } catch {
    return UNREADABLE;
  }
}

/** Sets a legal hold on a recording and flushes it to the medium, or removes it. @throws ERR_FILE */
export async function writeHold(audioFile: string, reason: string | undefined): Promise<void> {
  const path = holdFile(audioFile);
  if (reason === undefined) return await removeWhole(path);
  await writeJson(path, { schema: 'jackfield.hold/1', reason });
  await syncFile(path);
}
