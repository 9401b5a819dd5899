import { createPublicKey, KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  needed,
  nested,
  type Rules,
  rule,
  stream,
  whole,
  words,
} from '../../base/check.js';
import { STEREO } from '../../base/pcm.js';
import { hashFile } from '../../files/whole-file.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { STEREO_BYTES } from '../file/stereo-file.js';
import { readManifest, readSidecarBytes } from '../read-details.js';
import { possibleOutputs } from '../recording-files.js';
import { isSealed } from '../sealed/recorded-legs.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import { BlockHasher, chainOf } from './block-chain.js';
import { LedgerCheck } from './check-ledger.js';
import { frameFault } from './file-frame.js';
import { manifestStatement, type RecordingManifest, sha256, signatureFits } from './manifest.js';
import { missesOf } from './misses.js';

/** A fault of a recording. */
export interface VerifyFinding {
  readonly what:
    | 'audio'
    | 'format'
    | 'length'
    | 'ledger'
    /** Bytes of the file that are not samples: the header, or bytes after the audio. */
    | 'file'
    | 'sidecar'
    /** An output file that the sidecar lists. */
    | 'output'
    | 'chain'
    | 'identity'
    | 'signature'
    /** A key was given, but there is no signature. */
    | 'unsigned'
    /** The signature is valid, but of another key than the given one. */
    | 'signer';
  readonly text: string;
  /** The first affected block, from 0, and its position in the file. */
  readonly block?: number;
  readonly atMs?: number;
}

export interface VerifyReport {
  readonly file: string;
  /** True when nothing was found. */
  readonly ok: boolean;
  /**
   * True when the file was not changed since it was recorded, whoever signed it: there are no findings except
   * `unsigned` and `signer`.
   */
  readonly unchanged: boolean;
  readonly findings: readonly VerifyFinding[];
  /** Descriptions of the missing audio, from its ledger; empty when it is complete. Missing audio is not a finding. */
  readonly misses: readonly string[];
  readonly signed: SignatureState;
  /**
   * State of the annotations beside the recording, which the manifest does not cover. `intact`: none was changed.
   * `changed`: one was changed, or belongs to another recording.
   */
  readonly annotations: 'none' | 'intact' | 'changed';
  /**
   * Part of the file that the manifest covers: all bytes, or only the samples. It is `samples` for a manifest of
   * version 1, and for a decrypted copy of an encrypted recording.
   */
  readonly covers: 'file' | 'samples';
  readonly samples: number;
  readonly blocks: number;
  readonly sidecar: RecordingSidecar;
}

/**
 * State of the signature of a recording. `none`: there is none. `invalid`: it does not match the manifest. `untrusted`:
 * it matches, but is of another key, or no key was given. `trusted`: it is of the given key.
 */
export type SignatureState = 'none' | 'invalid' | 'untrusted' | 'trusted';

export interface VerifyOptions {
  /** Expected recording, from a catalogue. Default: any. */
  readonly expected?: { readonly id: string; readonly segment: number };
  /** The Ed25519 public key that must have signed the manifest. Default: any key, or no signature. */
  readonly publicKey?: KeyObject;
  /** Source of the samples. Default: the WAV file itself. */
  readonly samples?: AsyncIterable<Int16Array>;
}

const RULES: Rules<VerifyOptions> = {
  expected: nested({ id: needed(words), segment: needed(whole(0, Number.MAX_SAFE_INTEGER)) }),
  publicKey: rule(
    'an Ed25519 key',
    (value) => value instanceof KeyObject && value.asymmetricKeyType === 'ed25519',
  ),
  samples: stream,
};

/**
 * Verifies a recording against its manifest and sidecar: the hash of each block, the chain over them, the ledgers
 * (their sums, and silence where nothing was received), the SHA-256 of each output that the sidecar lists, the other
 * bytes of the file, and the signature. Damage is reported, not thrown.
 *
 * @throws ERR_FILE and ERR_WAV when a file cannot be read; ERR_SYNTAX when the sidecar or manifest is invalid.
 */
export async function verifyRecording(file: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  checkArgument('file', file, aPath);
  checkOptions(options, RULES);
  const manifest = await readManifest(beside(file, '.manifest.json'));
  const { sidecar, bytes } = await readSidecarBytes(beside(file, '.json'));
  const { blockSamples } = manifest;
  const signed = signatureState(manifest, options.publicKey);
  const heard = options.samples
    ? await listen(options.samples, blockSamples, sidecar)
    : await listenToWav(file, blockSamples, sidecar);
  const findings = [
    ...(heard.blocks ? compareBlocks(manifest, heard.blocks, heard.samples) : []),
    ...compareDetails(manifest, sidecar, bytes, heard.samples),
    ...heard.findings,
    ...(await compareFrame(file, manifest)),
    ...(await compareOutputs(file, sidecar)),
    ...compareIdentity(manifest, sidecar, options.expected),
    ...signatureFindings(manifest, signed, options.publicKey !== undefined),
  ];
  return {
    file,
    ok: findings.length === 0,
    unchanged: findings.every(({ what }) => what === 'unsigned' || what === 'signer'),
    findings,
    misses: missesOf(sidecar),
    signed,
    annotations: await annotationState(file, sidecar),
    covers: coversFile(file, manifest) ? 'file' : 'samples',
    samples: heard.samples,
    blocks: heard.blocks?.length ?? 0,
    sidecar,
  };
}

async function annotationState(
  file: string,
  sidecar: RecordingSidecar,
): Promise<VerifyReport['annotations']> {
  const { readAnnotations } = await import('../archive/annotation-file.js');
  const { count, fault } = readAnnotations(file, sidecar);
  if (fault !== undefined) return 'changed';
  return count === 0 ? 'none' : 'intact';
}

/** Results of reading the samples of a recording once. */
interface Heard {
  /** Undefined when the file does not have the layout of a recording. */
  readonly blocks: readonly string[] | undefined;
  readonly samples: number;
  readonly findings: readonly VerifyFinding[];
}

/** Reads the samples of a WAV file. Reports a finding when it does not have the layout of a recording. */
async function listenToWav(file: string, blockSamples: number, sidecar: RecordingSidecar): Promise<Heard> {
  await using reader = await WavReader.open(file);
  const { sampleRate, channels } = reader.format;
  if (sampleRate === STEREO.sampleRate && channels === STEREO.channels) {
    return await listen(reader, blockSamples, sidecar);
  }
  const text = `The file has ${sampleRate} Hz and ${channels} channels; a recording has ${STEREO.sampleRate} Hz, 2.`;
  return { blocks: undefined, samples: reader.sampleCount, findings: [{ what: 'format', text }] };
}

async function listen(
  source: AsyncIterable<Int16Array>,
  blockSamples: number,
  { legs }: RecordingSidecar,
): Promise<Heard> {
  const hasher = new BlockHasher({ blockSamples });
  const ledgers = { local: new LedgerCheck(legs.local.ledger), remote: new LedgerCheck(legs.remote.ledger) };
  for await (const samples of source) {
    hasher.push(samples);
    const [left, right] = splitChannels(samples, 2);
    if (left) ledgers.local.push(left);
    if (right) ledgers.remote.push(right);
  }
  const findings: VerifyFinding[] = [];
  for (const leg of ['local', 'remote'] as const) {
    const fault = ledgers[leg].fault();
    if (fault !== undefined) findings.push({ what: 'ledger', text: `The ${leg} leg: ${fault}` });
  }
  const samples = hasher.sampleCount;
  return { blocks: hasher.end(), samples, findings };
}

/** Reports the first block that differs: changed, moved, or cut off. */
function compareBlocks(
  manifest: RecordingManifest,
  blocks: readonly string[],
  samples: number,
): VerifyFinding[] {
  const first = manifest.blocks.findIndex((hash, index) => blocks[index] !== hash);
  const findings: VerifyFinding[] = [];
  if (chainOf(manifest.id, manifest.blocks) !== manifest.chain) {
    findings.push({ what: 'chain', text: 'The chain does not match the hashes of the blocks.' });
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
  const endsWithin =
    first === blocks.length - 1 && samples < manifest.samples && samples % manifest.blockSamples > 0;
  const text =
    hash === undefined || endsWithin
      ? `Block ${first} is cut off: the file ends ${endsWithin ? 'within' : 'before'} it.`
      : elsewhere >= 0
        ? `Block ${first} holds the content of block ${elsewhere}: blocks were cut out or reordered.`
        : `Block ${first} was changed.`;
  return [...findings, { what: 'audio', text, ...at(first) }];
}

function compareDetails(
  manifest: RecordingManifest,
  sidecar: RecordingSidecar,
  sidecarBytes: Uint8Array,
  samples: number,
): VerifyFinding[] {
  const findings: VerifyFinding[] = [];
  if (sha256(sidecarBytes) !== manifest.sidecar) {
    findings.push({ what: 'sidecar', text: 'The sidecar does not match its hash in the manifest.' });
  }
  for (const [name, told] of [
    ['manifest', manifest.samples],
    ['sidecar', sidecar.audio.samples],
  ] as const) {
    if (told === samples) continue;
    findings.push({ what: 'length', text: `The file has ${samples} samples; the ${name} gives ${told}.` });
  }
  return findings;
}

/**
 * True when the manifest covers all bytes of the file. The manifest of an encrypted recording does not cover a
 * decrypted copy.
 */
function coversFile(file: string, { frame }: RecordingManifest): boolean {
  return frame !== undefined && (frame.offset > 0 || isSealed(file));
}

async function compareFrame(file: string, manifest: RecordingManifest): Promise<VerifyFinding[]> {
  const { frame, samples } = manifest;
  if (!frame || !coversFile(file, manifest)) return [];
  const wanted = frame.offset === 0 ? 0 : samples * STEREO_BYTES;
  const text =
    frame.bytes === wanted
      ? await frameFault(file, frame)
      : `The manifest gives ${frame.bytes} bytes of audio, but its blocks cover ${wanted}.`;
  return text === undefined ? [] : [{ what: 'file', text }];
}

/** Checks that each output of the sidecar is beside the audio and unchanged. */
async function compareOutputs(file: string, { outputs = [] }: RecordingSidecar): Promise<VerifyFinding[]> {
  const findings: VerifyFinding[] = [];
  const possible = new Map(possibleOutputs(file).map((path) => [basename(path), path]));
  for (const { file: name, sha256: told } of outputs) {
    const path = possible.get(name);
    const found = path === undefined ? undefined : await hashFile(path).catch(() => undefined);
    if (found === told) continue;
    const text =
      path === undefined
        ? `${JSON.stringify(name)} is not the name of a file of this recording.`
        : found === undefined
          ? `${name} is missing or cannot be read.`
          : `${name} was changed or replaced.`;
    findings.push({ what: 'output', text });
  }
  return findings;
}

/** Checks that the manifest and the sidecar belong to the same recording, and to the expected one. */
function compareIdentity(
  manifest: RecordingManifest,
  sidecar: RecordingSidecar,
  expected: VerifyOptions['expected'],
): VerifyFinding[] {
  const nameOf = ({ id, segment }: { readonly id: string; readonly segment: number }) =>
    `${id}, segment ${segment}`;
  const [told, wanted] = [nameOf(sidecar), expected && nameOf(expected)];
  const texts = [
    ...(nameOf(manifest) === told
      ? []
      : [`The manifest belongs to ${nameOf(manifest)}; the sidecar belongs to ${told}.`]),
    ...(wanted === undefined || wanted === told ? [] : [`This is ${told}; expected ${wanted}.`]),
  ];
  return texts.map((text) => ({ what: 'identity', text }));
}

function signatureState(manifest: RecordingManifest, publicKey: KeyObject | undefined): SignatureState {
  if (!manifest.signature) return 'none';
  if (!signatureFits(manifest)) return 'invalid';
  const given = publicKey?.type === 'private' ? createPublicKey(publicKey) : publicKey;
  const der = given?.export({ type: 'spki', format: 'der' }).toString('base64');
  return der === manifest.signature.publicKey ? 'trusted' : 'untrusted';
}

function signatureFindings(
  manifest: RecordingManifest,
  signed: SignatureState,
  keyGiven: boolean,
): VerifyFinding[] {
  if (signed === 'invalid') {
    const stated = manifestStatement(manifest).split('\n').length - 1;
    return [
      { what: 'signature', text: `The signature is not valid for the ${stated} statements of the manifest.` },
    ];
  }
  if (!keyGiven || signed === 'trusted') return [];
  if (signed === 'none') return [{ what: 'unsigned', text: 'The manifest is not signed.' }];
  return [{ what: 'signer', text: 'The manifest is signed with a key other than the given one.' }];
}
