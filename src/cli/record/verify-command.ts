import { createPublicKey } from 'node:crypto';
import { Command } from 'commander';
import { printable } from '../../base/printable.js';
import { readIdentity, readPem } from '../../files/key-files.js';
import {
  Catalogue,
  type CatalogueEntry,
  isSealed,
  JackfieldError,
  openSealed,
  readTails,
  type VerifyOptions,
  type VerifyReport,
  verifyRecording,
} from '../../recording.js';
import { faultFields, faultText } from '../failure.js';
import { printLine, warnNothing } from '../terminal-text.js';
import { isFolder, openFolder, recordingsBelow } from './recordings-folder.js';

interface Options {
  readonly key?: string;
  readonly identity?: string;
  readonly json: boolean;
}

/** `jackfield verify`: verifies recordings against their manifest and sidecar. */
export function verifyCommand(): Command {
  return new Command('verify')
    .argument('<file...>', 'recordings (.wav or .wav.age), or folders of them')
    .option('-k, --key <file>', 'public key (PEM) that must match the signatures')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option('--json', 'print one JSON object per recording', false)
    .action(async (paths: string[], options: Options) => {
      for (const path of paths) {
        if (await isFolder(path)) await verifyFolder(path, options);
        else await verifyFile(path, options);
      }
    });
}

/** Checks all recordings of a folder: those in its catalogue, or without a catalogue those found in the folder. */
async function verifyFolder(folder: string, options: Options): Promise<void> {
  if (Catalogue.isIn(folder)) {
    using catalogue = await openFolder(folder);
    return await verifyEntries(catalogue, options);
  }
  const files = await recordingsBelow(folder);
  if (files.length === 0) warnNothing(`No recordings in ${folder}: nothing was checked.`);
  for (const file of files) await verifyFile(file, options);
}

/** Checks recordings of a catalogue, and that each file belongs to its entry. Default: all. */
export async function verifyEntries(
  catalogue: Catalogue,
  options: Options,
  entries: readonly CatalogueEntry[] = catalogue.search({ limit: -1 }),
): Promise<void> {
  if (entries.length === 0) warnNothing(`No recordings in ${catalogue.folder}: nothing was checked.`);
  for (const entry of entries) await verifyFile(catalogue.fileOf(entry), options, entry);
}

/**
 * Prints the report on one recording, or the error. After a finding or error the exit code is 1. Other recordings are
 * still checked.
 */
async function verifyFile(
  file: string | Promise<string>,
  options: Options,
  expected?: VerifyOptions['expected'],
): Promise<void> {
  try {
    await check(await file, options, expected);
  } catch (error) {
    const fields = faultFields(error);
    if (fields.code === undefined) throw error;
    process.exitCode = 1;
    const name = await nameOf(file);
    if (options.json) printLine(JSON.stringify({ file: name, ok: false, ...fields }));
    else printLine(`FAILED    ${name}  ${faultText(error)}`);
  }
}

/** The name of a refused path is only in its error. */
function nameOf(file: string | Promise<string>): Promise<string> {
  return Promise.resolve(file).catch(() => '');
}

async function check(file: string, options: Options, expected?: VerifyOptions['expected']): Promise<void> {
  const report = await verifyRecording(file, {
    ...(expected && { expected: { id: expected.id, segment: expected.segment } }),
    ...(options.key && { publicKey: await readPem(options.key, createPublicKey, 'a public key') }),
    ...(isSealed(file) && { samples: await sealed(file, options.identity) }),
  });
  if (!report.ok) process.exitCode = 1;
  for (const line of options.json ? [JSON.stringify(report)] : linesOf(report)) printLine(line);
}

/** Opens the samples of an encrypted recording. @throws ERR_INVALID_ARG without an identity. */
export async function sealed(
  file: string,
  identityFile: string | undefined,
): Promise<AsyncIterable<Int16Array>> {
  if (identityFile === undefined) {
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `${printable(file)} is encrypted: give its age secret key with --identity.`,
    );
  }
  const identity = await readIdentity(identityFile);
  return openSealed(file, identity, await readTails(file, identity));
}

const SIGNED = {
  none: 'not signed',
  invalid: 'the signature is not valid',
  untrusted: 'signed with an unchecked key: give --key',
  trusted: 'signed with the given key',
} as const;

/** The verdict in one or two words. */
function verdictOf({ ok, unchanged, signed }: VerifyReport): string {
  if (ok) return 'ok';
  if (!unchanged) return 'CHANGED';
  return signed === 'none' ? 'UNSIGNED' : 'OTHER KEY';
}

function linesOf(report: VerifyReport): string[] {
  const { file, findings, misses, signed, covers, samples, blocks, sidecar } = report;
  const seconds = (samples / sidecar.audio.sampleRate).toFixed(1);
  const legs = (['local', 'remote'] as const).map((leg) => {
    const { ledger, unheard = 0 } = sidecar.legs[leg];
    const { received, idle, masked, missing } = ledger;
    const beyond = unheard > 0 ? `; ${unheard} sent but not yet played when the call ended` : '';
    return `  ${leg.padEnd(6)}  ${received} received, ${idle} idle, ${masked} masked, ${missing} missing${beyond}`;
  });
  const verdict = verdictOf(report);
  const signer = verdict === 'OTHER KEY' ? 'signed with a key other than the given one' : SIGNED[signed];
  const head = `${verdict.padEnd(9)} ${file}  ${seconds} s, ${blocks} blocks, ${signer}`;
  const found = findings.map(({ what, text, atMs }) => {
    const at = atMs === undefined ? '' : ` (at ${(atMs / 1000).toFixed(1)} s)`;
    return `  ${what}: ${text}${at}`;
  });
  const noted = { none: [], intact: [], changed: ['  annotations: changed since they were written'] };
  const missing = misses.map((text) => `  not complete: ${text}`);
  const uncovered =
    covers === 'file' ? [] : ['  samples only: the manifest does not cover the rest of this file'];
  return [head, ...found, ...missing, ...noted[report.annotations], ...uncovered, ...legs];
}
