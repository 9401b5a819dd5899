// Has a port and shares its voice, but is so busy that it answers only after 2.5 s. Prints the port.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const folder = `${process.env.XDG_RUNTIME_DIR}/jackfield`;
mkdirSync(folder, { recursive: true, mode: 0o700 });
const voice = createServer().listen(0, '127.0.0.1', () => {
  const { port } = voice.address();
  const answer = { ok: true, object: 'CALL 7', remote: 32000, local: 32000, paced: true };
  createServer((socket) => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).once('line', () => {
      // timer: a process that is busy
      setTimeout(() => socket.write(`${JSON.stringify(answer)}\n`), 2500);
    });
  }).listen(`${folder}/voice-${process.pid}.sock`, () => process.stdout.write(`${port}\n`));
});
