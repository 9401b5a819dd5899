import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Folder of programs of others that tests try, where there is one. They are not kept up, or bring many packages: a folder of
 * its own has them, and never this project's.
 */
export const FOREIGN_MODULES = process.env['JACKFIELD_FOREIGN_MODULES'] ?? '';

/** Loads a module of that folder by its file. */
export async function foreignModule<T>(file: string): Promise<T> {
  return await import(pathToFileURL(join(FOREIGN_MODULES, file)).href);
}
