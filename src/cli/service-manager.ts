import { execFile } from 'node:child_process';
import { messageOf } from '../base/errors.js';
import { whenFired } from '../base/wait.js';
import { warnLine } from './terminal-text.js';

/** The program of systemd that sends notifications: Node has no Unix datagram sockets. */
const NOTIFY = 'systemd-notify';
const NOTIFY_LIMIT_MS = 10_000;

/**
 * Notifies the service manager (systemd): that the command is ready, that it is stopping (when `stop` fires), and, with
 * a watchdog, that it is alive, twice per watchdog interval. Does nothing without a service manager. Disposing it ends
 * the notifications.
 *
 * @param stop Result of `stopSignal`.
 */
export function tellManager(stop: AbortSignal): Disposable {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = process.env;
  if (!NOTIFY_SOCKET) return { [Symbol.dispose]: () => undefined };
  tell('READY=1');
  // In a process that hangs the timer does not fire, so systemd restarts it.
  const isWatched = WATCHDOG_USEC && (!WATCHDOG_PID || Number(WATCHDOG_PID) === process.pid);
  const beat = isWatched && setInterval(() => tell('WATCHDOG=1'), Number(WATCHDOG_USEC) / 2000);
  whenFired(stop, () => tell('STOPPING=1'));
  return { [Symbol.dispose]: () => clearInterval(beat || undefined) };
}

/** Sends a notification. A failure is only printed; the manager may restart the command. */
function tell(message: string): void {
  execFile(NOTIFY, [message], { timeout: NOTIFY_LIMIT_MS }, (error) => {
    if (error) warnLine(`jackfield: ${NOTIFY} could not report ${message}: ${messageOf(error)}`);
  });
}
