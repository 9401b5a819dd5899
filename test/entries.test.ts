import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
};

/** The package's entry points: `jackfield/voice`, and `voice`, the module of src that it is. */
const ENTRIES = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === 'string'
    ? []
    : [[path.replace('.', 'jackfield'), target.default.replace(/^\.\/dist\/(\w+)\.js$/, '$1')] as const],
);

/** Loads an entry point by its name, as the other tests do: what was built, where that is tested. */
async function entryOf(name: string): Promise<object> {
  return (await import(/* @vite-ignore */ name)) as object;
}

describe.each(ENTRIES)('%s', (name, module) => {
  it('has these names', async () => {
    const entry = await entryOf(name);
    expect(Object.keys(entry).sort()).toMatchSnapshot();
  });

  it('exports its names one by one, and is a module of the reference', () => {
    const text = readFileSync(`src/${module}.ts`, 'utf8');
    expect(text).toContain(` * @module ${name}\n`);
    expect(text).not.toMatch(/^(export \*|import )/m);
  });
});

it('each name of jackfield is in another entry point, too', async () => {
  const [main, ...others] = await Promise.all(ENTRIES.map(([name]) => entryOf(name)));
  const known = new Map(others.flatMap((entry) => Object.entries(entry)));
  for (const [name, value] of Object.entries(main ?? {})) {
    expect({ name, known: known.get(name) === value }).toEqual({ name, known: true });
  }
});

describe('a public name', () => {
  /** The modules that each name comes from, and what it is called there. */
  const meanings = new Map<string, Set<string>>();
  for (const [, entry] of ENTRIES) {
    for (const [, names = '', module = ''] of readFileSync(`src/${entry}.ts`, 'utf8').matchAll(
      /^export (?:type )?\{([^}]*)\} from '\.\/(.*)\.js';$/gm,
    )) {
      for (const [, original = '', renamed = original] of names.matchAll(
        /(?:type )?(\w+)(?: as (\w+))?\s*(?:,|$)/g,
      )) {
        meanings.set(renamed, (meanings.get(renamed) ?? new Set()).add(`${original} of ${module}`));
      }
    }
  }

  it('means the same in every entry point', () => {
    expect(meanings.size).toBeGreaterThan(700);
    for (const [name, modules] of meanings) expect([name, ...modules]).toHaveLength(2);
  });
});
