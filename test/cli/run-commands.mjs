// Runs commands one after the other, in one process under a umask: `node run-commands.mjs 022 '[["wav","info","a.wav"]]'`.
// Ends with 1 at the first that fails. The umask belongs to a process, and a test runs in a thread.
import { jackfieldProgram } from '../../build/cli/program.js';

const [umask, commands] = process.argv.slice(2);
process.umask(Number.parseInt(umask, 8));
// Each command listens to signals, and none lets go.
process.setMaxListeners(0);
for (const words of JSON.parse(commands)) {
  try {
    await (await jackfieldProgram((name) => name === words[0])).parseAsync(words, { from: 'user' });
    if (process.exitCode) throw new Error(`exit code ${process.exitCode}`);
  } catch (error) {
    process.stderr.write(`jackfield ${words.join(' ')}: ${error.stack}\n`);
    process.exit(1);
  }
}
