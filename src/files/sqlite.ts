import { createRequire } from 'node:module';
import type Sqlite from 'libsql';
import { JackfieldError, messageOf } from '../base/errors.js';

/** Loads SQLite when it is first needed, so that importing the package stays fast. */
export function loadSqlite(): typeof Sqlite {
  try {
    return createRequire(import.meta.url)('libsql') as typeof Sqlite;
  } catch (cause) {
    // Node's message goes on with a list of files.
    const [reason] = messageOf(cause).split('\n');
    const text = `The package libsql, which stores catalogues and histories, cannot be loaded: ${reason}. Install Jackfield with its optional dependencies, on a system that libsql supports.`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  }
}
