import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Who may import whom, as docs/architecture.md says. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  files: [],
  protocol: [],
  voice: ['files'],
  tcp: ['files'],
  control: ['protocol'],
  call: ['files', 'protocol', 'voice', 'tcp', 'control'],
  voicemail: ['files', 'protocol', 'voice', 'tcp', 'control', 'call'],
  exchange: ['files', 'protocol', 'voice'],
  cli: ['files', 'exchange', 'index.js'],
};
const LEAVES = [
  'src/errors.ts',
  'src/check.ts',
  'src/pcm.ts',
  'src/clock.ts',
  'src/fenced-emitter.ts',
  'src/opening.ts',
  'src/socket-table.ts',
  'src/x11.ts',
  'src/hours.ts',
  'src/local-time.ts',
];
const FOLDERS = Object.keys(MAY_IMPORT);
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

it('files and folders are made in src/files alone, for their owner', async () => {
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

describe('the import rule', () => {
  let house: string;
  const refused = new Map<string, Set<string>>();

  const seed = async (path: string, text: string) => {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  };

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'jackfield-house-'));
    await cp('biome.json', join(house, 'biome.json'));
    for (const from of FOLDERS) {
      await seed(`src/${from}/leaf.ts`, 'export const leaf = 1;\n');
      for (const to of [...FOLDERS, 'index.js'].filter((name) => name !== from)) {
        const target = to === 'index.js' ? '../index.js' : `../${to}/leaf.js`;
        await seed(`src/${from}/to-${to.replace('.js', '')}.ts`, `export * from '${target}';\n`);
      }
    }
    await seed('src/index.ts', "export * from './cli/leaf.js';\n");
    for (const leaf of LEAVES) await seed(leaf, "export * from './voice/leaf.js';\n");
    await seed('src/voice.ts', "export * from './tcp/leaf.js';\n");
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

  it.each(FOLDERS)('%s imports what it may and nothing else', (from) => {
    const restricted = refused.get('lint/style/noRestrictedImports') ?? new Set();
    for (const to of [...FOLDERS, 'index.js'].filter((name) => name !== from)) {
      const file = `src/${from}/to-${to.replace('.js', '')}.ts`;
      const allowed = MAY_IMPORT[from]?.includes(to);
      expect({ file, refused: restricted.has(file) }).toEqual({ file, refused: !allowed });
    }
  });

  it.each(['src/index.ts', 'src/voice.ts', ...LEAVES, 'examples/seed.ts'])(
    '%s does not reach where it must not',
    (file) => {
      expect(refused.get('lint/style/noRestrictedImports')).toContain(file);
    },
  );

  it('refuses a cycle, of types too', () => {
    expect(refused.get('lint/suspicious/noImportCycles')).toContain('src/voice/ring-a.ts');
  });
});
