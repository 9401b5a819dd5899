import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, blocksIn, nameOf, ROOT } from './blocks.js';

/** Makes a folder a package that has this one installed. */
export function makePackage(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules', 'jackfield'));
  symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
}

/** Writes the code of a block into a folder of its own, with the blocks of its page that it may import. @returns its path. */
export function writeProgram(folder: string, block: Block, code: string, name?: string): string {
  const own = join(folder, nameOf(block));
  mkdirSync(own, { recursive: true });
  const path = join(own, name ?? block.file ?? `block.m${block.language}`);
  writeFileSync(path, code);
  for (const named of blocksIn('ts', 'js')) {
    if (named.page === block.page && named.file && named.file !== block.file) {
      writeFileSync(join(own, named.file), named.code);
    }
  }
  return path;
}
