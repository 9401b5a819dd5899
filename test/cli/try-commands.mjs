// Runs command lines in this process, one after the other, as processes of their own would take minutes: for
// try-commands.ts. Reads lists of them as lines of JSON from descriptor 3; prints, for each list, how each of them ended.
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { tellFailure } from '../../build/cli/failure.js';
import { jackfieldProgram } from '../../build/cli/program.js';

/** Services that nothing is wrong with are told to stop then, in milliseconds. */
const RUNS_MS = Number(process.argv[2]);

const print = process.stdout.write.bind(process.stdout);
let said = '';
/** The part of it that is the result. */
let printed = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text) => {
    said += text;
    if (stream === process.stdout) printed += text;
    return true;
  };
}
// A command that was told to stop may still mean to end the process.
process.exit = () => undefined;
process.on('uncaughtException', (error) => {
  said += `UNCAUGHT ${error.stack}`;
});
for await (const list of createInterface({ input: new Socket({ fd: 3 }) })) {
  const results = [];
  for (const args of JSON.parse(list)) results.push(await tried(args));
  print(`${JSON.stringify(results)}\n`);
}
process.kill(process.pid, 'SIGKILL');

async function tried(args) {
  said = '';
  printed = '';
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
  return { args: args.join(' '), code: process.exitCode, said, printed };
}

function withAll(command) {
  return [command, ...command.commands.flatMap(withAll)];
}
