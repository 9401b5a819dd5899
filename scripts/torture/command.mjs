// Runs the command as a process of its own, and ends all of them when the run ends.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** A wait for a process that takes longer is a failure; machines may be busy. */
const PATIENCE_MS = 120_000;

const running = new Set();

/** Kills every process that was started here and still runs. */
export function killAll() {
  for (const command of running) command.kill();
}

/**
 * Starts `jackfield` with these arguments.
 *
 * @param options.before A command that starts it, such as strace with its options.
 * @param options.limits Shell commands that are run first, such as `ulimit -n 64` or `umask 000`.
 */
export function jackfield(args, options = {}) {
  return start([...(options.before ?? []), process.execPath, MAIN, ...args], options);
}

/** Starts a program, and gives the lines of JSON that it prints. */
export function start(words, { limits = ':', env = {} } = {}) {
  const child = spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // A group of its own, so that a tracer and what it traces end together.
    detached: true,
  });
  let stderr = '';
  let stdout = '';
  let ended;
  const lines = [];
  const waiting = new Set();
  const wake = () => {
    for (const look of waiting) look();
  };
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-10_000);
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout = (stdout + text).slice(-4_000_000);
    const whole = (rest + text).split('\n');
    rest = whole.pop();
    for (const line of whole) lines.push(parsed(line));
    wake();
  });
  const command = {
    lines,
    stderr: () => stderr,
    stdout: () => stdout,
    pid: child.pid,
    /** Resolves when it is over: exit code or signal. */
    exited: new Promise((resolve) => {
      child.once('close', (code, signal) => {
        ended = { code, signal };
        running.delete(command);
        resolve(ended);
        wake();
      });
    }),
    ended: () => ended,
    kill: (signal = 'SIGKILL') => {
      if (ended) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It is just over.
      }
    },
    /** Reads nothing of what it prints any more. */
    deafen: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    /** The next line of this event, or nothing when the process ends first. */
    until: (event, fits = () => true) =>
      within(`${words.at(-1)}: ${event}`, command, (resolve) => {
        const look = () => {
          const found = lines.find((line) => (line.event ?? line.type) === event && fits(line));
          if (!found && !ended) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    /** Asks it to end, and waits for that. */
    end: () => {
      command.kill('SIGTERM');
      return within('the end after SIGTERM', command, (resolve) => command.exited.then(resolve));
    },
  };
  running.add(command);
  return command;
}

/** Runs a command to its end. */
export async function ran(args, options) {
  const command = jackfield(args, options);
  const { code, signal } = await within(args.slice(0, 2).join(' '), command, (resolve) =>
    command.exited.then(resolve),
  );
  return { code, signal, lines: command.lines, stdout: command.stdout(), stderr: command.stderr() };
}

/** Says what is wrong with how a command ended, if it was not by itself and in words. */
export function crashOf({ code, signal, stderr }) {
  // 2 and 3 say what was found: faults, or nothing.
  if (signal || code === null || code > 3) return `it ended with ${signal ?? code}: ${stderr.slice(-300)}`;
  if (/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) return `it ended with a stack trace: ${stderr.slice(0, 400)}`;
  return undefined;
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { event: 'text', line };
  }
}

function within(what, command, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      command.kill();
      reject(new Error(`${what} did not come in ${PATIENCE_MS / 1000} s. ${command.stderr().slice(-300)}`));
    }, PATIENCE_MS);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
