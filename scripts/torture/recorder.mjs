// A recorder under blows: the options that it records with, and what has to hold when it was started again.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jackfield } from './command.mjs';
import { folderFaults } from './invariants.mjs';
import { makeKeys, openYard, pause, startExchange } from './lab.mjs';

const TEMPLATE = '{partner}/{call}-{id}';
const SEGMENTS = { segments: { everyMs: 1000 } };
/** All ways to record, by name. */
const WAYS = {
  plain: () => ({}),
  segments: () => SEGMENTS,
  encrypted: ({ recipient, identityFile }) => ({ encryptTo: [recipient], identityFile }),
  'encrypted segments': ({ recipient, identityFile }) => ({
    ...SEGMENTS,
    ...{ encryptTo: [recipient], identityFile },
  }),
  'live FLAC': () => ({ format: ['flac'], encode: 'live' }),
  'live FLAC, segments': () => ({ ...SEGMENTS, format: ['flac'], encode: 'live' }),
  outputs: () => ({ format: ['flac', 'mp3', 'opus', 'legs'] }),
  signed: ({ signingKeyFile }) => ({ signingKeyFile }),
  // Nobody answers there: the news waits in the outbox.
  told: ({ secretFile }) => ({ webhook: { url: 'http://127.0.0.1:9/', secretFile } }),
};

/** Opens what the steps of a part share: an exchange, with these options, and keys. */
export async function recorderBench(...options) {
  const { folder, remove } = await openYard();
  const keys = await makeKeys(folder);
  const { command, port } = await startExchange(...options);
  return {
    port,
    keys,
    /** Names of all ways to record. */
    ways: Object.keys(WAYS),
    close: async () => {
      await command.end();
      await remove();
    },
    faults: () => (command.ended() ? ['the exchange is gone'] : []),
    /** A recorder's configuration and folder for one step. */
    prepare: async (
      random,
      { folder: given, way = random.pick(Object.keys(WAYS)), template = TEMPLATE } = {},
    ) => {
      const yard = await openYard();
      const out = join(given ?? yard.inside, 'recordings');
      const config = join(yard.inside, 'config.json');
      const options = { out, template, ...WAYS[way](keys) };
      await writeFile(config, JSON.stringify(options));
      return subject({ way, yard, out, config, keys, port });
    },
  };
}

function subject({ way, yard, out, config, keys, port }) {
  const record = (options, at = port) =>
    jackfield(['record', '--json', '--attach', `tcp:${at}`, '--config', config], options);
  return {
    way,
    yard,
    out,
    record,
    /** Starts it once more without harm, lets it end, and says what does not hold then. */
    finish: async () => {
      let recorder;
      let ended;
      // What is not encoded within the seconds that a signal leaves is left to the next start.
      for (
        let starts = 0;
        starts === 0 || (starts < 4 && /what is left is cut off/.test(recorder.stderr()));
        starts++
      ) {
        recorder = record();
        await recorder.until('ready');
        ended = await recorder.end();
      }
      const { code, signal } = ended;
      // An output that the disk has refused is told of once more when its publication is resumed.
      const failed = recorder.lines.filter(
        ({ event, reason }) => event === 'failed' && !/^There is no \w+: /.test(reason),
      );
      return [
        ...(code === 0 ? [] : [`restart: ended with ${signal ?? code}: ${recorder.stderr().slice(-400)}`]),
        ...failed.map(({ reason }) => `restart: ${reason}`),
        ...(await folderFaults(out, keysOf(way, keys))),
        ...(await yard.faults()),
      ].map((fault) => `[${way}] ${fault}`);
    },
    remove: async () => {
      await rm(out, { recursive: true, force: true });
      await yard.remove();
    },
  };
}

function keysOf(way, { identityFile, publicKeyFile }) {
  if (way === 'signed') return { publicKeyFile };
  return way.startsWith('encrypted') ? { identityFile } : {};
}

/** All outputs are made within this, on a busy machine too. */
const PATIENCE_MS = 150_000;

/**
 * Waits until a recorder has said of so many calls what became of them.
 *
 * @returns the last file of each call that was published, and why others failed, by call.
 */
export async function untilTold(recorder, count) {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const of = (event) => recorder.lines.filter((line) => line.event === event && line.call !== undefined);
    const last = of('published').filter(({ end }) => end !== 'segment');
    const published = new Map(last.map((line) => [line.call, line]));
    const failed = new Map(of('failed').map(({ call, reason }) => [call, reason]));
    const told = new Set([...published.keys(), ...failed.keys()]).size;
    if (told >= count || recorder.ended() || performance.now() > endMs) return { published, failed };
    await pause(200);
  }
}
