import { createRequire } from 'node:module';
import type Sqlite from 'libsql';
import { JackfieldError, messageOf } from '../base/errors.js';

/** Loaded when it is needed: who only imports the package does not wait for it. */
export function loadSqlite(): typeof Sqlite {
  try {
    return createRequire(import.meta.url)('libsql') as typeof Sqlite;
  } catch (cause) {
    // Node's message goes on with a list of files.
    const [reason] = messageOf(cause).split('\n');
    const text = `The package libsql, which catalogues and histories are kept with, cannot be loaded: ${reason}. Install Jackfield with its optional dependencies, on a system that libsql is built for.`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  }
}
