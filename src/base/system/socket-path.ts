/** Longest path of a Unix socket, in bytes: `sun_path` without the NUL at its end. */
export const MAX_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/**
 * Returns the length of a path in bytes where no Unix socket can have it; undefined for other paths. Node would listen
 * at, and connect with, the path that its first bytes are.
 */
export function tooLongForSocket(path: string): number | undefined {
  const length = Buffer.byteLength(path);
  return process.platform === 'win32' || length <= MAX_SOCKET_PATH ? undefined : length;
}
