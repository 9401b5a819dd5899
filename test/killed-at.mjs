// Counts what a process does step by step, for programs that tests kill: each step is printed just before it is done, with
// how often it came, and the process kills itself before the one that is asked for.
import fs from 'node:fs';
import { createRequire } from 'node:module';

/** Returns a function that is told of each step, before it is done. @param killAt such as `rename .wav #1`. */
export function stepsUntil(killAt) {
  const counts = new Map();
  const { writeSync } = fs;
  return (what) => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    const name = `${what} #${count}`;
    writeSync(1, `${name}\n`);
    if (name === killAt) process.kill(process.pid, 'SIGKILL');
  };
}

/** Makes each statement of SQLite that changes a database a step. */
export function stepBySql(step) {
  const Sqlite = createRequire(import.meta.url)('libsql');
  const { exec, prepare } = Sqlite.prototype;
  Sqlite.prototype.exec = function (sql) {
    step(`SQL ${sql.trim().split('\n')[0].replace(/\d+/, '')}`);
    return exec.call(this, sql);
  };
  Sqlite.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const run = statement.run.bind(statement);
    statement.run = (...values) => {
      step(`SQL ${/\w+( INTO| FROM)? \w+/.exec(sql)?.[0]}`);
      return run(...values);
    };
    return statement;
  };
}
