import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Path of the folder for sockets of this user's processes. The folder may not exist yet. */
export function socketFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime ? join(runtime, 'jackfield') : join(tmpdir(), `jackfield-${userInfo().username}`);
}
