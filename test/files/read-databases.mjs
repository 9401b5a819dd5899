// Reads and writes each of the databases of a folder: `node read-databases.mjs <folder> <count>`.
import { join } from 'node:path';
import { z } from 'zod';
import { Database } from '../../build/files/database.js';

const [folder, count] = process.argv.slice(2);
const NOTE = z.object({ text: z.string(), tags: z.string() });
const ROWID = z.object({ rowid: z.int() });

for (let index = 0; index < Number(count); index++) {
  try {
    const db = Database.open(join(folder, `${index}.sqlite`), ['CREATE TABLE none (text TEXT)']);
    db.checked(NOTE, 'SELECT * FROM notes');
    db.checked(ROWID, 'SELECT rowid FROM words WHERE words MATCH \'"called" "7"\'');
    db.run("INSERT INTO notes VALUES ('new', '[]')");
  } catch (error) {
    if (error.code !== 'ERR_FILE') throw error;
  }
}
