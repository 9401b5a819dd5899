#!/usr/bin/env node
// Stands in for macOS's osascript: knows the three scripts that the transport runs, and asks the test for the rest.
import { connect } from 'node:net';

const socket = process.env.JACKFIELD_TEST_SOCKET;
const args = process.argv.slice(2);
const ask = connect(socket);
ask.on('error', () => {
  // The endpoint is not there.
  if (args.includes('application "Skype" is running')) process.stdout.write('false\n');
  process.exitCode = args.includes('application "Skype" is running') ? 0 : 1;
});
if (args.includes('application "Skype" is running')) {
  ask.on('connect', () => {
    process.stdout.write('true\n');
    ask.end();
  });
} else if (
  args[0] === '-l' &&
  args[1] === 'JavaScript' &&
  args[3].includes('NSDistributedNotificationCenter')
) {
  ask.write(`${JSON.stringify({ observe: args.slice(4) })}\n`);
  ask.pipe(process.stdout);
  ask.on('connect', () => process.stdout.write('{"name":"READY","info":{}}\n'));
} else if (args[3].includes('send command (item 1 of argv)')) {
  ask.write(`${JSON.stringify({ command: args[6], name: args[7] })}\n`);
  ask.pipe(process.stdout);
}
