import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

/** Runs Node, and lists what it loads: files of dist, and names of packages. */
async function loadedBy(...args: string[]): Promise<string[]> {
  await rm(join(folder, 'loaded'), { force: true });
  const hook = pathToFileURL(join(folder, 'register.mjs')).href;
  await promisify(execFile)(process.execPath, ['--import', hook, ...args]);
  const urls = (await readFile(join(folder, 'loaded'), 'utf8')).split('\n');
  return urls.flatMap((url) => {
    const [, ofPackage, file] = /\/node_modules\/((?:@[\w-]+\/)?[\w-]+)|\/dist\/(.*)/.exec(url) ?? [];
    return ofPackage ?? file ?? [];
  });
}

const entryPoints = (loaded: readonly string[]) => loaded.filter((place) => /^[\w-]+\.js$/.test(place));

describe('the command loads what it needs', () => {
  it.each([['--version'], ['--help'], ['help']])('%s: no entry point, no command', async (word) => {
    const loaded = await loadedBy(MAIN, word);
    expect(loaded).toContain('cli/main.js');
    expect(entryPoints(loaded)).toEqual([]);
    expect(loaded.filter((place) => /^cli\/\w+\//.test(place))).toEqual([]);
  });

  it('explain: the language alone', async () => {
    expect(entryPoints(await loadedBy(MAIN, 'explain', 'PING'))).toEqual(['protocol.js']);
  });

  it('wav: the voice toolkit alone', async () => {
    expect(entryPoints(await loadedBy(MAIN, 'wav', '--help'))).toEqual(['voice.js']);
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
