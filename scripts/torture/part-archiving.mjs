// Kills or refuses the archiving of a mailbox at any of its writes; the next run has each message, once.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Exchange } from '../../dist/exchange.js';
import { WavWriter } from '../../dist/voice.js';
import { VoicemailArchive } from '../../dist/voicemail.js';
import { crashOf, ran } from './command.mjs';
import { voicemailFaults } from './invariants.mjs';
import { makeKeys, openYard, startExchange } from './lab.mjs';
import { ONE_THREAD, strikeOneOf, tracer, withoutStrace } from './strace.mjs';

const HOWS = [
  'signal=SIGKILL',
  'signal=SIGKILL',
  'signal=SIGKILL',
  'error=EIO',
  'error=ENOSPC',
  'error=EROFS',
];
/** All ways to archive, by name. */
const WAYS = {
  plain: () => [],
  encrypted: ({ recipient }) => ['--encrypt', recipient],
  'by files': (_, files) => ['--via', files],
  'with tags and a hold': () => ['--tag', 'invoice', '--hold', 'case 12', '--concurrency', '3'],
};
/** Lengths of the messages, in samples of 16 kHz. */
const MESSAGES = [1600, 4800, 3200];

export const part = {
  name: 'archiving',
  unavailable: withoutStrace,
  async open({ count }) {
    const mailbox = await openMailbox();
    /** What a run without harm calls, by way to archive. */
    const counted = new Map();
    return {
      close: mailbox.close,
      async step(random) {
        const way = random.pick(Object.keys(WAYS));
        const how = random.pick(HOWS);
        if (!counted.has(way)) counted.set(way, (await archived(mailbox, way)).counts);
        const { openat, write, ...forFiles } = counted.get(way);
        // To start, and to talk, a process opens and writes, too: that may be killed, and not refused.
        const counts = how === 'signal=SIGKILL' ? { openat, write, ...forFiles } : forFiles;
        return await strikeOneOf(counts, random, async ({ call, when }) => {
          const { struck, faults } = await archived(mailbox, way, { call, how, when });
          count(struck ? (how === 'signal=SIGKILL' ? 'kills' : 'refusals') : 'calls not made');
          return { struck, faults: faults.map((fault) => `[${way}] ${call} ${when} ${how}: ${fault}`) };
        }).then(({ faults }) => faults);
      },
    };
  },
};

/** An exchange of one user, with voicemails. */
async function openMailbox() {
  const { folder, inside, remove } = await openYard();
  const [stateFolder, files] = [join(inside, 'state'), join(inside, 'files')];
  await mkdir(files);
  const exchange = await Exchange.start({ users: [{ handle: 'jack' }], stateFolder });
  for (const [index, length] of MESSAGES.entries()) {
    const file = join(inside, `${index}.wav`);
    const wav = await WavWriter.create(file);
    await wav.write(Int16Array.from({ length }, (_, at) => ((at * (index + 7)) % 2000) + 1));
    await wav.close();
    await exchange.deposit({ to: 'jack', from: { handle: 'anna' }, file });
  }
  await exchange.close();
  const { command, port } = await startExchange('--state', stateFolder, '--files', files);
  return {
    ...{ files, at: ['--attach', `tcp:${port}`], keys: await makeKeys(folder) },
    faults: () => (command.ended() ? ['the exchange is gone'] : []),
    close: async () => {
      await command.end();
      await remove();
    },
  };
}

/** Archives the mailbox, with or without a blow, then once more without, and looks after it. */
async function archived({ files, at, keys, faults: exchangeFaults }, way, blow) {
  const yard = await openYard();
  const folder = join(yard.inside, 'voicemails');
  const args = ['voicemail', 'archive', '--json', '--out', folder, ...at, ...WAYS[way](keys, files)];
  const trace = tracer(yard.inside, blow);
  const struck = await ran(args, { before: trace.before, env: ONE_THREAD });
  const next = await ran(args);
  const crash = blow?.how === 'signal=SIGKILL' && struck.signal ? undefined : crashOf(struck);
  const faults = [
    ...(crash ? [crash] : []),
    ...(next.code === 0 ? [] : [`the next run ended with ${next.code}: ${next.stderr.slice(-300)}`]),
    ...(await voicemailFaults(folder, { identity: await readFile(keys.identityFile, 'utf8') })),
    ...(await lengthFaults(folder)),
    ...exchangeFaults(),
    ...(await yard.faults()),
  ];
  const fell = struck.signal === 'SIGKILL' || (blow !== undefined && (await trace.refused()));
  const counts = await trace.counts();
  await yard.remove();
  return { struck: fell, counts, faults };
}

/** Each message is there, once and whole. */
async function lengthFaults(folder) {
  const archive = await VoicemailArchive.open(folder);
  const messages = [...archive.find()];
  await archive.close();
  const lengths = messages.filter(({ state, complete }) => state === 'stored' && complete);
  const found = lengths.map(({ audio }) => audio.samples).sort();
  const wanted = [...MESSAGES].sort();
  return String(found) === String(wanted) ? [] : [`it has messages of ${found} samples, not ${wanted}`];
}
