import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WavReader } from '../src/voice.js';

const run = promisify(execFile);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
/** The Node that runs the package: another than this one, to try the oldest that is supported. */
const node = process.env['JACKFIELD_NODE'] ?? process.execPath;
const { exports, version } = JSON.parse(await readFile('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly version: string;
};
const ENTRIES = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path]) => path.replace('.', 'jackfield'));

/** TypeScript that uses the package, by file. The first is the first sample of the README. */
const PROGRAMS = {
  'sample.ts': /```ts\n(.*?)```/s.exec(await readFile('README.md', 'utf8'))?.[1] ?? '',
  'entries.ts': [
    ...ENTRIES.map((entry, index) => `import * as e${index} from '${entry}';`),
    `export const all = [${ENTRIES.map((_, index) => `e${index}`).join(', ')}];`,
  ].join('\n'),
  'common/typed.ts': `import { attach, type Client } from 'jackfield';
    export const client: Promise<Client> = attach('auto');
    export const wav = import('jackfield/voice').then(({ WavReader }) => WavReader.open('call.wav'));`,
};

describe('the packed package, installed into an empty project', () => {
  let project: string;
  let installed: string;
  /** The programs, compiled at once: the compiler reads the types of the package for each of its runs. */
  let compiled: Promise<unknown>;
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'jackfield-project-'));
    installed = join(project, 'node_modules', 'jackfield');
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
    const { stdout } = await run('npm', pack);
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    await seed('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
    await seed('common/package.json', JSON.stringify({ name: 'common', private: true }));
    const install = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', [...install, `./${packed?.filename}`], { cwd: project });
    for (const [path, text] of Object.entries(PROGRAMS)) await seed(path, text);
    compiled = compile(...Object.keys(PROGRAMS));
    compiled.catch(() => undefined);
  }, 180_000);
  afterAll(() => rm(project, { recursive: true }));

  const seed = async (path: string, text: string) => {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  };
  const runScript = async (...args: string[]) => (await run(node, args, { cwd: project })).stdout;
  const compile = (...files: string[]) => {
    const lib = ['--target', 'es2022', '--lib', 'es2023,esnext.disposable'];
    const types = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node'];
    const strict = ['--module', 'nodenext', '--strict', '--skipLibCheck', 'false'];
    return run(process.execPath, [tsc, ...strict, ...lib, ...types, ...files], { cwd: project }).catch(
      (failed: { stdout: string }) => {
        throw new Error(failed.stdout);
      },
    );
  };

  it('runs the first sample of the README', async () => {
    expect(PROGRAMS['sample.ts']).toContain("from 'jackfield'");
    await compiled;
    const samples = Number(/^call\.wav: (\d+) samples, FINISHED\n$/.exec(await runScript('sample.js'))?.[1]);
    expect(samples).toBeGreaterThanOrEqual(3 * 16_000);
    await using wav = await WavReader.open(join(project, 'call.wav'));
    expect(wav.sampleCount).toBe(samples);
  }, 180_000);

  it('has types for each entry point that compile, libraries checked too', async () => {
    await compiled;
    expect((await readFile(join(project, 'entries.js'), 'utf8')).match(/^import/gm)).toHaveLength(
      ENTRIES.length,
    );
  }, 180_000);

  it('serves a CommonJS project by import()', async () => {
    const text = `const all = Promise.all(${JSON.stringify(ENTRIES)}.map((entry) => import(entry)));
      all.then(async ([{ Exchange, attach, MemoryTransport }]) => {
        const exchange = await Exchange.start();
        const client = await attach(new MemoryTransport(exchange.endpoint()));
        console.log((await client.command({ kind: 'ping' })).kind, require('jackfield/package.json').version);
        await client.close();
        await exchange.close();
      });`;
    await seed('common/dynamic.js', text);
    expect(await runScript('common/dynamic.js')).toBe(`pong ${version}\n`);
  });

  it('serves a CommonJS project by require(), when the Node of the test has that', async (context) => {
    const onThisNode = async (...args: string[]) =>
      (await run(process.execPath, args, { cwd: project })).stdout;
    const has = await onThisNode('--print', 'process.features.require_module === true');
    if (has.trim() !== 'true') return context.skip('this Node cannot require a module');
    const text = `for (const entry of ${JSON.stringify(ENTRIES)}) console.log(typeof require(entry));`;
    await seed('common/require.js', text);
    expect(await onThisNode('common/require.js')).toBe('object\n'.repeat(ENTRIES.length));
  });

  it('has types for a CommonJS project', async () => {
    await compiled;
    expect(await readFile(join(project, 'common/typed.js'), 'utf8')).toContain('require("jackfield")');
  }, 180_000);

  it('has the command', async () => {
    const main = 'node_modules/jackfield/dist/cli/main.js';
    expect((await runScript(main, '--version')).trim()).toBe(version);
    expect(await runScript(main, 'explain', 'PING')).toContain('PONG');
  });

  it('can be installed globally with its command and manual pages', async () => {
    // What it depends on is in the project already, where Node finds it from a folder below.
    const alone = join(project, 'alone');
    await cp(installed, alone, { recursive: true });
    const { dependencies: _, ...rest } = JSON.parse(await readFile(join(alone, 'package.json'), 'utf8'));
    await seed('alone/package.json', JSON.stringify(rest));
    const prefix = join(project, 'global');
    const options = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--prefix', prefix];
    await run('npm', ['install', '--global', '--install-links', ...options, alone]);
    const { stdout } = await run(join(prefix, 'bin', 'jackfield'), ['--version']);
    expect(stdout.trim()).toBe(version);
    const pages = await readdir(join(prefix, 'share', 'man', 'man1'));
    expect(pages.sort()).toEqual((await readdir(join(installed, 'dist', 'man'))).sort());
  }, 180_000);

  it('has the files that its pages link to', async () => {
    const files = (await readdir(installed, { recursive: true })).filter((name) => name.endsWith('.md'));
    const pages = files.filter((name) => !name.startsWith('node_modules'));
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', join('docs', 'bots.md')]));
    const missing = await Promise.all(
      pages.map(async (page) => {
        const text = await readFile(join(installed, page), 'utf8');
        const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(
          ([, link = '']) => link.split('#', 1)[0] ?? '',
        );
        const here = links.filter((link) => link !== '' && !/^\w+:/.test(link));
        return here
          .filter((link) => !existsSync(join(installed, dirname(page), link)))
          .map((link) => `${page}: ${link}`);
      }),
    );
    expect(missing.flat()).toEqual([]);
  });

  it('has no source maps or build files, and has the files that services and editors need', async () => {
    const names = await readdir(installed, { recursive: true });
    expect(names.filter((name) => /\.map$|tsbuildinfo|\.build/.test(name))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        join('docs', 'jackfield-exchange.service'),
        join('docs', 'jackfield-record.service'),
        join('docs', 'jackfield-serve.service'),
        join('docs', 'Dockerfile'),
        join('dist', 'man', 'jackfield.1'),
        join('docs', 'scenario.schema.json'),
        join('examples', 'record-call.ts'),
        join('examples', 'flows', 'front-desk.yaml'),
      ]),
    );
    expect((await stat(join(installed, 'dist', 'index.js'))).size).toBeLessThan(8192);
  });
});
