import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Path of the folder for sockets of this user's processes. The folder may not exist yet. */
export function socketFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime ? join(runtime, 'jackfield') : join(tmpdir(), `jackfield-${userName()}`);
}

/** Name of this user, or its number: a container may run as a user that no file of the system names. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'user');
  }
}
