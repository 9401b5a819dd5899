// Joins the modules in build/ to few files in dist/, which the package consists of: Node takes about a millisecond to
// load a file, and a command needs up to seven hundred modules. The entry points and the command share their files, so
// that each class exists once in a process. Dependencies stay outside, but for those that most commands load: of these
// the parts that are used go inside, with their licences beside them. `npm run build` runs this after the compiler.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { pastEntries } from './past-entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = join(root, 'build');
const to = join(root, 'dist');
const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const built = (file) => join(from, posix.relative('dist', file));
const entryPoints = Object.values(exports).flatMap(({ default: file }) => file ?? []);

/** Files that keep their names: what users import and start, and what a module starts as a thread. */
const ENTRIES = [
  ...entryPoints,
  ...Object.values(bin),
  'dist/analysis/files/analysis-worker.js',
  'dist/line/media-thread/media-thread-main.js',
  'dist/line/rtp-thread/socket-thread-main.js',
  'dist/tcp/worker/worker-main.js',
];

/**
 * Packages of which the parts that are used go into the files. zod alone has 95 files, most of them translations. They
 * stay dependencies too: the types name them, and `npm audit` finds them.
 */
const INSIDE = ['zod', 'commander', 'string-width', 'strip-ansi', 'ansi-regex', 'get-east-asian-width'];

/** What is loaded later, where it is asked for, stays outside. */
const laterOutside = {
  name: 'later-outside',
  resolveId: (id, _, { kind }) =>
    kind === 'dynamic-import' && INSIDE.includes(id) ? { id, external: true } : null,
};

const isOfPackage = (id) => !id.startsWith('.') && !id.startsWith(root);

/** Keeps the place of a module: paths relative to it lead to the assets, and to other entries. */
const placeOfModules = {
  name: 'place-of-modules',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const place = relative(from, id).split(sep).join('/');
    return code.replaceAll('import.meta.url', `MODULE_URL(${JSON.stringify(place)})`);
  },
  renderChunk(code, { fileName }) {
    const up = posix.relative(posix.dirname(fileName), '.') || '.';
    return code.replace(
      /\bMODULE_URL\("([^"]+)"\)/g,
      (_, place) => `new URL(${JSON.stringify(`${up}/${place}`)}, import.meta.url).href`,
    );
  },
};

const bundle = await rolldown({
  input: Object.fromEntries(
    ENTRIES.map((file) => [posix.relative('dist', file).replace(/\.js$/, ''), built(file)]),
  ),
  external: (id) => isOfPackage(id) && !INSIDE.includes(id),
  platform: 'node',
  plugins: [laterOutside, pastEntries(entryPoints.map(built)), placeOfModules],
});
const { output } = await bundle.write({ dir: to, format: 'esm', chunkFileNames: 'parts/[name]-[hash].js' });
await bundle.close();
// `npx jackfield` of a clone starts it as a program.
for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755);

const written = new Set(output.map(({ fileName }) => fileName));
for (const name of readdirSync(to, { recursive: true })) {
  // Left by a build before this one.
  if (/\.(js|tsbuildinfo)$/.test(name) && !written.has(name.split(sep).join('/'))) rmSync(join(to, name));
}

const licences = INSIDE.map((name) => {
  const folder = join(root, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
});
writeFileSync(join(to, 'LICENCES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
