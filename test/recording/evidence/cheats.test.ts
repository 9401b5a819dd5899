import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  appendFile,
  copyFile,
  cp,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyRecording } from '../../../src/index.js';
import { chainOf } from '../../../src/recording/evidence/block-chain.js';
import {
  manifestStatement,
  type RecordingManifest,
  sha256,
} from '../../../src/recording/evidence/manifest.js';
import { publishSegment } from '../../../src/recording/publication/publish.js';
import { RecordingMaker } from '../archive/made-recordings.js';

/* Somebody may write the folder, and has not the key that the recorder signs with. */
const [recorder, cheat] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];

let yard: string;
/** Folder in which the recordings `ann` and `bob` are cheated with. */
let folder: string;
let ids: Record<'ann' | 'bob', string>;
beforeAll(async () => {
  yard = await mkdtemp(join(tmpdir(), 'jackfield-cheats-'));
  const maker = new RecordingMaker(yard);
  const publish = async (template: string) => {
    const outputs = ['flac', 'legs'] as const;
    const options = { folder: join(yard, 'honest'), template, outputs, signingKey: recorder.privateKey };
    return (await publishSegment(await maker.recorded(`${template}\ufffd`), options)).sidecar.id;
  };
  ids = { ann: await publish('ann'), bob: await publish('bob') };
});
afterAll(() => rm(yard, { recursive: true }));

const ann = (ending: string) => join(folder, `ann${ending}`);
const bob = (ending: string) => join(folder, `bob${ending}`);

async function exchange(...endings: string[]): Promise<void> {
  for (const ending of endings) {
    await rename(ann(ending), join(folder, 'aside'));
    await rename(bob(ending), ann(ending));
    await rename(join(folder, 'aside'), bob(ending));
  }
}

async function flip(ending: string, at: number): Promise<void> {
  const bytes = await readFile(ann(ending));
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  await writeFile(ann(ending), bytes);
}

type Fields = Record<string, unknown>;
const read = async (ending: string): Promise<Fields> => JSON.parse(await readFile(ann(ending), 'utf8'));
const write = (ending: string, value: unknown) =>
  writeFile(ann(ending), `${JSON.stringify(value, undefined, 2)}\n`);

/** Changes the sidecar, and what the manifest says of it; the signature stays. */
async function retell(change: (sidecar: Fields) => Fields): Promise<void> {
  await write('.json', change(await read('.json')));
  await restate(async () => ({ sidecar: sha256(await readFile(ann('.json'))) }));
}

/** Changes the manifest; the signature stays, unless the change has another. */
async function restate(change: (manifest: RecordingManifest) => object | Promise<object>): Promise<void> {
  const manifest = (await read('.manifest.json')) as unknown as RecordingManifest;
  await write('.manifest.json', { ...manifest, ...(await change(manifest)) });
}

const signatureBy = (manifest: RecordingManifest, by: KeyObject, named: KeyObject) => ({
  algorithm: 'Ed25519',
  publicKey: named.export({ type: 'spki', format: 'der' }).toString('base64'),
  value: sign(null, Buffer.from(manifestStatement(manifest)), by).toString('base64'),
});

const partner = (sidecar: Fields) => ({
  ...sidecar,
  call: { ...(sidecar['call'] as object), partner: 'eve' },
});

const CHEATS: Record<string, [cheat: () => Promise<unknown>, found: string]> = {
  'two recordings exchanged, with all files': [
    () => exchange('.wav', '.json', '.manifest.json', '.flac', '.local.wav', '.remote.wav'),
    'identity',
  ],
  'their audio exchanged': [() => exchange('.wav'), 'audio'],
  'their sidecars exchanged': [() => exchange('.json'), 'sidecar'],
  'their manifests exchanged': [() => exchange('.manifest.json'), 'identity'],
  'their audio and manifests exchanged': [() => exchange('.wav', '.manifest.json'), 'sidecar'],
  'their audio and sidecars exchanged': [() => exchange('.wav', '.json'), 'audio'],
  'their sidecars and manifests exchanged': [() => exchange('.json', '.manifest.json'), 'audio'],
  'their compressed files exchanged': [() => exchange('.flac'), 'output'],
  'their legs exchanged': [() => exchange('.local.wav', '.remote.wav'), 'output'],
  'one leg in place of the other': [() => copyFile(ann('.local.wav'), ann('.remote.wav')), 'output'],
  'a compressed file removed': [() => rm(ann('.flac')), 'output'],
  'a link to another compressed file': [
    async () => {
      await rm(ann('.flac'));
      await symlink(bob('.flac'), ann('.flac'));
    },
    'output',
  ],
  'a bit of a leg': [() => flip('.local.wav', -1), 'output'],
  'a bit of the last sample': [() => flip('.wav', -1), 'audio'],
  'a bit of the header': [() => flip('.wav', 24), 'file'],
  'a bit of a tag in the header': [() => flip('.wav', 60), 'file'],
  'a byte behind the audio': [() => appendFile(ann('.wav'), 'x'), 'file'],
  'another partner': [async () => write('.json', partner(await read('.json'))), 'sidecar'],
  'other bytes of the same text': [
    async () => {
      const bytes = await readFile(ann('.json'));
      const at = bytes.indexOf('\ufffd');
      const spoilt = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
      await writeFile(ann('.json'), spoilt);
    },
    'sidecar',
  ],
  'another partner, told to the manifest': [() => retell(partner), 'signature'],
  'outputs left out, told to the manifest': [() => retell(({ outputs: _, ...rest }) => rest), 'signature'],
  'another id, told to both': [
    async () => {
      await retell((sidecar) => ({ ...sidecar, id: ids.bob }));
      await restate(({ blocks }) => ({ id: ids.bob, chain: chainOf(ids.bob, blocks) }));
    },
    'signature',
  ],
  'another segment, told to both': [
    async () => {
      await retell((sidecar) => ({ ...sidecar, segment: 2 }));
      await restate(() => ({ segment: 2 }));
    },
    'signature',
  ],
  'a manifest of version 1': [
    () => restate(() => ({ schema: 'jackfield.manifest/1', frame: undefined })),
    'signature',
  ],
  'a manifest that leaves the header out': [
    () => restate(({ frame }) => ({ frame: { ...frame, offset: 0 } })),
    'signature',
  ],
  'blocks of another length': [
    () => restate(({ blockSamples }) => ({ blockSamples: blockSamples * 2 })),
    'signature',
  ],
  'no signature': [() => restate(() => ({ signature: undefined })), 'unsigned'],
  'the signature of another recording': [
    async () => {
      const { signature } = JSON.parse(await readFile(bob('.manifest.json'), 'utf8'));
      await restate(() => ({ signature }));
    },
    'signature',
  ],
  'all made anew, without a signature': [
    async () => {
      await retell(partner);
      await restate(() => ({ signature: undefined }));
    },
    'unsigned',
  ],
  'all made anew, signed by the cheat': [
    async () => {
      await retell(partner);
      await restate((made) => ({ signature: signatureBy(made, cheat.privateKey, cheat.publicKey) }));
    },
    'signer',
  ],
  'all made anew, signed by the cheat in the name of the recorder': [
    async () => {
      await retell(partner);
      await restate((made) => ({ signature: signatureBy(made, cheat.privateKey, recorder.publicKey) }));
    },
    'signature',
  ],
};

describe('somebody who can write the folder but not sign cannot tamper unnoticed', () => {
  const verify = () =>
    verifyRecording(ann('.wav'), {
      publicKey: recorder.publicKey,
      expected: { id: ids.ann, segment: 1 },
    });

  it.each(['none', ...Object.keys(CHEATS)])('%s', async (name) => {
    folder = join(yard, name.replaceAll(/\W/g, '-'));
    await cp(join(yard, 'honest'), folder, { recursive: true });
    const [play, found] = CHEATS[name] ?? [async () => undefined, undefined];
    await play();
    const { ok, signed, findings } = await verify();
    expect(ok).toBe(found === undefined);
    if (found === undefined) expect(signed).toBe('trusted');
    else expect(findings.map(({ what }) => what)).toContain(found);
  });
});
