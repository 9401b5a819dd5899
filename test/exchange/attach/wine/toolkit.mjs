// The toolkit as a client, for windows-wine.proof.test.ts. Usage: node toolkit.mjs <log file>; runs beside a built `dist`.
import { appendFileSync } from 'node:fs';

// `dist` lies beside this file only where the test has put both.
const { attach, WindowsTransport } = await import(new URL('dist/control.js', import.meta.url).href);

const log = (line) => appendFileSync(process.argv[2], `${line}\n`);
try {
  const client = await attach(new WindowsTransport(), { reattach: false });
  log(`ATTACHED ${client.protocol}`);
  const call = await client.call('echo123');
  await call.reached('INPROGRESS');
  log('INPROGRESS');
  await call.hangUp();
  log(await call.ended());
  await client.close();
} catch (error) {
  log(`FAILED ${error.stack}`);
}
process.exit(0);
