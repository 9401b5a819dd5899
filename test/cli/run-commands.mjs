// Runs command lines in this process, one after the other, as processes of their own would take minutes. Reads them as
// JSON from the file that it is given; prints, for each, how it ended.
import { readFileSync } from 'node:fs';
import { tellFailure } from '../../dist/cli/failure.js';
import { jackfieldProgram } from '../../dist/cli/program.js';

/** Services that nothing is wrong with are told to stop then, in milliseconds. */
const RUNS_MS = 1500;

const results = [];
const print = process.stdout.write.bind(process.stdout);
let said = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text) => {
    said += text;
    return true;
  };
}
// A command that was told to stop may still mean to end the process.
process.exit = () => undefined;
process.on('uncaughtException', (error) => {
  said += `UNCAUGHT ${error.stack}`;
});
for (const args of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  said = '';
  process.exitCode = 0;
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
  // timer: a service that nothing is wrong with goes on until it is told to stop
  const stop = setTimeout(() => process.emit('SIGTERM'), RUNS_MS);
  try {
    const program = await jackfieldProgram((name) => name === args[0]);
    for (const command of withAll(program)) command.exitOverride();
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!String(error.code).startsWith('commander.')) process.exitCode = tellFailure(error);
    else process.exitCode = 1;
  }
  clearTimeout(stop);
  results.push({ args: args.join(' '), code: process.exitCode, said });
}
print(JSON.stringify(results));
process.kill(process.pid, 'SIGKILL');

function withAll(command) {
  return [command, ...command.commands.flatMap(withAll)];
}
