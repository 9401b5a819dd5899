import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** Resolves with true when a program can be run: by its name on the PATH, or by its path. */
export async function isInstalled(tool: string): Promise<boolean> {
  const endings = process.platform === 'win32' ? ['', '.exe'] : [''];
  const named = isAbsolute(tool) || tool.includes(sep);
  const folders = named ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    for (const ending of endings) {
      const found = await access(join(folder, tool + ending), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  }
  return false;
}

/**
 * Checks that a program is installed before work that needs it begins.
 *
 * @param advice Text that is added to the error message.
 * @throws ERR_TOOL
 */
export async function requireProgram(tool: string, advice = ''): Promise<void> {
  if (await isInstalled(tool)) return;
  const text = `Cannot run ${printable(tool)}: It is not installed, or not on the PATH. ${advice}`;
  throw new JackfieldError('ERR_TOOL', text.trim());
}
