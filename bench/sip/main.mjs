// Calls by SIP: `npm run bench:sip -- [setup] [echo] [siprec] [options]`, all three unless some are named. Needs sip-tester
// and gcc; rtpengine-daemon for what is measured beside. Fails where a call, a packet or a sample is missing.
//
//   setup    SIPp calls a robot: --calls 2000 --rate 100 (a second)
//   echo     calls with voice that are echoed: --echo 200
//   siprec   calls that recording clients send: --recorded 100,300,500
//   --threads 1    that receive the voice of siprec; 0: the one that records receives as well
//   --seconds 10   for which echo and siprec are measured
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '100' },
    echo: { type: 'string', default: '200' },
    recorded: { type: 'string', default: '100,300,500' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
  },
});
const seconds = Number(values.seconds);
const parts = {
  setup: async () => (await import('./setup.mjs')).setup(Number(values.calls), Number(values.rate)),
  echo: async () => (await import('./echo.mjs')).echo(Number(values.echo), seconds),
  siprec: async () => {
    const { siprec } = await import('./siprec.mjs');
    return siprec(values.recorded.split(',').map(Number), seconds, Number(values.threads));
  },
};
const unknown = positionals.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no part ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}.\n`,
  );
  process.exit(2);
}
for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  if (!(await measure())) process.exitCode = 1;
}
process.exit();
