import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../scripts/check-comments.mjs');

/** Runs the check over a folder that holds these files. */
function check(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-comments-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], { encoding: 'utf8' });
  return { status, said: stderr.replaceAll(`${folder}/`, '') };
}

describe('the check of comments', () => {
  it('names the file and line of each docblock that begins with a question word', () => {
    const files = {
      'room/one.ts':
        '/** Gives one. */\nconst one = 1;\n\n/**\n * Whether it is so.\n */\nconst so = true;\n',
      'top.ts': 'interface Top {\n  /** What is at the top. */\n  readonly top: string;\n}\n',
    };
    expect(check(files)).toEqual({
      status: 1,
      said:
        'room/one.ts:5 begins with "Whether": begin with a verb or a noun.\n' +
        'top.ts:2 begins with "What": begin with a verb or a noun.\n',
    });
  });

  it('allows question words elsewhere, and words that only begin like one', () => {
    const text = '/** Tells\n * What is it. */\n// How it is done.\n/** Whole files. */\n/* Why. */\n';
    expect(check({ 'room/fine.ts': text })).toEqual({ status: 0, said: '' });
  });
});
