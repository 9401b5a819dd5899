import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const { faults, installed } = await import(new URL('../../scripts/licences.mjs', import.meta.url).href);

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const readme = readFileSync('README.md', 'utf8');

/** The lock file with another entry for one package. */
function withEntry(path: string, entry: object) {
  return { ...lock, packages: { ...lock.packages, [path]: entry } };
}

describe('the check of licences', () => {
  it('finds no fault in the packages of an installation', () => {
    expect(faults({ manifest, lock, readme })).toEqual([]);
    expect(installed(lock).length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
  });

  it('names a package that is not in the table', () => {
    const more = { ...manifest, dependencies: { ...manifest.dependencies, 'left-pad': '1.3.0' } };
    const locked = withEntry('node_modules/left-pad', { version: '1.3.0', license: 'MIT' });
    expect(faults({ manifest: more, lock: locked, readme })).toEqual([
      expect.stringMatching(/^left-pad: has no row/),
    ]);
  });

  it('names a licence that changed, of a direct package or one behind it', () => {
    const yazl = withEntry('node_modules/yazl', { version: '4.0.0', license: 'ISC' });
    expect(faults({ manifest, lock: yazl, readme })).toEqual([
      expect.stringMatching(/^yazl: the README says MIT/),
    ]);
    const nested = withEntry('node_modules/zod/node_modules/deep', { version: '1.0.0', license: 'AGPL-3.0' });
    expect(faults({ manifest, lock: nested, readme })).toEqual([
      expect.stringMatching(/^deep 1\.0\.0: licence AGPL/),
    ]);
    const unknown = withEntry('node_modules/deep', { version: '1.0.0' });
    expect(faults({ manifest, lock: unknown, readme })).toEqual([expect.stringMatching(/licence unknown/)]);
  });

  it('ignores packages that only developers install', () => {
    const dev = withEntry('node_modules/deep', { version: '1.0.0', license: 'AGPL-3.0', dev: true });
    expect(faults({ manifest, lock: dev, readme })).toEqual([]);
  });
});
