import { dirname, resolve } from 'node:path';

/** Fields of a configuration that name something on the disk: `tls.keyFile`; `*` is any name or place in a list. */
export interface PathFields {
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Programs: by their path, or as the system finds them. */
  readonly programs: readonly string[];
}

/** The content of a file of a configuration, with its relative paths made absolute: they are relative to that file. */
export function withOwnPaths<T>(content: T, file: string, { paths, programs }: PathFields): T {
  const folder = dirname(resolve(file));
  const absolute = (path: string) => (path === '' ? path : resolve(folder, path));
  const program = (command: string) => (/[/\\]/.test(command) ? absolute(command) : command);
  const changed = paths.reduce<unknown>(
    (whole, path) => changedAt(whole, path.split('.'), absolute),
    content,
  );
  return programs.reduce((whole, path) => changedAt(whole, path.split('.'), program), changed) as T;
}

/** The same value with the texts that lie at a path changed. */
function changedAt(
  value: unknown,
  [step, ...rest]: readonly string[],
  change: (text: string) => string,
): unknown {
  if (step === undefined) return typeof value === 'string' ? change(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const isOn = (name: string) => step === '*' || name === step;
  if (Array.isArray(value)) {
    return step === '*' ? value.map((each: unknown) => changedAt(each, rest, change)) : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, isOn(name) ? changedAt(each, rest, change) : each]),
  );
}
