// Runs programs one after the other, in one process, each in its folder: `fork('run-programs.mjs', paths)`. Tells its
// parent of each what it threw, if it did. It ends when nothing that a program began goes on.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

for (const path of process.argv.slice(2)) {
  process.chdir(dirname(path));
  const thrown = await import(pathToFileURL(path)).then(
    () => undefined,
    (error) => error?.stack ?? String(error),
  );
  process.send({ path, thrown });
}
