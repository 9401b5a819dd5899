import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
};

/** The package's entry points: `jackfield/voice`, and the file of src that it is. */
const ENTRIES = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === 'string'
    ? []
    : [
        [
          path.replace('.', 'jackfield'),
          target.default.replace(/^\.\/dist\/(\w+)\.js$/, 'src/$1.ts'),
        ] as const,
      ],
);

describe.each(ENTRIES)('%s', (name, source) => {
  it('has these names', async () => {
    const entry = (await import(/* @vite-ignore */ `../${source}`)) as object;
    expect(Object.keys(entry).sort()).toMatchSnapshot();
  });

  it('lists them one by one, and is a module of the reference', () => {
    const text = readFileSync(source, 'utf8');
    expect(text).toContain(` * @module ${name}\n`);
    expect(text).not.toMatch(/^(export \*|import )/m);
  });
});

it('jackfield has no name that no other entry point has', async () => {
  const [main, ...others] = await Promise.all(
    ENTRIES.map(async ([, source]) => (await import(/* @vite-ignore */ `../${source}`)) as object),
  );
  const known = new Map(others.flatMap((entry) => Object.entries(entry)));
  for (const [name, value] of Object.entries(main ?? {})) {
    expect({ name, known: known.get(name) === value }).toEqual({ name, known: true });
  }
});
