// Runs the command lines that its parent sends, one after the other, as processes of their own would: for command-host.ts.
import { tellFailure } from '../../build/cli/failure.js';
import { jackfieldProgram } from '../../build/cli/program.js';

const said = { stdout: [], stderr: [] };
for (const name of ['stdout', 'stderr']) {
  process[name].write = (chunk, encoding, done) => {
    said[name].push(Buffer.from(chunk));
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };
}

// A command has no parent that it tells of itself.
const tell = process.send.bind(process);
process.send = undefined;
let last = Promise.resolve();
process.on('message', (line) => {
  last = last.then(async () => tell(await run(line)));
});

async function run({ args, env, cwd }) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = 0;
  // Each command listens to signals, and none lets go.
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
  try {
    const program = await jackfieldProgram((name) => name === args[0]);
    for (const command of withAll(program)) command.exitOverride();
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = String(error.code).startsWith('commander.') ? error.exitCode : tellFailure(error);
  }
  const [stdout, stderr] = [said.stdout, said.stderr].map((chunks) =>
    Buffer.concat(chunks.splice(0)).toString(),
  );
  return { code: process.exitCode ?? 0, stdout, stderr };
}

function withAll(command) {
  return [command, ...command.commands.flatMap(withAll)];
}
