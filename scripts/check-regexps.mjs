// Refuses regular expressions of src whose time can grow faster than the text: nested quantifiers, and two in a row
// that share what they match. Says where each is, and a text that shows it. One that it cannot decide on, or that is put
// together at run time, is refused as well, unless a reason stands here.
process.env['RECHECK_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');
const { default: ts } = await import('typescript');

/** What the checker may take for one expression, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** Expressions that pass without a verdict, each with the reason for which its time does not grow. */
const REASONS = new Map([
  [
    '^ +\\S+ +([\\dA-F]+):([\\dA-F]+) +\\S+ +([\\dA-F]+) +(\\d+) +(\\d+) +(\\d+)',
    'anchored, each part ends where the next cannot begin, and the kernel writes the lines, of 150 characters',
  ],
]);

/** Whether it can take more than linear time at all: not without two unbounded repetitions, or one that may begin anywhere. */
function isSuspect(source) {
  const unbounded = source.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/gs, 'x').match(/[*+]|\{\d+,\}/g) ?? [];
  return unbounded.length > (source.startsWith('^') ? 1 : 0);
}

/** `RegExp(...)`, with or without `new`. */
function isMadeAtRunTime(node) {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  return ts.isIdentifier(node.expression) && node.expression.text === 'RegExp';
}

function* expressionsOf(path) {
  const file = ts.createSourceFile(path, ts.sys.readFile(path) ?? '', ts.ScriptTarget.ESNext);
  const ahead = [file];
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    if (isMadeAtRunTime(node)) yield { place: `${path}:${line + 1}`, made: node.getText(file) };
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      yield {
        place: `${path}:${line + 1}`,
        source: node.text.slice(1, end),
        flags: node.text.slice(end + 1),
      };
    }
    ts.forEachChild(node, (child) => void ahead.push(child));
  }
}

/** What is wrong with an expression; nothing where its time grows with the text. */
function faultOf({ source, flags, made }) {
  if (REASONS.has(made ?? source)) return undefined;
  if (made)
    return `${made} is put together at run time: scan by hand, or give a reason in ${import.meta.filename}.`;
  if (!isSuspect(source)) return undefined;
  const { status, complexity, attack, error } = checkSync(source, flags, { timeout: TIMEOUT_MS });
  if (status === 'safe') return undefined;
  const found =
    status === 'vulnerable'
      ? `takes ${complexity.summary} time, as for ${attack.pattern}`
      : `cannot be decided on (${error?.kind ?? 'no reason told'})`;
  return `/${source}/${flags} ${found}: write it without repetitions that can share what they match, or scan by hand.`;
}

const [folder = 'src'] = process.argv.slice(2);
let refused = 0;
for (const path of ts.sys.readDirectory(folder, ['.ts'])) {
  for (const expression of expressionsOf(path)) {
    const fault = faultOf(expression);
    if (fault === undefined) continue;
    refused++;
    process.stderr.write(`${expression.place} ${fault}\n`);
  }
}
process.exitCode = refused > 0 ? 1 : 0;
