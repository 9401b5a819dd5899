import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const ROOT = new URL('../../', import.meta.url).pathname;

/** A block of code in the documentation. */
export interface Block {
  /** `docs/bots.md` */
  readonly page: string;
  /** Of its first line, in the page. */
  readonly line: number;
  /** What the fence says: `ts`, `sh`; empty where it says nothing. */
  readonly language: string;
  readonly code: string;
  /** The file that the paragraph before it names, such as `hotline.js`. */
  readonly file: string | undefined;
}

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The text of each page. */
export const TEXTS: ReadonlyMap<string, string> = new Map(
  PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]),
);

/** Every block of README, CONTRIBUTING and docs. */
export const BLOCKS: readonly Block[] = [...TEXTS].flatMap(([page, text]) => blocksOf(page, text));

export function blocksIn(...languages: readonly string[]): readonly Block[] {
  return BLOCKS.filter(({ language }) => languages.includes(language));
}

/** For the title of a test. */
export function placeOf({ page, line }: Block): string {
  return `${page}:${line}`;
}

/** A name for a file of its own. */
export function nameOf({ page, line }: Block): string {
  return `${basename(page, '.md')}-${line}`;
}

export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  let before = '';
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\S*)/.exec(line);
    if (open && fence) {
      const [, file] = /`([\w.-]+\.[cm]?[jt]s)`.*:$/.exec(before) ?? [];
      blocks.push({
        page,
        line: open.line,
        language: open.language,
        code: `${open.lines.join('\n')}\n`,
        file,
      });
      open = undefined;
    } else if (fence) open = { language: fence[1] ?? '', line: index + 2, lines: [] };
    else if (open) open.lines.push(line);
    else if (line.trim() !== '') before = line;
  }
  return blocks;
}
