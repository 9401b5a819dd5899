import { createRequire } from 'node:module';
import type Sqlite from 'libsql';
import { JackfieldError, messageOf } from './errors.js';

/** Loaded when it is needed: who only imports the package does not wait for it. */
export function loadSqlite(): typeof Sqlite {
  try {
    return createRequire(import.meta.url)('libsql') as typeof Sqlite;
  } catch (cause) {
    const text = `The package libsql is needed here, and cannot be loaded here: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  }
}
