// Spoils the catalogue of a folder: bits, pages, rows. Commands say so, touch nothing outside, and make it anew.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { makeArchive, useAll, used } from './archive.mjs';
import { folderFaults } from './invariants.mjs';
import { seeded } from './random.mjs';

const HOSTILE = {
  file: ['../../canary.wav', '/etc/passwd', '../canary.wav', '', '.', 'x\u001b[2J.wav', 'echo123'],
  tags: ['{bad', 'null', '5', '[]', '{"__proto__":{"x":"y"}}', '{"a":5}'],
  partner: ['\u001b[2J', '../..', ''],
  id: ['\u001b]0;x\u0007', '../../x', ''],
  started_at: ['never', '', '9999999-01-01'],
  bytes: [-1, 'many', 9e15],
  segment: [-5, 'one', 1.5],
  duration_ms: ['long', -1],
};

const SPOILS = {
  'bits flipped': (bytes, random) => {
    for (let i = random.between(1, 20); i > 0; i--)
      bytes[random.between(0, bytes.length - 1)] ^= 1 << random.between(0, 7);
    return bytes;
  },
  'a page of noise': (bytes, random) => {
    random.bytes(1024).copy(bytes, random.between(0, Math.max(0, bytes.length - 1024)));
    return bytes;
  },
  'cut off': (bytes, random) => bytes.subarray(0, random.between(0, bytes.length - 1)),
  'no database': (_, random) => random.bytes(random.between(0, 5000)),
};

export const part = {
  name: 'catalogue',
  async open({ count }) {
    const archive = await makeArchive(seeded('archive'));
    return {
      close: archive.close,
      async step(random) {
        const { yard, folder } = await archive.copy();
        const database = join(folder, 'catalogue.sqlite');
        const what = random.chance(0.5) ? spoilRow(database, random) : await spoilFile(database, random);
        count('catalogues spoilt');
        // It is believed, or made anew at once.
        const faults = random.chance(0.5) ? await useAll(yard, folder) : await madeAnew(folder);
        faults.push(...(await yard.faults()));
        await yard.remove();
        return faults.map((fault) => `${what}: ${fault}`);
      },
    };
  },
};

async function madeAnew(folder) {
  const list = await used(folder, ['list', '--json']);
  const index = await used(folder, ['index']);
  const faults = [...list.faults, ...index.faults];
  if (index.code !== 0) faults.push(`index: ${index.stderr.slice(-300)}`);
  // What was damaged is kept, where that was said.
  const aside = /catalogue\.damaged-[0-9a-f]{8}\.sqlite/.exec(index.stderr)?.[0];
  const kept = aside === undefined ? [] : ['', '-wal', '-shm'].map((ending) => `${aside}${ending}`);
  for (const name of kept) await rm(join(folder, name), { force: true });
  return [...faults, ...(await folderFaults(folder)).map((fault) => `after index: ${fault}`)];
}

async function spoilFile(database, random) {
  const how = random.pick(Object.keys(SPOILS));
  await writeFile(database, SPOILS[how](await readFile(database), random));
  return how;
}

function spoilRow(database, random) {
  const column = random.pick(Object.keys(HOSTILE));
  const value = random.pick(HOSTILE[column]);
  const db = new Database(database);
  try {
    db.prepare(
      `UPDATE OR IGNORE recordings SET ${column} = ? WHERE key = (SELECT min(key) FROM recordings)`,
    ).run(value);
  } finally {
    db.close();
  }
  return `${column} = ${JSON.stringify(value)}`;
}
