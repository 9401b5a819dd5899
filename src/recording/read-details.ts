import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError } from '../files/file-error.js';
import type { RecordingManifest } from './evidence/manifest.js';
import type { RecordingSidecar } from './sidecar.js';

/** Largest number of faults in the message about an invalid file. */
const TOLD = 5;

/** @throws ERR_FILE; ERR_SYNTAX, with each field that is wrong, for a value that is not a manifest. */
export async function readManifest(path: string): Promise<RecordingManifest> {
  const { MANIFEST_SCHEMA } = await schemas();
  return parsed((await readBytes(path)).toString(), MANIFEST_SCHEMA, 'manifest', path) as RecordingManifest;
}

/** @throws ERR_FILE; ERR_SYNTAX, with each field that is wrong, for a value that is not a sidecar. */
export async function readSidecar(path: string): Promise<RecordingSidecar> {
  return (await readSidecarBytes(path)).sidecar;
}

/**
 * Reads a sidecar with its bytes. The manifest has the hash of the bytes, and different bytes may decode to the same
 * text.
 */
export async function readSidecarBytes(path: string): Promise<{ sidecar: RecordingSidecar; bytes: Buffer }> {
  const { SIDECAR_SCHEMA } = await schemas();
  const bytes = await readBytes(path);
  const sidecar = parsed(bytes.toString(), SIDECAR_SCHEMA, 'sidecar', path) as RecordingSidecar;
  return { sidecar, bytes };
}

/** System error codes for a path without a file. */
const NO_FILE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);

/** True for a read error that means that the file does not exist or is invalid. */
export function isNoDetails(error: unknown): boolean {
  if (!(error instanceof JackfieldError)) return false;
  const { code, cause } = error;
  return code === 'ERR_SYNTAX' || (cause instanceof Error && 'code' in cause && NO_FILE.has(cause.code));
}

/** Loaded on first use: a program that only records does not load the schema library. */
function schemas() {
  return import('./details-schema.js');
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

function parsed(text: string, schema: z.ZodType, what: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      printable(`${path} is not JSON: it is damaged, or another kind of file.`),
      {
        cause,
      },
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues
    .slice(0, TOLD)
    .map(({ path: at, message }) => `  ${at.join('.') || '(file)'}: ${message}`);
  if (issues.length > TOLD) problems.push(`  and ${issues.length - TOLD} more`);
  const told = `${printable(path)} is damaged or is not a ${what} of a recording:\n${problems.join('\n')}`;
  throw new JackfieldError('ERR_SYNTAX', told);
}
