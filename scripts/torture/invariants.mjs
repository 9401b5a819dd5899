// What has to hold of a folder of recordings, whatever happened to the process that wrote it.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { VoicemailArchive } from '../../dist/voicemail.js';
import { crashOf, ran } from './command.mjs';

/** What may lie in the folder besides recordings. */
const DOCUMENTED =
  /^(\.lock|\.recording|\.outbox|\.outbox\/(failed|[\w-]+\.\w+\.json)|(catalogue|campaigns)\.sqlite(-wal|-shm)?|.*\.hold\.json)$/;
const PRIVATE = { file: 0o600, folder: 0o700 };

/** Everything under a folder: path from there, mode, and whether it is a folder itself. */
export async function treeOf(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const all = await Promise.all(
    found.map(async (entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      // What a database needs while it is open may just be going.
      const is = await stat(path).catch(() => undefined);
      return is && { path: relative(folder, path), mode: is.mode & 0o777, isFolder: entry.isDirectory() };
    }),
  );
  return all.filter((each) => each !== undefined);
}

/** Files and folders that others may read. */
export function modeFaults(tree) {
  return tree
    .filter(({ mode, isFolder }) => mode !== (isFolder ? PRIVATE.folder : PRIVATE.file))
    .map(({ path, mode }) => `${path} has mode ${mode.toString(8)}`);
}

/**
 * Everything that does not hold of a folder of recordings at rest: modes, files that nothing lists, recordings that
 * do not verify, and a catalogue that knows others than are there.
 */
export async function folderFaults(folder, keys = {}) {
  const tree = await treeOf(folder);
  const { faults, recordings } = await recordingFaults(folder, tree);
  return [
    ...modeFaults(tree),
    ...faults,
    ...(await verifyFaults(folder, keys, recordings)),
    ...(await catalogueFaults(folder, recordings)),
  ];
}

async function recordingFaults(folder, tree) {
  const files = tree.filter(({ isFolder }) => !isFolder).map(({ path }) => path);
  const owned = new Set();
  const recordings = [];
  const faults = [];
  for (const manifest of files.filter((path) => path.endsWith('.manifest.json'))) {
    if (manifest.startsWith('.recording')) continue;
    const sidecarFile = manifest.replace(/\.manifest\.json$/, '.json');
    const sidecar = await readFile(join(folder, sidecarFile), 'utf8').then(JSON.parse, () => undefined);
    if (!sidecar) {
      faults.push(`${manifest} has no sidecar that can be read`);
      continue;
    }
    const at = (name) => join(dirname(manifest), name);
    const audio = at(sidecar.audio.file);
    recordings.push(audio);
    const listed = [audio, ...(sidecar.outputs ?? []).map((output) => at(output.file))];
    for (const file of listed.filter((path) => !files.includes(path))) {
      faults.push(`${file} is listed by ${sidecarFile} and is not there`);
    }
    for (const file of [manifest, sidecarFile, ...listed]) owned.add(file);
  }
  const strays = files.filter((path) => !owned.has(path) && !DOCUMENTED.test(path));
  return { recordings, faults: [...faults, ...strays.map((path) => `${path} was left over`)] };
}

async function verifyFaults(folder, { identityFile, publicKeyFile }, recordings) {
  if (recordings.length === 0) return [];
  const keys = [
    ...(identityFile ? ['--identity', identityFile] : []),
    ...(publicKeyFile ? ['--key', publicKeyFile] : []),
  ];
  const files = recordings.map((file) => join(folder, file));
  const report = await ran(['verify', '--json', ...keys, ...files]);
  const crash = crashOf(report);
  const bad = report.lines.filter(({ ok }) => !ok);
  return [
    ...(crash ? [`verify: ${crash}`] : []),
    ...bad.map(({ file, error, findings, line }) => {
      const why = error ?? findings?.map(({ what, text }) => `${what}: ${text}`).join('; ') ?? line;
      return `${relative(folder, String(file))} does not verify: ${why}`;
    }),
  ];
}

async function catalogueFaults(folder, recordings) {
  const report = await ran(['recordings', 'list', '--json', '--limit', '1000000', '--out', folder]);
  const crash = crashOf(report);
  if (crash || ![0, 3].includes(report.code)) return [`list: ${crash ?? report.stderr}`];
  const known = report.lines.map(({ file }) => file);
  return [
    ...recordings.filter((file) => !known.includes(file)).map((file) => `the catalogue misses ${file}`),
    ...known.filter((file) => !recordings.includes(file)).map((file) => `the catalogue has ${file} beyond`),
  ];
}

/** What may lie in an archive of voicemails at rest. */
const OF_VOICEMAILS =
  /^(\.lock|\.partial|audio(\/\d{4}(\/\d\d(\/[^/]+(\.wav(\.age)?|\.\d+\.json))?)?)?|catalogue\.db(-wal|-shm)?)$/;

/** Everything that does not hold of an archive of voicemails, once the next run has finished what was begun. */
export async function voicemailFaults(folder, keys = {}) {
  const archive = await VoicemailArchive.open(folder, keys);
  await archive.sweep();
  const { faults } = await archive.verify();
  await archive.close();
  const tree = await treeOf(folder);
  const strays = tree.filter(({ path }) => !OF_VOICEMAILS.test(path));
  return [
    ...faults.map(({ kind, path, detail }) => `${kind}: ${path}: ${detail}`),
    ...strays.map(({ path }) => `${path} was left over`),
    ...modeFaults(tree),
  ];
}
