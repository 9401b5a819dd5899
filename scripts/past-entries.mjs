// A plugin for the bundler. Has the commands import from the modules themselves what they import through an entry point:
// the bundler would have each of them load all that the entry point gives, as it is a file of its own.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';

/** Names in braces, and the module that they are from, as the compiler writes them. */
const EXPORTS = /^export \{([^}]*)\} from '([^']+)';$/gm;
const IMPORTS = /^import \{([^}]*)\} from '([^']+)';$/gm;
const LATER_IMPORTS = /\{([^{}]*)\} = await import\('([^']+)'\)/g;

/** @param entries Paths of the entry points. */
export function pastEntries(entries) {
  const places = new Map(entries.map((entry) => [entry, placesOf(entry)]));

  /** Lists names by the modules that they are from; undefined where no entry point is asked for them. */
  function byModule(names, source, id) {
    const given = places.get(resolve(dirname(id), source));
    if (!given) return undefined;
    const groups = new Map();
    for (const [asked, as] of pairs(names)) {
      const { name, from } = given.get(asked);
      const specifier = relative(dirname(id), from)
        .split(sep)
        .join('/')
        .replace(/^(?!\.)/, './');
      groups.set(specifier, [...(groups.get(specifier) ?? []), [name, as]]);
    }
    return [...groups];
  }

  const braces = (list, word) => `{ ${list.map(([name, as]) => `${name}${word}${as}`).join(', ')} }`;
  return {
    name: 'past-entries',
    transform(code, id) {
      const imported = code.replace(IMPORTS, (whole, names, source) => {
        const groups = byModule(names, source, id);
        return (
          groups?.map(([from, list]) => `import ${braces(list, ' as ')} from '${from}';`).join('\n') ?? whole
        );
      });
      return imported.replace(LATER_IMPORTS, (whole, names, source) => {
        const groups = byModule(names, source, id);
        if (!groups) return whole;
        const patterns = groups.map(([, list]) => braces(list, ': ')).join(', ');
        return `[${patterns}] = await Promise.all([${groups.map(([from]) => `import('${from}')`).join(', ')}])`;
      });
    },
  };
}

/** Finds what an entry point exports: by name, the module that has it, and its name there. */
function placesOf(entry) {
  const places = new Map();
  for (const [, names, source] of readFileSync(entry, 'utf8').matchAll(EXPORTS)) {
    const from = resolve(dirname(entry), source);
    for (const [name, as] of pairs(names)) places.set(as, { name, from });
  }
  return places;
}

/** Reads `a, b as c` as pairs of the name and the name that it is given. */
function pairs(names) {
  const each = names
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean);
  return each.map((text) => text.split(' as ')).map(([name, as = name]) => [name, as]);
}
