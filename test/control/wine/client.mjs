// The client under test, for windows-wine.proof.test.ts. Usage: node client.mjs <log file>; runs beside `build/`.
import { appendFileSync } from 'node:fs';

// `build` lies beside this file only where the test has put both.
const built = (path) => import(new URL(`build/${path}`, import.meta.url).href);
const { attach } = await built('control/attach.js');
const { WindowsTransport } = await built('control/transport/windows-transport.js');

const log = (line) => appendFileSync(process.argv[2], `${line}\n`);
try {
  const client = await attach(new WindowsTransport(), { reattach: false });
  log(`ATTACHED ${client.protocol}`);
  log(await client.invoke('PING'));
  const name = await client.user('echo123').get('FULLNAME');
  log(`NAME ${name.length} ${name.slice(0, 9)}`);
  await client.invoke('NONSENSE').catch((error) => log(`${error.code} ${error.number}`));
  client.on('closed', (error) => {
    log(`CLOSED ${error?.code}`);
    process.exit(0);
  });
  client.invoke('QUIT').catch(() => undefined);
} catch (error) {
  log(`FAILED ${error.stack}`);
  process.exit(1);
}
