import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import * as bot from '../../src/bot.js';
import * as control from '../../src/control.js';
import * as exchange from '../../src/exchange.js';
import * as main from '../../src/index.js';
import * as pcm from '../../src/pcm.js';
import * as protocol from '../../src/protocol.js';
import * as recording from '../../src/recording.js';
import * as voice from '../../src/voice.js';
import * as voicemail from '../../src/voicemail.js';
import { testFolder } from '../voice/fixtures.js';
import { type Block, blocksIn, nameOf, placeOf } from './blocks.js';
import { makePackage, writeProgram } from './package-folder.js';

const folder = testFolder();
const code = blocksIn('ts', 'js');
const pathOf = (block: Block) => join(folder, nameOf(block), block.file ?? `block.m${block.language}`);

beforeAll(() => {
  makePackage(folder);
  writeFileSync(join(folder, 'context.d.ts'), readFileSync(new URL('context.d.ts', import.meta.url)));
  for (const block of code) writeProgram(folder, block, `${imported(block)}${block.code}export {};\n`);
});

const ENTRIES = Object.entries({
  jackfield: main,
  'jackfield/bot': bot,
  'jackfield/control': control,
  'jackfield/exchange': exchange,
  'jackfield/pcm': pcm,
  'jackfield/protocol': protocol,
  'jackfield/recording': recording,
  'jackfield/voice': voice,
  'jackfield/voicemail': voicemail,
});

/** Imports the names of the package that a block uses and, as one that goes on from another does, does not import. */
function imported({ code: text }: Block): string {
  if (/^import .* from 'jackfield/m.test(text)) return '';
  const isUsed = (name: string) =>
    new RegExp(`(?<![\\w.'"/-])${name}\\s*[.({]`).test(text) &&
    !new RegExp(`(const|function|\\{[^}]*) ${name}\\b[^(]*=`).test(text);
  const found = new Set<string>();
  return ENTRIES.map(([entry, names]) => {
    const used = Object.keys(names).filter((name) => !found.has(name) && isUsed(name));
    for (const name of used) found.add(name);
    return used.length === 0 ? '' : `import { ${used.join(', ')} } from '${entry}'; `;
  }).join('');
}

describe('each block of code', () => {
  // It computes and waits for nothing: a limit of time would only tell how busy the machine is.
  it('compiles with the public types of the package', { timeout: 0 }, () => {
    const options: ts.CompilerOptions = {
      ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'] },
      ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      ...{ types: ['node'], typeRoots: [join(folder, 'node_modules', '@types')] },
      ...{ strict: true, noImplicitAny: false, strictNullChecks: true, skipLibCheck: true, noEmit: true },
      ...{ allowJs: true, checkJs: true, preserveSymlinks: false },
    };
    const control = join(folder, 'control.mts');
    writeFileSync(
      control,
      "import { attach } from 'jackfield';\nawait attach(5);\nawait client.nothing();\n",
    );
    const program = ts.createProgram([...code.map(pathOf), join(folder, 'context.d.ts'), control], options);
    // What is wrong would be found.
    const controlSource = program.getSourceFile(control);
    expect(program.getSemanticDiagnostics(controlSource).map(({ code: number }) => number)).toEqual([
      2345, 2339,
    ]);
    const wrong = code.flatMap((block) => {
      const source = program.getSourceFile(pathOf(block));
      if (!source) return [`${placeOf(block)}: was not read`];
      // What is possibly undefined is for those who do not write plain JavaScript.
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return found
        .filter(({ code: number }) => block.language === 'ts' || ![2532, 18048, 7022].includes(number))
        .map(({ start = 0, messageText }) => {
          const { line } = source.getLineAndCharacterOfPosition(start);
          return `${block.page}:${block.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
        });
    });
    expect(wrong).toEqual([]);
  });

  it.each(blocksIn('js').map((block) => [placeOf(block), block] as const))(
    'runs on every supported version of Node: %s',
    (_, block) => {
      // Explicit resource management came with Node 24.
      expect(block.code).not.toMatch(/^\s*(await )?using /m);
      const { status, stderr } = spawnSync(process.execPath, ['--check', pathOf(block)], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );
});
