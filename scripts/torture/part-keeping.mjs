// Kills or refuses, at any of their writes, the commands that keep recordings and voicemails: hold, tag, purge, index.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VoicemailArchive } from '../../dist/voicemail.js';
import { makeArchive } from './archive.mjs';
import { crashOf, ran } from './command.mjs';
import { folderFaults, modeFaults, treeOf, voicemailFaults } from './invariants.mjs';
import { openYard } from './lab.mjs';
import { seeded } from './random.mjs';
import { ONE_THREAD, strikeOneOf, tracer, withoutStrace } from './strace.mjs';

const HOWS = ['signal=SIGKILL', 'signal=SIGKILL', 'error=EIO', 'error=ENOSPC', 'error=EROFS'];
const REASON = 'case 12';

export const part = {
  name: 'keeping',
  unavailable: withoutStrace,
  async open({ count }) {
    const archive = await makeArchive(seeded('archive'));
    const keepers = [recordingKeeper(archive), voicemailKeeper()];
    /** What a run without harm calls, by command. */
    const counted = new Map();
    return {
      close: archive.close,
      async step(random) {
        const keeper = random.pick(keepers);
        const command = random.pick(keeper.commands);
        const how = random.pick(HOWS);
        const key = `${keeper.name} ${command}`;
        if (!counted.has(key)) counted.set(key, (await keep(keeper, command)).counts);
        return await strikeOneOf(counted.get(key), random, async ({ call, when }) => {
          const { struck, faults } = await keep(keeper, command, { call, how, when });
          count(struck ? (how === 'signal=SIGKILL' ? 'kills' : 'refusals') : 'calls not made');
          return { struck, faults: faults.map((fault) => `${key}, ${call} ${when} ${how}: ${fault}`) };
        }).then(({ faults }) => faults);
      },
    };
  },
};

/** Runs a command, with or without a blow, and looks after it. */
async function keep({ name, begin }, command, blow) {
  const { yard, id, use, paths, look } = await begin();
  const [action, ...options] = command.replace('ID', id).split(' ');
  const release = options.includes('--release');
  if (release) await use('hold', id, '--reason', REASON);
  const args =
    action === 'hold' && !release ? [action, ...options, '--reason', REASON] : [action, ...options];
  const trace = tracer(yard.inside, { ...blow, paths: await paths() });
  const report = await use(...args, { before: trace.before, env: ONE_THREAD });
  // A purge that was cut short is finished by the next one.
  if (action === 'purge') await use(...args);
  const { faults, hold } = await look();
  if (report.code === 0 && action === 'hold' && hold !== (release ? undefined : REASON)) {
    faults.push(`it said that it is done; the hold is ${hold}`);
  }
  faults.unshift(...said(report, blow?.how));
  faults.push(...(await yard.faults()));
  const struck = report.signal === 'SIGKILL' || (blow !== undefined && (await trace.refused()));
  const counts = await trace.counts();
  await yard.remove();
  return { name, struck, counts, faults };
}

function recordingKeeper(archive) {
  return {
    name: 'recordings',
    commands: ['hold ID', 'hold ID --release', 'purge --max-megabytes 0 --yes', 'index'],
    async begin() {
      const { yard, folder } = await archive.copy();
      const use = inFolder('recordings', ['--out', folder]);
      const list = async () => (await use('list', '--json')).lines;
      const [{ id }] = await list();
      return {
        ...{ yard, id, use },
        paths: () => pathsIn(folder, /\.wav$/, ['.hold.json', '.hold.json.part']),
        look: async () => {
          const index = await use('index');
          const faults = [
            ...(index.code === 0 ? [] : [`index: ${index.stderr.slice(-300)}`]),
            ...(await folderFaults(folder)),
          ];
          return { faults, hold: (await list()).find((line) => line.id === id)?.hold };
        },
      };
    },
  };
}

function voicemailKeeper() {
  return {
    name: 'voicemail',
    commands: ['hold ID', 'hold ID --release', 'tag ID invoice', 'purge --max-bytes 0 --yes', 'index'],
    async begin() {
      const yard = await openYard();
      const folder = join(yard.inside, 'voicemails');
      await makeVoicemails(folder);
      const id = '2';
      const use = inFolder('voicemail', ['--in', folder]);
      return {
        ...{ yard, id, use },
        paths: () => pathsIn(folder, /\.json$/, ['.json.part']),
        look: async () => {
          const faults = await voicemailFaults(folder);
          const index = await use('index');
          if (index.code !== 0) faults.push(`index: ${index.stderr.slice(-300)}`);
          faults.push(...modeFaults(await treeOf(folder)));
          const archive = await VoicemailArchive.open(folder);
          const { hold } = archive.catalogue.message(Number(id));
          await archive.close();
          return { faults, hold };
        },
      };
    },
  };
}

/** Runs a command on a folder: `use('list', '--json')`, with options of the process at the end. */
function inFolder(name, where) {
  return (...words) => {
    const options = typeof words.at(-1) === 'string' ? {} : words.pop();
    return ran([name, ...words, ...where], options);
  };
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

/** Who was not killed ends in words. */
function said(report, how) {
  if (how === 'signal=SIGKILL' && report.signal) return [];
  const crash = crashOf(report);
  const silent = report.code === 1 && !report.stderr && !report.stdout;
  return [...(crash ? [crash] : []), ...(silent ? ['it ended with 1 without a word'] : [])];
}
