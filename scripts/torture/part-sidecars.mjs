// Spoils sidecars, manifests and audio, or exchanges two recordings: verify finds it, and no command is led outside.
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeArchive, useAll, used } from './archive.mjs';
import { seeded } from './random.mjs';

const VALUES = [
  '../../canary.wav',
  '/etc/passwd',
  '',
  null,
  -1,
  1e300,
  [],
  {},
  '\u001b[2J',
  'x'.repeat(100_000),
];

const SPOILS = {
  'a bit flipped': async (file, random) => {
    const bytes = await readFile(file);
    bytes[random.between(0, bytes.length - 1)] ^= 1 << random.between(0, 7);
    await writeFile(file, bytes);
  },
  'cut off': async (file, random) => {
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, random.between(0, bytes.length - 1)));
  },
  'noise behind': async (file, random) =>
    writeFile(file, random.bytes(random.between(1, 1000)), { flag: 'a' }),
  'a value replaced': async (file, random) => {
    if (!file.endsWith('.json')) return await SPOILS['a bit flipped'](file, random);
    const details = JSON.parse(await readFile(file, 'utf8'));
    let place = details;
    for (;;) {
      const name = random.pick(Object.keys(place));
      const inner = place[name];
      if (inner && typeof inner === 'object' && Object.keys(inner).length > 0 && random.chance(0.7))
        place = inner;
      else {
        place[name] = random.pick(VALUES);
        break;
      }
    }
    await writeFile(file, JSON.stringify(details));
  },
};

export const part = {
  name: 'sidecars',
  async open({ count }) {
    const archive = await makeArchive(seeded('archive'));
    return {
      close: archive.close,
      async step(random) {
        const { yard, folder } = await archive.copy();
        const names = (await readdir(folder, { recursive: true }))
          .filter((path) => /\.(json|wav)$/.test(path))
          .sort();
        const name = random.pick(names);
        const kinds = [...Object.keys(SPOILS), 'recordings exchanged'];
        const how = random.pick(kinds);
        if (how === 'recordings exchanged') await exchange(folder, names);
        else await SPOILS[how](join(folder, name), random);
        count('files spoilt');
        const report = await used(folder, ['verify', '--json', '--key', archive.publicKeyFile]);
        const faults = [...report.faults];
        if (report.code === 0) faults.push('verify finds nothing');
        faults.push(...(await useAll(yard, folder)));
        await yard.remove();
        return faults.map((fault) => `${how}, ${name.replace(/^.*\./, '*.')}: ${fault}`);
      },
    };
  },
};

/** Exchanges all files of two recordings. */
async function exchange(folder, names) {
  const stems = names.filter((path) => path.endsWith('.wav')).map((path) => path.slice(0, -'.wav'.length));
  for (const ending of ['.wav', '.json', '.manifest.json']) {
    const [one, other] = [stems[0], stems[1]].map((stem) => join(folder, stem + ending));
    await rename(one, `${one}.aside`);
    await rename(other, one);
    await rename(`${one}.aside`, other);
  }
}
