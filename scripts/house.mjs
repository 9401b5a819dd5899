// Writes what follows from scripts/house.json, the rooms of src and what each may import: the linter's import rule
// (biome.house.json), the table of docs/architecture.md, and docs/house.svg, which shows what is imported.
// `--check` writes nothing, and fails where one of them is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import dagre from '@dagrejs/dagre';

export const HOUSE = JSON.parse(readFileSync(new URL('./house.json', import.meta.url), 'utf8'));
const ROOMS = HOUSE.rooms.map(({ name }) => name);
const ENTRIES = HOUSE.entries.map(({ name }) => name);

/** Writes `names` as a list for a reader. */
const listed = (names) => names.join(', ') || 'nothing';

/**
 * Gives the rule of the files that `includes` stands for.
 *
 * @param up The way from such a file to `src`: it tells an entry point or a room from a file or folder of the own room.
 */
function rule(includes, name, imports, { ownRoom, up }) {
  const rooms = ROOMS.filter((room) => room !== ownRoom && !imports.includes(room));
  const entries = ENTRIES.filter((entry) => entry !== name && !imports.includes(entry));
  const specifiers = entries.map((entry) => `${up}${entry.replace('.ts', '.js')}`);
  const group = [...rooms.map((room) => `${up}${room}/**`), ...specifiers, 'jackfield', 'jackfield/*'];
  const message = `${name} may import ${listed(imports)}, and its own files (docs/architecture.md).`;
  const options = { patterns: [{ group, message }] };
  return { includes, linter: { rules: { style: { noRestrictedImports: { level: 'error', options } } } } };
}

function importRule() {
  const sorted = { assist: { actions: { source: { organizeImports: 'off' } } } };
  const rooms = HOUSE.rooms.flatMap(({ name, imports }) => [
    rule([`src/${name}/*`], name, imports, { ownRoom: name, up: '../' }),
    rule([`src/${name}/*/**`], name, imports, { ownRoom: name, up: '../../' }),
  ]);
  const entries = HOUSE.entries.map(({ name, imports }) => ({
    ...rule([`src/${name}`], name, imports, { up: './' }),
    ...sorted,
  }));
  const lines = [...rooms, ...entries].map((each) => `  ${JSON.stringify(each)}`);
  return `{ "root": false, "overrides": [\n${lines.join(',\n')}\n] }\n`;
}

function table() {
  const row = (place, { lives, imports }) => `| \`${place}\` | ${lives} | ${listed(imports)} |`;
  return [
    '| place | what lives there | may import |',
    '| --- | --- | --- |',
    ...HOUSE.rooms.map((room) => row(`src/${room.name}`, room)),
    ...HOUSE.entries.map((entry) => row(`src/${entry.name}`, entry)),
    "| `examples` | programs as a user would write them | the package's public names |",
  ].join('\n');
}

/** Collects which room imports which, from the source. */
function actualImports() {
  const edges = new Map(ROOMS.map((room) => [room, new Set()]));
  for (const room of ROOMS) {
    for (const entry of readdirSync(`src/${room}`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = join(entry.parentPath, entry.name).split('\\').join('/');
      for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)) {
        const to = posix.join(posix.dirname(path), specifier).split('/')[1];
        if (to !== room && ROOMS.includes(to)) edges.get(room).add(to);
      }
    }
  }
  return edges;
}

/** Leaves out an arrow where a longer way leads to the same room, so that the picture can be read. */
function reduced(edges) {
  const reaches = (from, to) =>
    edges.get(from).has(to) || [...edges.get(from)].some((next) => reaches(next, to));
  return [...edges].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((over) => over !== to && reaches(over, to)))
      .map((to) => [from, to]),
  );
}

const WIDTH = 104;
const HEIGHT = 34;

function picture() {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ nodesep: 28, ranksep: 34, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const room of ROOMS) graph.setNode(room, { width: WIDTH, height: HEIGHT });
  for (const [from, to] of reduced(actualImports())) graph.setEdge(from, to);
  dagre.layout(graph);
  const { width, height } = graph.graph();
  const at = (value) => Math.round(value * 10) / 10;
  const arrows = graph.edges().map((edge) => {
    const points = graph.edge(edge).points.map(({ x, y }) => `${at(x)},${at(y)}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="#667" marker-end="url(#to)"/>`;
  });
  const boxes = graph.nodes().map((room) => {
    const { x, y } = graph.node(room);
    return (
      `<rect x="${at(x - WIDTH / 2)}" y="${at(y - HEIGHT / 2)}" width="${WIDTH}" height="${HEIGHT}" rx="6" ` +
      `fill="#eef3f8" stroke="#345"/><text x="${at(x)}" y="${at(y + 4.5)}" text-anchor="middle">${room}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(width)} ${at(height)}" width="${at(width)}" ` +
      'font-family="sans-serif" font-size="13">',
    '<title>The rooms of src: an arrow leads from a room to one that it imports</title>',
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
      '<path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...arrows,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

const ARCHITECTURE = 'docs/architecture.md';
const BETWEEN = /(<!-- house: generated -->\n)[\s\S]*?(<!-- \/house -->)/;

/** Gives each generated file with what it should hold. */
export function generated() {
  const text = readFileSync(ARCHITECTURE, 'utf8');
  return {
    'biome.house.json': importRule(),
    [ARCHITECTURE]: text.replace(BETWEEN, (_, open, close) => `${open}\n${table()}\n\n${close}`),
    'docs/house.svg': picture(),
  };
}

if (process.argv[1]?.endsWith('house.mjs')) {
  const check = process.argv.includes('--check');
  for (const [path, text] of Object.entries(generated())) {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    if (check) {
      process.stderr.write(`${path} is out of date: run npm run house.\n`);
      process.exitCode = 1;
    } else writeFileSync(path, text);
  }
}
