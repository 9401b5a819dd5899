// Compiles the examples against the built package and runs one: npm run example -- NAME [JSON options]
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const [name, options = '{}'] = process.argv.slice(2);
const names = readdirSync('examples')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));
if (!names.includes(name)) {
  process.stderr.write(`Give the name of an example: ${names.join(', ')}.\n`);
  process.exit(1);
}
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
if (!existsSync('dist/index.js')) {
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  await import('./bundle.mjs');
}
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.examples.json'], { stdio: 'inherit' });
const { run } = await import(new URL(`../examples/.build/${name}.js`, import.meta.url).href);
const result = await run(JSON.parse(options));
if (result?.transcript) {
  const { formatTranscript } = await import('jackfield/bot');
  process.stdout.write(`${formatTranscript(result.transcript)}\n\n`);
}
const shown = (key, value) => {
  if (key === 'transcript') return undefined;
  return ArrayBuffer.isView(value) ? `${value.length} samples` : value;
};
process.stdout.write(`${JSON.stringify(result, shown, 2)}\n`);
