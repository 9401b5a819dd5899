// Publishes what lies in a recorder's folder, on the built package. Each call that changes a file or a folder, and each
// statement of SQLite that changes the catalogue, is a step: printed just before it is done, with how often it came; the
// process kills itself before `killAt`. Run by publication-kill.test.ts.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const [folder, killAt, optionsJson] = process.argv.slice(2);
const counts = new Map();

function step(what) {
  const count = (counts.get(what) ?? 0) + 1;
  counts.set(what, count);
  const name = `${what} #${count}`;
  fs.writeSync(1, `${name}\n`);
  if (name === killAt) process.kill(process.pid, 'SIGKILL');
}

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

const Sqlite = createRequire(import.meta.url)('libsql');
const { exec, prepare } = Sqlite.prototype;
Sqlite.prototype.exec = function (sql) {
  step(`SQL ${sql.trim().split('\n')[0].replace(/\d+/, '')}`);
  return exec.call(this, sql);
};
Sqlite.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  const run = statement.run.bind(statement);
  statement.run = (...values) => {
    step(`SQL ${/\w+( INTO| FROM)? \w+/.exec(sql)?.[0]}`);
    return run(...values);
  };
  return statement;
};

const { attach, MemoryTransport } = await import('../../../dist/control.js');
const { Exchange } = await import('../../../dist/exchange.js');
const { PcmServer } = await import('../../../dist/pcm.js');
const { Recorder } = await import('../../../dist/recording.js');
const exchange = await Exchange.start();
const client = await attach(new MemoryTransport(exchange.endpoint()));
const recorder = await Recorder.start(client, new PcmServer(), { folder, ...JSON.parse(optionsJson) });
await recorder.close();
process.exit();
