// Joins the modules in build/ to few files in dist/, which the package consists of: Node takes about a millisecond to
// load a file, and a command needs up to seven hundred modules. The entry points and the command share their files, so
// that each class exists once in a process. Dependencies stay outside. `npm run build` runs this after the compiler.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
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
  'dist/tcp/worker/worker-main.js',
];

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
  external: (id) => !id.startsWith('.') && !id.startsWith(from),
  platform: 'node',
  plugins: [pastEntries(entryPoints.map(built)), placeOfModules],
});
const { output } = await bundle.write({ dir: to, format: 'esm', chunkFileNames: 'parts/[name]-[hash].js' });
await bundle.close();

const written = new Set(output.map(({ fileName }) => fileName));
for (const name of readdirSync(to, { recursive: true })) {
  // Left by a build before this one.
  if (/\.(js|tsbuildinfo)$/.test(name) && !written.has(name.split(sep).join('/'))) rmSync(join(to, name));
}
