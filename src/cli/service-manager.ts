import { execFile } from 'node:child_process';
import { messageOf } from '../base/errors.js';
import { whenFired } from '../base/wait.js';
import { warnLine } from './terminal-text.js';

/** The program of systemd that hands on a message: Node has no datagram sockets of this kind. */
const NOTIFY = 'systemd-notify';
const NOTIFY_LIMIT_MS = 10_000;

/**
 * Tells the service manager (systemd) that the command is ready; from then on, where it has a watchdog, that the command
 * is alive, twice within the time that it gives; when `stop` fires, that it ends. Does nothing where no manager waits for
 * that. Disposing ends it.
 *
 * @param stop Of `stopSignal`.
 */
export function tellManager(stop: AbortSignal): Disposable {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = process.env;
  if (!NOTIFY_SOCKET) return { [Symbol.dispose]: () => undefined };
  tell('READY=1');
  // Timers of a process that hangs do not fire: no message is sent, and it is started again.
  const isWatched = WATCHDOG_USEC && (!WATCHDOG_PID || Number(WATCHDOG_PID) === process.pid);
  const beat = isWatched && setInterval(() => tell('WATCHDOG=1'), Number(WATCHDOG_USEC) / 2000);
  whenFired(stop, () => tell('STOPPING=1'));
  return { [Symbol.dispose]: () => clearInterval(beat || undefined) };
}

/** A manager that is not told starts the command again: what could not be told is said, and ends nothing by itself. */
function tell(message: string): void {
  execFile(NOTIFY, [message], { timeout: NOTIFY_LIMIT_MS }, (error) => {
    if (error) warnLine(`jackfield: ${message} could not be told by ${NOTIFY}: ${messageOf(error)}`);
  });
}
