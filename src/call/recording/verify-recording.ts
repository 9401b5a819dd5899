import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { JackfieldError } from '../../errors.js';
import { fileError } from '../../voice/file-error.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { BlockHasher, chainOf } from './block-chain.js';
import { ledgerOf } from './ledger.js';
import { manifestStatement, type RecordingManifest, sha256, signatureFits } from './manifest.js';
import { beside, type RecordingSidecar } from './sidecar.js';

/** Something that does not hold of a recording. */
export interface VerifyFinding {
  readonly what: 'audio' | 'length' | 'ledger' | 'sidecar' | 'chain' | 'signature';
  readonly text: string;
  /** The first block that it concerns, from 0, and where that begins in the file. */
  readonly block?: number;
  readonly atMs?: number;
}

export interface VerifyReport {
  readonly file: string;
  readonly ok: boolean;
  readonly findings: readonly VerifyFinding[];
  /** Who signed: `none`, `untrusted` when no key was given to compare with, `trusted` when it is that key. */
  readonly signed: 'none' | 'untrusted' | 'trusted';
  readonly samples: number;
  readonly blocks: number;
  readonly sidecar: RecordingSidecar;
}

export interface VerifyOptions {
  /** The Ed25519 public key that the manifest must be signed with. Default: any, or none. */
  readonly publicKey?: KeyObject;
  /** Where the samples come from. Default: the WAV file itself. */
  readonly samples?: AsyncIterable<Int16Array>;
}

/**
 * Recomputes what the manifest and the sidecar of a recording say: the hash of each block, the chain over them,
 * the sums of the ledger, the signature. Damage is reported, not thrown.
 *
 * @throws ERR_FILE and ERR_WAV when a file cannot be read; ERR_SYNTAX when sidecar or manifest is no such thing.
 */
export async function verifyRecording(file: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const manifest = await readManifest(beside(file, '.manifest.json'));
  const sidecarText = await readText(beside(file, '.json'));
  const sidecar = parseJson<RecordingSidecar>(sidecarText, 'jackfield.recording/1', beside(file, '.json'));
  const hashed = await hashSamples(options.samples ?? wavSamples(file));
  const findings = [
    ...compareBlocks(manifest, hashed.blocks),
    ...compareDetails(manifest, sidecar, sidecarText, hashed.samples),
    ...checkLedgers(sidecar, hashed.samples),
    ...checkSignature(manifest, options.publicKey),
  ];
  const trusted = options.publicKey && manifest.signature ? 'trusted' : 'untrusted';
  return {
    file,
    ok: findings.length === 0,
    findings,
    signed: manifest.signature ? trusted : 'none',
    samples: hashed.samples,
    blocks: hashed.blocks.length,
    sidecar,
  };
}

/** @throws ERR_FILE, ERR_SYNTAX. */
export async function readManifest(path: string): Promise<RecordingManifest> {
  return parseJson<RecordingManifest>(await readText(path), 'jackfield.manifest/1', path);
}

/** @throws ERR_FILE, ERR_SYNTAX. */
export async function readSidecar(path: string): Promise<RecordingSidecar> {
  return parseJson<RecordingSidecar>(await readText(path), 'jackfield.recording/1', path);
}

async function* wavSamples(file: string): AsyncGenerator<Int16Array> {
  await using reader = await WavReader.open(file);
  yield* reader;
}

async function hashSamples(
  source: AsyncIterable<Int16Array>,
): Promise<{ blocks: readonly string[]; samples: number }> {
  const hasher = new BlockHasher();
  for await (const samples of source) hasher.push(samples);
  const samples = hasher.sampleCount;
  return { samples, blocks: hasher.end() };
}

/** Names the first block that differs, and says how: changed, put elsewhere, or cut off. */
function compareBlocks(manifest: RecordingManifest, blocks: readonly string[]): VerifyFinding[] {
  const first = manifest.blocks.findIndex((hash, index) => blocks[index] !== hash);
  const findings: VerifyFinding[] = [];
  if (chainOf(manifest.id, manifest.blocks) !== manifest.chain) {
    findings.push({ what: 'chain', text: 'The chain does not follow from the hashes of the blocks.' });
  }
  const at = (block: number) => ({ block, atMs: (block * manifest.blockSamples) / 16 });
  if (first < 0) {
    if (blocks.length > manifest.blocks.length) {
      const block = manifest.blocks.length;
      findings.push({ what: 'audio', text: `Block ${block} was added at the end.`, ...at(block) });
    }
    return findings;
  }
  const hash = blocks[first];
  const elsewhere = hash === undefined ? -1 : manifest.blocks.indexOf(hash);
  const text =
    hash === undefined
      ? `Block ${first} is cut off: the file ends before it.`
      : elsewhere >= 0
        ? `Block ${first} holds what belongs in block ${elsewhere}: blocks were cut out or reordered.`
        : `Block ${first} was changed.`;
  return [...findings, { what: 'audio', text, ...at(first) }];
}

function compareDetails(
  manifest: RecordingManifest,
  sidecar: RecordingSidecar,
  sidecarText: string,
  samples: number,
): VerifyFinding[] {
  const findings: VerifyFinding[] = [];
  if (sha256(sidecarText) !== manifest.sidecar) {
    findings.push({ what: 'sidecar', text: 'The sidecar is not the one that the manifest speaks of.' });
  }
  for (const [name, told] of [
    ['manifest', manifest.samples],
    ['sidecar', sidecar.audio.samples],
  ] as const) {
    if (told === samples) continue;
    findings.push({ what: 'length', text: `The file has ${samples} samples; the ${name} says ${told}.` });
  }
  return findings;
}

function checkLedgers(sidecar: RecordingSidecar, samples: number): VerifyFinding[] {
  const findings: VerifyFinding[] = [];
  for (const leg of ['local', 'remote'] as const) {
    const { ledger } = sidecar.legs[leg];
    const summed = ledgerOf(ledger.spans);
    let end = 0;
    for (const { from, samples: count } of ledger.spans) {
      if (from !== end) {
        findings.push({
          what: 'ledger',
          text: `The ledger of the ${leg} leg has a hole or an overlap at ${end}.`,
        });
        break;
      }
      end = from + count;
    }
    const kinds = ['received', 'idle', 'masked', 'missing'] as const;
    const total = kinds.reduce((sum, kind) => sum + summed[kind], 0);
    if (total !== samples || kinds.some((kind) => summed[kind] !== ledger[kind])) {
      const text = `The ledger of the ${leg} leg accounts for ${total} samples; the file has ${samples}.`;
      findings.push({ what: 'ledger', text });
    }
  }
  return findings;
}

function checkSignature(manifest: RecordingManifest, publicKey: KeyObject | undefined): VerifyFinding[] {
  if (!manifest.signature) {
    return publicKey ? [{ what: 'signature', text: 'The manifest is not signed.' }] : [];
  }
  if (!signatureFits(manifest)) {
    const stated = manifestStatement(manifest).split('\n').length - 1;
    return [
      { what: 'signature', text: `The signature does not fit the ${stated} statements of the manifest.` },
    ];
  }
  const given = publicKey?.type === 'private' ? createPublicKey(publicKey) : publicKey;
  const der = given?.export({ type: 'spki', format: 'der' }).toString('base64');
  if (der === undefined || der === manifest.signature.publicKey) return [];
  return [{ what: 'signature', text: 'The manifest is signed with another key than the one given.' }];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
}

function parseJson<T extends { readonly schema: string }>(text: string, schema: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', `${path} is not JSON: it was damaged, or is something else.`, {
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && 'schema' in value && value.schema === schema)
    return value as T;
  throw new JackfieldError('ERR_SYNTAX', `${path} does not say that it is a ${schema}.`);
}
