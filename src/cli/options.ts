import { InvalidArgumentError } from 'commander';

/** A TCP port, where 0 stands for one of the system's choice. */
export function portOption(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}
