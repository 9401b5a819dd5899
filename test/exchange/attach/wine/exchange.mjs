// The exchange under test, for windows-wine.proof.test.ts. Usage: node exchange.mjs <log file>; runs beside a built `dist`.
// Ends at the command MINIMIZE.
import { appendFileSync } from 'node:fs';
import { Exchange } from './dist/exchange.js';

const log = (line) => appendFileSync(process.argv[2], `${line}\n`);
try {
  const exchange = await Exchange.start({
    users: [{ handle: 'alice' }],
    attach: ({ name }) => log(`ASKED ${name}`) ?? true,
  });
  exchange.on('failure', (error) => log(`FAILURE ${error.code ?? error.stack}`));
  exchange.on('line', ({ direction, text }) => {
    if (direction !== 'in') return;
    log(`IN ${text.length} ${text.slice(0, 40)}`);
    if (text.endsWith('MINIMIZE')) setImmediate(() => void end());
  });
  const end = async () => {
    await exchange.close();
    log('CLOSED');
    process.exit(0);
  };
  await exchange.listenOnWindows();
  log('READY');
} catch (error) {
  log(`FAILED ${error.stack}`);
  process.exit(1);
}
