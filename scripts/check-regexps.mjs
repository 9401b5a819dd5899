// Refuses regular expressions of src whose time can grow faster than the text: nested quantifiers, and two in a row
// that share what they match. Says where each is, and a text that shows it.
process.env['RECHECK_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');
const { default: ts } = await import('typescript');

/** What the checker may take for one expression, in milliseconds; one that it cannot decide on by then passes. */
const TIMEOUT_MS = 2000;

/** Whether it can take more than linear time at all: not without two unbounded repetitions, or one that may begin anywhere. */
function isSuspect(source) {
  const unbounded = source.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/gs, 'x').match(/[*+]|\{\d+,\}/g) ?? [];
  return unbounded.length > (source.startsWith('^') ? 1 : 0);
}

function* literalsOf(path) {
  const file = ts.createSourceFile(path, ts.sys.readFile(path) ?? '', ts.ScriptTarget.ESNext);
  const ahead = [file];
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.pos);
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

let refused = 0;
for (const path of ts.sys.readDirectory('src', ['.ts'])) {
  for (const { place, source, flags } of literalsOf(path)) {
    if (!isSuspect(source)) continue;
    const { status, complexity, attack } = checkSync(source, flags, { timeout: TIMEOUT_MS });
    if (status !== 'vulnerable') continue;
    refused++;
    process.stderr.write(
      `${place} /${source}/${flags} takes ${complexity.summary} time, as for ${attack.pattern}: ` +
        'write it without repetitions that can share what they match, or scan by hand.\n',
    );
  }
}
process.exitCode = refused > 0 ? 1 : 0;
