import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder for all that a run of the tests puts into the temporary folder, removed when it is over, with what
 * processes left there that were killed on purpose.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-tests-'));
  // Tests start processes as another user, too.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
