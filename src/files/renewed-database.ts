import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { extname } from 'node:path';
import { Database, isDamage } from './database.js';
import { fileError, isMissing } from './file-error.js';

/** Options of {@link renewDatabase}. */
export interface RenewOptions {
  readonly advice: string;
  /** Names of the full-text tables. */
  readonly fullText: readonly string[];
  /** Reserves the database while a damaged file is moved. @throws ERR_INVALID_STATE while another process uses it. */
  reserve(): Disposable;
}

/** A sound database, and the path of the damaged one that it replaced, if there was one. */
export interface RenewedDatabase {
  readonly database: Database;
  readonly damaged?: string;
}

/**
 * Opens a database like {@link Database.open}, and checks the whole file, including its indices. A damaged file is
 * first moved aside, with the files that SQLite keeps beside it, and a new one is begun: `catalogue.db` becomes
 * `catalogue.damaged-1f2e3d4c.db`.
 *
 * @throws ERR_INVALID_STATE while somebody is at work; ERR_FILE, ERR_UNSUPPORTED.
 */
export async function renewDatabase(
  path: string,
  migrations: readonly string[],
  { advice, fullText, reserve }: RenewOptions,
): Promise<RenewedDatabase> {
  let opened: Database | undefined;
  try {
    opened = Database.open(path, migrations, { advice });
    opened.checkWhole(fullText);
    return { database: opened };
  } catch (error) {
    opened?.close();
    if (!isDamage(error)) throw error;
  }
  using _ = reserve();
  const ext = extname(path);
  const damaged = `${path.slice(0, path.length - ext.length)}.damaged-${randomUUID().slice(0, 8)}${ext}`;
  for (const beside of ['-wal', '-shm', '']) {
    await rename(`${path}${beside}`, `${damaged}${beside}`).catch((error: unknown) => {
      if (!isMissing(error)) throw fileError('move', path, error);
    });
  }
  return { database: Database.open(path, migrations, { advice }), damaged };
}
