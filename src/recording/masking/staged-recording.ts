import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { isInside } from '../../files/confined-path.js';
import { fileError } from '../../files/file-error.js';
import { checkReplaceable, makePrivateFolder, writePrivate } from '../../files/private-file.js';
import { syncFile, syncFolder, writeJson } from '../../files/whole-file.js';
import { analysisFile } from '../archive/analysis-file.js';
import { annotationFile } from '../archive/annotation-file.js';
import { isHeld } from '../archive/hold-file.js';
import { transcriptFile } from '../archive/transcript-file.js';
import { sha256 } from '../evidence/manifest.js';

// A masked recording is written to a separate folder that no list of recordings reads. When it is complete and checked,
// a plan is written, and its files replace the old ones. After a kill before the plan, the recording is unchanged.
// After a kill with a plan, the next call carries out the rest. A plan that was not started is dropped if the recording
// has changed meanwhile.

/** Folder of recordings in the process of masking. */
export function maskingFolder(folder: string): string {
  return join(folder, '.masking');
}

const PLAN = 'plan.json';

/** Updates a recording in the catalogue. `file` is its audio, relative to the folder. */
export type RenewEntry = (file: string) => Promise<void>;

interface Plan {
  readonly schema: 'jackfield.masking/1';
  /** The audio, relative to the folder of the archive. */
  readonly file: string;
  /** Names of the files to replace, in order. */
  readonly names: readonly string[];
  /** Result of {@link notesOf} for the recording when the plan was made. */
  readonly notes: string;
}

/** A masked recording that has not replaced the old one yet. */
export class StagedRecording {
  readonly #archive: string;
  readonly #folder: string;
  readonly #file: string;
  readonly #names: string[] = [];
  readonly #notes: string;

  private constructor(archive: string, file: string) {
    this.#archive = archive;
    this.#file = file;
    this.#folder = stagingOf(archive, file);
    this.#notes = notesOf(resolve(archive, file));
  }

  /** @param file The audio, relative to the folder of the archive. @throws ERR_FILE */
  static async begin(archive: string, file: string): Promise<StagedRecording> {
    const staged = new StagedRecording(archive, file);
    try {
      await rm(staged.#folder, { recursive: true, force: true });
      await makePrivateFolder(staged.#folder);
    } catch (error) {
      throw fileError('make the folder', staged.#folder, error);
    }
    return staged;
  }

  /** Path for the new version of a file with this name. Files are replaced in the order of these calls. */
  place(name: string): string {
    if (!this.#names.includes(name)) this.#names.push(name);
    return join(this.#folder, name);
  }

  /** Replaces the old files after the check, and then updates the catalogue. @throws ERR_FILE; ERR_INVALID_STATE */
  async commit(renew: RenewEntry): Promise<void> {
    const plan: Plan = {
      ...{ schema: 'jackfield.masking/1', file: this.#file },
      ...{ names: this.#names, notes: this.#notes },
    };
    try {
      for (const name of this.#names) await syncFile(join(this.#folder, name));
      await writeJson(join(this.#folder, PLAN), plan);
      await syncFile(join(this.#folder, PLAN));
      await syncFolder(this.#folder);
    } catch (error) {
      await this.discard();
      throw error;
    }
    const obstacle = obstacleTo(plan, this.#archive, this.#folder);
    if (obstacle !== undefined) {
      await this.discard();
      const text = `${printable(this.#file)} was not masked or changed: it ${obstacle}.`;
      throw new JackfieldError('ERR_INVALID_STATE', text);
    }
    await carryOut(this.#archive, this.#folder, plan, renew);
  }

  /** Removes the new files. The recording is unchanged. */
  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Carries out the plans of killed processes, and removes incomplete ones. @throws ERR_FILE */
export async function resumeStaged(archive: string, renew: RenewEntry): Promise<void> {
  const root = maskingFolder(archive);
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const folder = join(root, entry.name);
    const plan = await readPlan(folder, archive);
    if (plan && obstacleTo(plan, archive, folder) === undefined) await carryOut(archive, folder, plan, renew);
    else await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the plan of a folder; undefined when it is incomplete or leaves the folder. */
async function readPlan(folder: string, archive: string): Promise<Plan | undefined> {
  try {
    const plan = JSON.parse(await readFile(join(folder, PLAN), 'utf8')) as Plan;
    const { schema, file, names } = plan;
    const isSound =
      schema === 'jackfield.masking/1' &&
      stagingOf(archive, file) === folder &&
      isInside(archive, resolve(archive, file)) &&
      names.every((name) => name === basename(name) && name !== '');
    return isSound ? plan : undefined;
  } catch {
    return undefined;
  }
}

/** The reason not to carry out a plan. A started plan is dropped only when the recording was removed. */
function obstacleTo({ file, names, notes }: Plan, archive: string, folder: string): string | undefined {
  const audio = resolve(archive, file);
  if (!existsSync(audio)) return 'was removed in the meantime';
  if (names.some((name) => !existsSync(join(folder, name)))) return undefined;
  if (isHeld(audio)) return 'is under legal hold';
  return notesOf(audio) === notes
    ? undefined
    : 'was annotated, transcribed or analysed in the meantime: mask it again';
}

/** Hash over the files beside a recording that may change while it is masked. */
function notesOf(audio: string): string {
  const files = [annotationFile(audio), transcriptFile(audio), analysisFile(audio)];
  return sha256(JSON.stringify(files.map((path) => (existsSync(path) ? sha256(readFileSync(path)) : ''))));
}

async function carryOut(archive: string, folder: string, plan: Plan, renew: RenewEntry): Promise<void> {
  const target = dirname(resolve(archive, plan.file));
  try {
    for (const name of plan.names.filter((each) => existsSync(join(folder, each)))) {
      await checkReplaceable(join(target, name));
      await rename(join(folder, name), join(target, name));
    }
    await syncFolder(target);
  } catch (error) {
    throw fileError('replace', join(target, basename(plan.file)), error);
  }
  await renew(plan.file);
  // The plan is removed last.
  await rm(folder, { recursive: true, force: true });
}

function stagingOf(archive: string, file: string): string {
  return join(maskingFolder(archive), sha256(file).slice(0, 24));
}

/** Writes a text file of a staged recording. @throws ERR_FILE */
export async function stageText(path: string, text: string): Promise<void> {
  try {
    await writePrivate(path, text);
  } catch (error) {
    throw fileError('write', path, error);
  }
}
