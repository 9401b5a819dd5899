import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { chainOf } from './block-chain.js';
import type { FileFrame } from './file-frame.js';

/** The replacement of an earlier manifest. */
export interface ManifestRenewal {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly reason: 'masked';
  /** SHA-256 of the replaced manifest file. */
  readonly before: string;
}

/** The tamper evidence of a recording: the JSON of a manifest file. */
export interface RecordingManifest {
  /** Version 1 covers the samples and the sidecar. Version 2 also covers the rest of the file. */
  readonly schema: 'jackfield.manifest/1' | 'jackfield.manifest/2';
  readonly id: string;
  readonly segment: number;
  readonly samples: number;
  /** Stereo samples per block; the last block may be shorter. */
  readonly blockSamples: number;
  /** SHA-256 of each block, hexadecimal. */
  readonly blocks: readonly string[];
  /** The last link of the chain over all blocks. */
  readonly chain: string;
  /** SHA-256 of the sidecar file, byte by byte: ledger and metadata. */
  readonly sidecar: string;
  /** The parts of the file that the blocks do not cover. Since version 2. */
  readonly frame?: FileFrame;
  /** Set when the recording was changed on purpose: parts of it were masked. */
  readonly renewed?: ManifestRenewal;
  readonly signature?: {
    readonly algorithm: 'Ed25519';
    /** Subject public key info, DER, base64. */
    readonly publicKey: string;
    /** Signature of `manifestStatement()`, base64. */
    readonly value: string;
  };
}

/** The facts for {@link manifestOf}. */
export interface ManifestFacts {
  readonly id: string;
  readonly segment: number;
  readonly samples: number;
  readonly blockSamples: number;
  readonly blocks: readonly string[];
  readonly frame: FileFrame;
  /** The sidecar file's text. */
  readonly sidecarText: string;
  readonly renewed?: ManifestRenewal;
}

/** @param signingKey An Ed25519 private key. An unsigned manifest shows damage, but does not prove its origin. */
export function manifestOf(facts: ManifestFacts, signingKey?: KeyObject): RecordingManifest {
  const { sidecarText, ...rest } = facts;
  const unsigned: RecordingManifest = {
    schema: 'jackfield.manifest/2',
    ...rest,
    chain: chainOf(facts.id, facts.blocks),
    sidecar: sha256(sidecarText),
  };
  if (!signingKey) return unsigned;
  const publicKey = createPublicKey(signingKey).export({ type: 'spki', format: 'der' });
  return {
    ...unsigned,
    signature: {
      algorithm: 'Ed25519',
      publicKey: publicKey.toString('base64'),
      value: sign(null, Buffer.from(manifestStatement(unsigned)), signingKey).toString('base64'),
    },
  };
}

/** The text that is signed: one line per statement of the manifest. */
export function manifestStatement(manifest: RecordingManifest): string {
  const { schema, id, segment, samples, blockSamples, chain, sidecar, frame, renewed } = manifest;
  const ofFile = frame ? [frame.offset, frame.bytes, frame.sha256] : [];
  const ofRenewal = renewed ? [renewed.at, renewed.reason, renewed.before] : [];
  return `${[schema, id, segment, samples, blockSamples, chain, sidecar, ...ofFile, ...ofRenewal].join('\n')}\n`;
}

/** True when the signature matches the manifest. It does not check who owns the key. */
export function signatureFits(manifest: RecordingManifest): boolean {
  if (!manifest.signature) return false;
  const { publicKey, value } = manifest.signature;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, Buffer.from(manifestStatement(manifest)), key, Buffer.from(value, 'base64'));
  } catch {
    // An unreadable key matches no signature.
    return false;
  }
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
