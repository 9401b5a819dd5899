import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { removeWhole, syncFile, writeJson } from '../../files/whole-file.js';
import { beside } from '../sidecar.js';

// Legal holds lie beside the recordings that they are on, and outlive the catalogue. No manifest covers them: a hold is
// put on and taken off without changing the evidence.

/** Reason of a hold whose file cannot be read: it holds all the same. */
const UNREADABLE = 'a hold file that cannot be read';

/** Path of the legal hold on a recording. */
export function holdFile(audioFile: string): string {
  return beside(audioFile, '.hold.json');
}

/** True for what a killed process left of the file of a hold. */
export function isHoldRest(path: string): boolean {
  return path.endsWith('.hold.json.part');
}

/** True when a recording is under legal hold; also where the system does not say. */
export function isHeld(audioFile: string): boolean {
  try {
    return statSync(holdFile(audioFile), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Reason of the legal hold on a recording; nothing where there is none. */
export async function readHold(audioFile: string): Promise<string | undefined> {
  if (!isHeld(audioFile)) return undefined;
  try {
    const { HOLD_SCHEMA } = await import('./archive-schemas.js');
    return HOLD_SCHEMA.parse(JSON.parse(await readFile(holdFile(audioFile), 'utf8'))).reason;
  } catch {
    return UNREADABLE;
  }
}

/** Puts a legal hold on a recording, on the medium when this resolves, or takes it off. @throws ERR_FILE */
export async function writeHold(audioFile: string, reason: string | undefined): Promise<void> {
  const path = holdFile(audioFile);
  if (reason === undefined) return await removeWhole(path);
  await writeJson(path, { schema: 'jackfield.hold/1', reason });
  await syncFile(path);
}
