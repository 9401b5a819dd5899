// Kills or refuses, at any of their writes, the commands that keep recordings and voicemails: hold, tag, purge, index.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VoicemailArchive } from '../../dist/voicemail.js';
import { makeArchive } from './archive.mjs';
import { crashOf, ran } from './command.mjs';
import { folderFaults, modeFaults, treeOf } from './invariants.mjs';
import { openYard } from './lab.mjs';
import { seeded } from './random.mjs';
import { CALLS, straceArgs, withoutStrace } from './strace.mjs';

const HOWS = ['signal=SIGKILL', 'signal=SIGKILL', 'error=EIO', 'error=ENOSPC', 'error=EROFS'];
const REASON = 'case 12';

export const part = {
  name: 'keeping',
  unavailable: withoutStrace,
  async open({ count }) {
    const archive = await makeArchive(seeded('archive'));
    return {
      close: archive.close,
      async step(random) {
        const call = random.pick(Object.keys(CALLS));
        const blow = {
          call,
          how: random.pick(HOWS),
          when: random.between(1, 6),
        };
        const step = random.chance(0.5)
          ? await keepRecordings(archive, blow, random)
          : await keepVoicemails(blow, random);
        count(step.struck ? 'blows' : 'not reached');
        return step.faults.map((fault) => `${step.name}, ${call} ${blow.when} ${blow.how}: ${fault}`);
      },
    };
  },
};

async function keepRecordings(archive, blow, random) {
  const { yard, folder } = await archive.copy();
  const use = (...args) => ran(['recordings', ...args, '--out', folder]);
  const { lines } = await use('list', '--json');
  const id = random.pick(lines).id;
  const [name, ...args] = random.pick([
    ['hold', id, '--reason', REASON],
    ['hold', id, '--release'],
    ['purge', '--max-megabytes', '0', '--yes'],
    ['index'],
  ]);
  const wasHeld = args.includes('--release');
  if (wasHeld) await use('hold', id, '--reason', REASON);
  const paths = await pathsIn(folder, /\.wav$/, ['.hold.json', '.hold.json.part']);
  const struck = await ran(['recordings', name, ...args, '--out', folder], spoilt(blow, paths));
  const index = await use('index');
  const faults = [
    ...said(struck, blow),
    ...(index.code === 0 ? [] : [`index: ${index.stderr.slice(-300)}`]),
    ...(await folderFaults(folder)),
  ];
  if (struck.code === 0 && name === 'hold') {
    const held = (await use('list', '--json')).lines.find((line) => line.id === id)?.hold;
    if (held !== (wasHeld ? undefined : REASON)) faults.push(`it said that it is done; the hold is ${held}`);
  }
  faults.push(...(await yard.faults()));
  await yard.remove();
  return { name: `recordings ${name}`, struck: struck.code !== 0, faults };
}

async function keepVoicemails(blow, random) {
  const yard = await openYard();
  const folder = join(yard.inside, 'voicemails');
  await makeVoicemails(folder);
  const use = (...args) => ran(['voicemail', ...args, '--in', folder]);
  const key = String(random.between(1, 3));
  const [name, ...args] = random.pick([
    ['hold', key, '--reason', REASON],
    ['hold', key, '--release'],
    ['tag', key, 'invoice'],
    ['purge', '--max-bytes', '0', '--yes'],
    ['index'],
  ]);
  const wasHeld = args.includes('--release');
  if (wasHeld) await use('hold', key, '--reason', REASON);
  const paths = await pathsIn(folder, /\.json$/, ['.json.part']);
  const struck = await ran(['voicemail', name, ...args, '--in', folder], spoilt(blow, paths));
  // The next run finishes what was begun; then the catalogue can be lost.
  const archive = await VoicemailArchive.open(folder);
  await archive.sweep();
  const { faults: found } = await archive.verify();
  const message = archive.catalogue.message(Number(key));
  await archive.close();
  const index = await use('index');
  const faults = [
    ...said(struck, blow),
    ...found.map(({ kind, path, detail }) => `${kind}: ${path}: ${detail}`),
    ...(index.code === 0 ? [] : [`index: ${index.stderr.slice(-300)}`]),
    ...modeFaults((await treeOf(folder)).filter(({ path }) => !path.startsWith('.partial'))),
  ];
  if (struck.code === 0 && name === 'hold' && message.hold !== (wasHeld ? undefined : REASON)) {
    faults.push(`it said that it is done; the hold is ${message.hold}`);
  }
  faults.push(...(await yard.faults()));
  await yard.remove();
  return { name: `voicemail ${name}`, struck: struck.code !== 0, faults };
}

async function makeVoicemails(folder) {
  const archive = await VoicemailArchive.open(folder);
  for (let id = 1; id <= 3; id++) {
    const facts = { account: 'jack', id, type: 'INCOMING', partner: 'anna', partnerName: 'Anna' };
    const { key } = archive.catalogue.see({
      ...facts,
      timestamp: 1_700_000_000 + id,
      durationSeconds: 1,
      played: false,
    });
    archive.catalogue.begin(key);
    const intake = await archive.take({
      ...facts,
      timestamp: 1_700_000_000 + id,
      durationSeconds: 1,
      played: false,
    });
    await intake.write(Int16Array.from({ length: 1600 }, (_, at) => (at * id) % 2000));
    const spans = [{ from: 0, samples: 1600, kind: 'received' }];
    const ledger = { received: 1600, idle: 0, masked: 0, missing: 0, spans };
    await archive.store(key, intake, { ledger });
  }
  await archive.close();
}

/** All files of a folder, and those that may come to be beside some of them. */
async function pathsIn(folder, beside, endings) {
  const names = await readdir(folder, { recursive: true });
  const made = names
    .filter((name) => beside.test(name))
    .flatMap((name) => endings.map((ending) => name.replace(beside, ending)));
  return [...names, ...made].map((name) => join(folder, name));
}

function spoilt(blow, paths) {
  return { before: ['strace', '-qq', ...straceArgs({ ...blow, paths })], env: { UV_THREADPOOL_SIZE: '1' } };
}

/** Who was not killed ends in words. */
function said(report, { how }) {
  if (how === 'signal=SIGKILL' && report.signal) return [];
  const crash = crashOf(report);
  const silent = report.code === 1 && !report.stderr && !report.stdout;
  return [...(crash ? [crash] : []), ...(silent ? ['it ended with 1 without a word'] : [])];
}
