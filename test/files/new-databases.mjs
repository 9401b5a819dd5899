// Opens the databases of a folder, one after the other, as another process does at the same moment; prints what fails.
// Run by database-at-once.test.ts, on the built package.
import { Database } from '../../build/files/database.js';

const [folder, count, ...migrations] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  for (let n = 0; n < Number(count); n++) {
    try {
      Database.open(`${folder}/${n}.db`, migrations).close();
    } catch (error) {
      process.stdout.write(`${error.message}\n`);
    }
  }
  process.exit();
});
