// Partners with hostile names: a proxy between recorder and exchange writes them into what the exchange says.
import { connect, createServer } from 'node:net';
import { callEcho, pause } from './lab.mjs';
import { recorderBench, untilTold } from './recorder.mjs';

const NAMES = [
  '../../canary',
  '/etc/passwd',
  '..',
  '.',
  'ann.local',
  'ann.manifest',
  'ann.json',
  'Ann',
  'ann',
  'a\u0301nn',
  '\u00e1nn',
  'CON',
  'nul.txt',
  '-rf',
  '$(touch canary)',
  "x'; DROP TABLE recordings; --",
  '__proto__',
  'constructor',
  '\u001b[2J\u001b]0;x\u0007',
  '\u202egnp.exe',
  '\ud83d\ude00'.repeat(200),
  'a'.repeat(5000),
  '.recording',
  '.lock',
  'catalogue.sqlite',
  '   ',
  '%2e%2e%2f',
  '{id}',
];

export const part = {
  name: 'names',
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const names = [random.pick(NAMES), random.pick(NAMES), noise(random)];
        const proxy = await renaming(bench.port, names);
        const subject = await bench.prepare(random, {
          template: random.pick(['{partner}', '{partner}/{call}']),
        });
        const recorder = subject.record({}, proxy.port);
        await recorder.until('ready');
        const calls = await callEcho(bench.port, names.length);
        await calls.answered();
        await pause(random.between(300, 1500));
        await calls.hangUp();
        await untilTold(recorder, names.length);
        const { code, signal } = await recorder.end();
        proxy.close();
        count('names', names.length);
        const published = recorder.lines.filter(({ event }) => event === 'published').length;
        const faults = [
          ...(code === 0 ? [] : [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]),
          ...(published >= names.length ? [] : [`${published} of ${names.length} recordings were published`]),
          ...(await subject.finish()),
          ...bench.faults(),
        ].map((fault) => `${JSON.stringify(names).slice(0, 200)}: ${fault}`);
        await subject.remove();
        return faults;
      },
    };
  },
};

/** A name of characters that file systems, terminals and databases care about. */
function noise(random) {
  const characters = [...'./\\:*?"<>|\'`$%{}~#&;\t\u0001\u007f\u0085\u2028\u200fa\u0130\u00df '];
  return Array.from({ length: random.between(1, 60) }, () => random.pick(characters)).join('');
}

/** A port that passes everything on to another, but for the names of partners. */
async function renaming(port, names) {
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far);
    let rest = '';
    far.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split(/(?<=[\r\n\0])/);
      rest = /[\r\n\0]$/.test(lines.at(-1)) ? '' : lines.pop();
      for (const line of lines) near.write(renamed(line, names));
    });
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function renamed(line, names) {
  return line.replace(
    /(CALL (\d+) PARTNER_HANDLE )[^\r\n\0]*/,
    (_, head, id) => `${head}${names[Number(id) % names.length]}`,
  );
}
