import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The rooms of src, and what each may import. */
const HOUSE: {
  readonly rooms: readonly { readonly name: string; readonly imports: readonly string[] }[];
  readonly entries: readonly { readonly name: string; readonly imports: readonly string[] }[];
} = JSON.parse(readFileSync('scripts/house.json', 'utf8'));
const ROOMS = HOUSE.rooms.map(({ name }) => name);
const ENTRIES = HOUSE.entries.map(({ name }) => name);
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: unknown };
  }[];
}

/** What makes files and folders. */
const MAKES_FILES = /\b(writeFile|appendFile|mkdir|copyFile|cp|symlink)(Sync)?\b|\bcreateWriteStream\b/;
/** Those that work on files which are somebody's own, and keep them as they are. */
const REPAIRS = ['src/voice/wav/wav-repair.ts'];

it('files and folders are created only in src/files, for their owner', async () => {
  const found: string[] = [];
  for (const entry of await readdir('src', { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.startsWith('src/files/') || REPAIRS.includes(path)) continue;
    const text = await readFile(path, 'utf8');
    for (const [names] of text.matchAll(/import [^;]* from 'node:fs(\/promises)?';/g)) {
      if (MAKES_FILES.test(names)) found.push(`${path}: ${names}`);
    }
    for (const line of text.split('\n')) {
      if (/\bopen\w*\([^)]*, '(?!r)[waxr+]+'/.test(line) && !/Private|privateStream/.test(line)) {
        found.push(`${path}: ${line.trim()}`);
      }
    }
  }
  expect(found).toEqual([]);
});

/** Private fields that a class may have. One that needs more is two classes, or has states that are not named. */
const MOST_FIELDS = 12;

it('no class has too many private fields', async () => {
  const found: string[] = [];
  for (const name of await readdir('src', { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const text = await readFile(join('src', name), 'utf8');
    // The formatter indents the members of a class by two blanks, and ends the class at the margin.
    for (const [body, of = ''] of text.matchAll(/^(?:export )?(?:abstract )?class (\w+)[\s\S]*?^\}/gm)) {
      const fields = body.match(/^ {2}(?:readonly )?#\w+(?: =|[!?]?:|;)/gm)?.length ?? 0;
      if (fields > MOST_FIELDS) found.push(`${name}: ${of} has ${fields}`);
    }
  }
  expect(found).toEqual([]);
});

/** Forms in which a module declares a name that other modules may import. */
const DECLARES =
  /^export (?:declare |abstract |async )*(?:class|interface|type|function\*?|const|let) (\w+)|^export (?:const|let) \{([^}]*)\}/gm;

it('each exported name is declared in only one file of src', async () => {
  const homes = new Map<string, Set<string>>();
  for (const name of await readdir('src', { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    for (const [, one, several = ''] of (await readFile(join('src', name), 'utf8')).matchAll(DECLARES)) {
      const declared =
        one === undefined ? several.split(',').map((each) => each.replace(/.*:/, '').trim()) : [one];
      for (const each of declared) homes.set(each, (homes.get(each) ?? new Set()).add(name));
    }
  }
  expect(homes.size).toBeGreaterThan(3000);
  const twice = [...homes].filter(([, files]) => files.size > 1);
  expect(twice.map(([name, files]) => `${name}: ${[...files].sort().join(', ')}`)).toEqual([]);
});

it('every file and folder that docs/architecture.md names exists', async () => {
  const there = ['src', 'test', 'scripts'].map(async (top) =>
    (await readdir(top, { recursive: true })).map((name) => `/${top}/${name}`),
  );
  const paths = (await Promise.all(there)).flat();
  const text = await readFile('docs/architecture.md', 'utf8');
  const named = [...text.matchAll(/`((?:[\w<>*-]+\/)*[\w<>*-]+\.(?:ts|json)|src\/[\w/<>-]+)`/g)].map(
    ([, name = '']) => name,
  );
  expect(named.length).toBeGreaterThan(80);
  const missing = named.filter((name) => {
    const pattern = new RegExp(`/${name.replaceAll('.', '\\.').replace(/\*|<\w+>/g, '[\\w-]+')}$`);
    return !paths.some((path) => pattern.test(path)) && !/^package\.json$/.test(name);
  });
  expect(missing).toEqual([]);
});

it('every file that a document names exists', async () => {
  const documents = (await readdir('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const missing: string[] = [];
  for (const document of [...documents, 'CONTRIBUTING.md', 'README.md']) {
    const text = await readFile(document, 'utf8');
    for (const [, name = ''] of text.matchAll(/`((?:src|test|scripts|bench|examples)\/[\w./-]+\.\w+)`/g)) {
      if (!existsSync(name)) missing.push(`${document}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
});

it('modules of the build that benches and scripts load exist in src', async () => {
  const wrong: string[] = [];
  for (const folder of ['bench', 'scripts']) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !path.endsWith('.mjs')) continue;
      for (const [, part, module] of (await readFile(path, 'utf8')).matchAll(
        /'(?:\.\.\/)+(build|dist)\/([\w./-]+)\.js'/g,
      )) {
        if (!existsSync(`src/${module}.ts`)) wrong.push(`${path}: ${part}/${module}.js`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

describe('the import rule', () => {
  let house: string;
  const refused = new Map<string, Set<string>>();

  const seed = async (path: string, text: string) => {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  };

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'jackfield-house-'));
    for (const config of ['biome.json', 'biome.house.json']) await cp(config, join(house, config));
    for (const from of ROOMS) {
      await seed(`src/${from}/own.ts`, 'export const own = 1;\n');
      for (const to of ROOMS.filter((name) => name !== from)) {
        await seed(`src/${from}/to-${to}.ts`, `export * from '../${to}/own.js';\n`);
        await seed(`src/${from}/organ/to-${to}.ts`, `export * from '../../${to}/own.js';\n`);
        // A folder of the room, called as the other room is.
        await seed(`src/${from}/organ/organ-${to}.ts`, `export * from '../${to}/own.js';\n`);
      }
      for (const to of ENTRIES) {
        const entry = to.replace('.ts', '.js');
        await seed(`src/${from}/entry-${to}`, `export * from '../${entry}';\n`);
        await seed(`src/${from}/organ/entry-${to}`, `export * from '../../${entry}';\n`);
        // A file of the room, called as the entry point is.
        await seed(`src/${from}/organ/own-${to}`, `export * from '../${entry}';\n`);
      }
    }
    for (const entry of ENTRIES) {
      await seed(`src/${entry}`, ROOMS.map((room) => `export * from './${room}/own.js';\n`).join(''));
    }
    await seed('src/voice/by-name.ts', "export * from 'jackfield/pcm';\n");
    await seed('examples/seed.ts', "export * from '../src/index.js';\n");
    await seed('src/voice/ring-a.ts', "import type { B } from './ring-b.js';\nexport type A = B;\n");
    await seed('src/voice/ring-b.ts', "import type { A } from './ring-a.js';\nexport type B = A;\n");
    const args = [biome, 'lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', house];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: house,
      maxBuffer: 64e6,
    }).catch((failed: { stdout: string }) => failed);
    for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics) {
      const path = JSON.stringify(location.path).replace(/.*?((src|examples)\/[\w/.-]+).*/, '$1');
      refused.set(category, (refused.get(category) ?? new Set()).add(path));
    }
  });
  afterAll(() => rm(house, { recursive: true }));

  const restricted = () => refused.get('lint/style/noRestrictedImports') ?? new Set();

  it.each(HOUSE.rooms)('$name imports only what it may', ({ name, imports }) => {
    const expectRefused = (file: string, refused: boolean) =>
      expect({ file, refused: restricted().has(file) }).toEqual({ file, refused });
    for (const to of ROOMS.filter((room) => room !== name)) {
      expectRefused(`src/${name}/to-${to}.ts`, !imports.includes(to));
      expectRefused(`src/${name}/organ/to-${to}.ts`, !imports.includes(to));
      expectRefused(`src/${name}/organ/organ-${to}.ts`, false);
    }
    for (const to of ENTRIES) {
      expectRefused(`src/${name}/entry-${to}`, !imports.includes(to));
      expectRefused(`src/${name}/organ/entry-${to}`, !imports.includes(to));
      expectRefused(`src/${name}/organ/own-${to}`, false);
    }
  });

  it.each([...ENTRIES.map((entry) => `src/${entry}`), 'src/voice/by-name.ts', 'examples/seed.ts'])(
    'the rule finds a forbidden import in %s',
    (file) => {
      expect(restricted()).toContain(file);
    },
  );

  it('has a row for each folder of src and for each entry point', async () => {
    const places = await readdir('src', { withFileTypes: true });
    const folders = places.filter((place) => place.isDirectory()).map(({ name }) => name);
    const files = places.filter((place) => place.isFile()).map(({ name }) => name);
    expect({ folders: folders.sort(), files: files.sort() }).toEqual({
      folders: [...ROOMS].sort(),
      files: [...ENTRIES].sort(),
    });
  });

  it('agrees with the table, the picture and the linter', async () => {
    await promisify(execFile)(process.execPath, ['scripts/house.mjs', '--check']);
  });

  it('refuses import cycles, also of types', () => {
    expect(refused.get('lint/suspicious/noImportCycles')).toContain('src/voice/ring-a.ts');
  });
});
