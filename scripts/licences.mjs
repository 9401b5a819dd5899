// Checks the licences of what an installation brings: each package that the lock file installs for users has a
// licence that allows it, and the README's table "Dependencies" names each direct one with the licence it has.
// `npm run licences` checks, and with --list also prints what was found.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Licences under which a package may be used and passed on unchanged by a program of any licence. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MPL-2.0',
]);

/** Packages whose package.json names no licence, with the one that their LICENSE file holds. */
const BY_FILE = { x11: 'MIT' };

/** The packages that the lock file installs for users, optional ones included: name, version, licence. */
export function installed(lock) {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev && !entry.peer)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, licence: license ?? BY_FILE[name] };
    });
}

/** The rows of the README's table: package to licence. A row may name several packages, separated by commas. */
export function tableOf(readme) {
  const section = readme.split(/^## Dependencies$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)];
  return new Map(
    rows.flatMap(([, names, licence]) => names.split(', ').map((name) => [name.trim(), licence.trim()])),
  );
}

/** What is wrong, a line each; none when all is well. */
export function faults({ manifest, lock, readme }) {
  const packages = installed(lock);
  const table = tableOf(readme);
  const found = packages
    .filter(({ licence }) => !ALLOWED.has(licence))
    .map(
      ({ name, version, licence }) =>
        `${name} ${version}: licence ${licence ?? 'unknown'} is not among those allowed.`,
    );
  for (const name of Object.keys(manifest.dependencies)) {
    const licence = packages.find((entry) => entry.name === name)?.licence;
    const said = table.get(name);
    if (said === undefined) found.push(`${name}: has no row in the README's table of dependencies.`);
    // A package may bring a library of another licence inside it: "MPL-2.0, LAME inside: LGPL-2.0".
    else if (said !== licence && !said.startsWith(`${licence}, `)) {
      found.push(`${name}: the README says ${said}, the package ${licence}.`);
    }
  }
  return found;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const lock = JSON.parse(read('package-lock.json'));
  if (process.argv.includes('--list')) {
    for (const { name, version, licence } of installed(lock))
      process.stdout.write(`${name} ${version}: ${licence}\n`);
  }
  const found = faults({ manifest: JSON.parse(read('package.json')), lock, readme: read('README.md') });
  for (const line of found) process.stderr.write(`${line}\n`);
  if (found.length > 0) process.exitCode = 1;
  else process.stdout.write(`The licences of ${installed(lock).length} packages are known and allowed.\n`);
}
