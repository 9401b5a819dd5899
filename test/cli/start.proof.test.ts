import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = 'dist/cli/main.js';
let folder: string;

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-start-'));
  const list = JSON.stringify(join(folder, 'loaded'));
  await writeFile(
    join(folder, 'hooks.mjs'),
    `import { appendFileSync } from 'node:fs';
     export function load(url, context, next) { appendFileSync(${list}, url + '\\n'); return next(url, context); }`,
  );
  await writeFile(
    join(folder, 'register.mjs'),
    `import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** The modules of our own, and the packages, that a bundled file consists of: the bundler names each before its code. */
const modulesOf = async (path: string) =>
  [...(await readFile(path, 'utf8')).matchAll(/^\/\/ (?:build\/|node_modules\/(@?[\w-]+)\/)(\S+)$/gm)].map(
    ([, ofPackage, module = '']) => ofPackage ?? module,
  );

/** Runs Node, and lists what it loads: modules of our own, and names of packages. */
async function loadedBy(...args: string[]): Promise<string[]> {
  await rm(join(folder, 'loaded'), { force: true });
  const hook = pathToFileURL(join(folder, 'register.mjs')).href;
  // Whether it succeeds is not asked.
  await promisify(execFile)(process.execPath, ['--import', hook, ...args]).catch(() => undefined);
  const urls = (await readFile(join(folder, 'loaded'), 'utf8')).split('\n');
  const places = urls.map(async (url) => {
    const [, ofPackage] = /\/node_modules\/((?:@[\w-]+\/)?[\w-]+)/.exec(url) ?? [];
    if (ofPackage) return [ofPackage];
    return url.includes('/dist/') ? await modulesOf(fileURLToPath(url)) : [];
  });
  return (await Promise.all(places)).flat();
}

/** The rooms of modules, in order of their names. */
const roomsOf = (loaded: readonly string[]) =>
  [...new Set(loaded.flatMap((place) => /^(\w+)\//.exec(place)?.[1] ?? []))].sort();

/** What the command consists of before anything is asked of it. */
const OWN = ['base', 'cli', 'files'];

describe('the command loads only the modules that it needs', () => {
  it.each([['--version'], ['--help'], ['help']])(
    '%s: loads no folder of src but its own, and no command',
    async (word) => {
      const loaded = await loadedBy(MAIN, word);
      expect(loaded).toContain('cli/main.js');
      expect(roomsOf(loaded)).toEqual(OWN);
      expect(loaded.filter((place) => /^cli\/\w+\//.test(place))).toEqual([]);
    },
  );

  it('explain: loads the protocol only', async () => {
    expect(roomsOf(await loadedBy(MAIN, 'explain', 'PING'))).toEqual([...OWN, 'protocol']);
  });

  it('ctl: loads requests to a service, and nothing of the service itself', async () => {
    expect(roomsOf(await loadedBy(MAIN, 'ctl', '--help'))).toEqual([...OWN, 'service']);
  });

  it('wav: loads the voice toolkit only', async () => {
    expect(roomsOf(await loadedBy(MAIN, 'wav', '--help'))).toEqual([...OWN, 'voice']);
  });
});

describe('a command that shares its calls', () => {
  it.each([
    ['record', ['--out', 'FOLDER/recordings']],
    ['ivr run', ['docs/no-flow.yaml']],
  ])('%s: loads nothing of the service but its feed', async (command, rest) => {
    const given = rest.map((word) => word.replace('FOLDER', folder));
    const loaded = await loadedBy(MAIN, ...command.split(' '), ...given, '--attach', 'tcp:1');
    expect(roomsOf(loaded)).toContain('tcp');
    expect(loaded.filter((place) => /^service\/(?!feed\/)/.test(place))).toEqual([]);
  });
});

describe('an entry point loads none of the dependencies', () => {
  const onlyZod = ['recording', 'bot', 'voicemail'];
  it.each(['index', 'protocol', 'voice', 'pcm', 'control', 'exchange', ...onlyZod])('%s', async (entry) => {
    const url = pathToFileURL(`dist/${entry}.js`).href;
    const loaded = await loadedBy('--input-type=module', '--eval', `import '${url}'`);
    const packages = new Set(loaded.filter((place) => !place.endsWith('.js')));
    expect([...packages]).toEqual(onlyZod.includes(entry) ? ['zod'] : []);
  });
});
