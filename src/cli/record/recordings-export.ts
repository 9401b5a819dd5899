import { basename, join } from 'node:path';
import { STEREO } from '../../base/pcm.js';
import { copyPrivate } from '../../files/private-file.js';
import { nameKey } from '../../files/safe-name.js';
import { makeFolder } from '../../files/whole-file.js';
import { type Catalogue, type CatalogueEntry, isSealed } from '../../recording.js';
import { WavWriter } from '../../voice.js';
import { checkOutput, intoFile, type OutputOptions } from '../outputs.js';
import { sealed } from './verify-command.js';

/** Options of an export of recordings. */
export interface ExportOptions extends OutputOptions {
  readonly to: string;
  /** File with the age secret key. With it, encrypted recordings are exported decrypted. */
  readonly identity?: string;
}

/** One file of a recording with its target. */
export interface ExportedFile {
  readonly id: string;
  readonly source: string;
  readonly file: string;
}

/**
 * Plans an export. Each recording is exported once, and all names are unique. If another recording has one of its
 * names, all files of a recording get its id as a prefix.
 *
 * @throws ERR_FILE when a target exists and `force` is not set, before any file is written.
 */
export async function plannedExport(
  catalogue: Catalogue,
  entries: readonly CatalogueEntry[],
  options: ExportOptions,
): Promise<readonly ExportedFile[]> {
  const planned: ExportedFile[] = [];
  const taken = new Set<string>();
  for (const [id, entry] of new Map(entries.map((each) => [each.id, each]))) {
    const sources = await catalogue.filesOf(entry);
    const plain = sources.map((source) => exportedName(source, options));
    const isTaken = plain.some((name) => taken.has(nameKey(name)));
    for (const [index, source] of sources.entries()) {
      const name = `${isTaken ? `${id}-` : ''}${plain[index]}`;
      taken.add(nameKey(name));
      planned.push({ id, source, file: join(options.to, name) });
    }
  }
  await makeFolder(options.to);
  for (const { file } of planned) await checkOutput(file, options);
  return planned;
}

/** Writes one file of an export. @throws ERR_FILE; ERR_INVALID_ARG, ERR_ENCODER for a wrong identity. */
export async function exportFile({ source, file }: ExportedFile, options: ExportOptions): Promise<void> {
  await intoFile(file, options, async (part) => {
    if (!isOpened(source, options)) return await copyPrivate(source, part);
    await using wav = await WavWriter.create(part, { format: STEREO });
    for await (const samples of await sealed(source, options.identity)) await wav.write(samples);
  });
}

function isOpened(source: string, { identity }: ExportOptions): boolean {
  return identity !== undefined && isSealed(source);
}

function exportedName(source: string, options: ExportOptions): string {
  return isOpened(source, options) ? basename(source, '.age') : basename(source);
}
