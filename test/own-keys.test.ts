import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * Every look-up in `src` whose key is text, or whose table is a map of text, other than by a key that is written
 * there: `table[word]` finds `constructor` and `__proto__`, which nobody has put in.
 */
function openLookUps(): string[] {
  const root = process.cwd();
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as unknown;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = ts.sys.readDirectory(join(root, 'src'), ['.ts']);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  // The compiler keeps the folder in which the process was when it was loaded: perhaps by another test, elsewhere.
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram(files, { ...options, noEmit: true }, host);
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isOpen(node, checker)) {
      const file = node.getSourceFile();
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${relative(root, file.fileName)}:${line + 1} ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) {
    if (files.some((name) => file.fileName.endsWith(name))) visit(file);
  }
  return found;
}

function isOpen(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isElementAccessExpression(node)) {
    const { argumentExpression: key, expression: table } = node;
    if (ts.isStringLiteral(key) || ts.isPropertyAccessExpression(key)) return false;
    const isMap = checker.getIndexInfosOfType(checker.getTypeAtLocation(table)).some(isByText);
    const type = checker.getTypeAtLocation(key);
    return isText(type) || (isMap && (type.flags & ts.TypeFlags.NumberLike) === 0);
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.InKeyword) return false;
  return isText(checker.getTypeAtLocation(node.left));
}

function isByText({ keyType }: ts.IndexInfo): boolean {
  return (keyType.flags & ts.TypeFlags.String) !== 0;
}

/** Whether a value of the type can be any text, not one of some words. */
function isText(type: ts.Type): boolean {
  if (type.isUnionOrIntersection()) return type.types.some(isText);
  const constraint = type.getConstraint();
  if (constraint && constraint !== type) return isText(constraint);
  const open = ts.TypeFlags.String | ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TemplateLiteral;
  return (type.flags & open) !== 0;
}

describe('the source', () => {
  // It computes and waits for nothing: a limit of time would only tell how busy the machine is.
  it('looks up tables by text only through entryOf, which finds own keys only', { timeout: 0 }, () => {
    expect(openLookUps().filter((place) => !place.includes('src/base/entry-of.ts'))).toEqual([]);
  });
});
