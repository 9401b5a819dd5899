// Makes each call that changes a file or a folder, and each statement of SQLite that changes a database, a step: printed
// just before it is done, with how often it came. The process kills itself before the step that is the third argument of its
// command line. Imported before anything else by programs that tests kill.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { stepBySql, stepsUntil } from '../killed-at.mjs';

const step = stepsUntil(process.argv[3]);

/** What kind of file it is: names differ from run to run. */
function kindOf(path) {
  const kinds =
    /\.(publication|manifest)\.json.*|\.(json|journal|reserve|tail|tail-old)(\.part)?|(\.(local|remote))?\.wav.*|\.(flac|mp3|opus).*|catalogue\..*$/;
  return kinds.exec(basename(String(path)))?.[0] ?? 'folder';
}

for (const name of ['mkdir', 'writeFile', 'rm', 'rename', 'link']) {
  const real = fsPromises[name];
  fsPromises[name] = (path, ...rest) => {
    step(`${name} ${kindOf(name === 'link' ? rest[0] : path)}`);
    return real(path, ...rest);
  };
}
const { open: openHandle } = fsPromises;
fsPromises.open = async (path, flags = 'r', ...rest) => {
  if (flags !== 'r') step(`open ${kindOf(path)}`);
  const handle = await openHandle(path, flags, ...rest);
  const writeFile = handle.writeFile.bind(handle);
  handle.writeFile = (...data) => {
    step(`write ${kindOf(path)}`);
    return writeFile(...data);
  };
  return handle;
};
const realOpen = fs.open;
fs.open = (path, flags, ...rest) => {
  if (flags !== 'r') step(`open ${kindOf(path)}`);
  return realOpen(path, flags, ...rest);
};
syncBuiltinESMExports();

stepBySql(step);
