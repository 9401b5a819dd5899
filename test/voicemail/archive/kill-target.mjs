// Archives a mailbox and deletes its originals, on the built package. All that leaves a trace outside the process is a
// step: each line of the wire, each call that changes a file or a folder, each statement of SQLite that changes the
// catalogue. Each is printed just before it is done, with how often it came; the process kills itself before `killAt`.
// Run by kill-and-resume.proof.test.ts.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { stepBySql, stepsUntil } from '../../killed-at.mjs';

const [port, root, killAt, optionsJson] = process.argv.slice(2);
const { encryptTo, folder } = JSON.parse(optionsJson);

const step = stepsUntil(killAt);

/** What kind of file it is: names and numbers differ from run to run. */
function kindOf(path) {
  const name = basename(String(path));
  const kinds = [/\.lock.*$/, /catalogue\.db.*$/, /\.wav(\.age)?$/, /\.json(\.part)?$/];
  return kinds.map((kind) => kind.exec(name)?.[0]).find(Boolean) ?? 'folder';
}

const open = new Map();
const realOpen = fs.open;
fs.open = (path, ...rest) => {
  step(`open ${kindOf(path)}`);
  const done = rest.pop();
  realOpen(path, ...rest, (error, fd) => {
    if (!error) open.set(fd, kindOf(path));
    done(error, fd);
  });
};
for (const name of ['write', 'writev', 'fsync', 'ftruncate']) {
  const real = fs[name];
  fs[name] = (fd, ...rest) => {
    step(`${name} ${open.get(fd)}`);
    return real(fd, ...rest);
  };
}
for (const name of ['writeSync', 'fsyncSync', 'ftruncateSync']) {
  const real = fs[name];
  fs[name] = (fd, ...rest) => {
    if (open.has(fd)) step(`${name} ${open.get(fd)}`);
    return real(fd, ...rest);
  };
}
for (const name of ['mkdir', 'rm', 'rename']) {
  const real = fsPromises[name];
  fsPromises[name] = (path, ...rest) => {
    step(`${name} ${kindOf(path)}`);
    return real(path, ...rest);
  };
}
const { open: openHandle } = fsPromises;
fsPromises.open = async (path, ...rest) => {
  step(`open ${kindOf(path)}`);
  const handle = await openHandle(path, ...rest);
  for (const [name, told] of [
    ['sync', 'fsync'],
    ['writeFile', 'writeFile'],
  ]) {
    const real = handle[name].bind(handle);
    handle[name] = (...given) => {
      step(`${told} ${kindOf(path)}`);
      return real(...given);
    };
  }
  return handle;
};
syncBuiltinESMExports();

stepBySql(step);

const { archiveVoicemails, VoicemailArchive } = await import('../../../dist/voicemail.js');
const { attach, TcpTransport } = await import('../../../dist/control.js');
const { PcmServer } = await import('../../../dist/pcm.js');
const client = await attach(new TcpTransport({ port: Number(port) }));
client.on('trace', ({ direction, line }) => {
  // What an endpoint says of itself comes when it likes.
  if (!line.includes('VOICEMAIL')) return;
  step(`${direction} ${line.replace(/FILE=".+"/, 'FILE=""').replace(/^#\d+ |\d+/g, '')}`);
});
const archive = await VoicemailArchive.open(root, encryptTo ? { encryptTo } : {});
const route = folder ? { folder } : { server: new PcmServer() };
await archiveVoicemails(client, archive, { route, deleteOriginals: true, tags: ['taken out'], attempts: 1 });
await archive.close();
process.exit();
