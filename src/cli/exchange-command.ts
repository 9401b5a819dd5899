import { Command } from 'commander';
import { Exchange, systemClock, VirtualClock } from '../index.js';
import { portOption } from './options.js';

/** What `jackfield exchange` tells the process that forked it. */
export type ExchangeMessage = { readonly listening: number };

/** What the process that forked `jackfield exchange --clock manual` can tell it. */
export type ExchangeControl = { readonly clock: 'run' };

interface Options {
  readonly tcp: number;
  readonly user: string[];
  readonly files: string[];
  readonly clock: 'real' | 'manual';
}

/** A tick on the virtual clock waits this long for a voice stream before it goes on without it. */
const PATIENCE_MS = 5000;

/** `jackfield exchange`: serves the API from Skype's side until it is told to stop. */
export function exchangeCommand(): Command {
  return new Command('exchange')
    .description('Run an exchange: users, the call testing service echo123, and an endpoint to attach to.')
    .option(
      '--tcp <port>',
      'loopback port that clients attach to; 0 lets the system choose',
      portOption,
      4100,
    )
    .option('--user <handle...>', 'users of the exchange; the endpoint is the first one’s', ['jack'])
    .option('--files <folder...>', 'folders in which FILE="..." may read and write', [])
    .option('--clock <kind>', 'real, or manual: time runs when the parent process says so', 'real')
    .action(serve);
}

async function serve(options: Options): Promise<void> {
  const manual = options.clock === 'manual' ? new VirtualClock(Date.now()) : undefined;
  const exchange = await Exchange.start({
    clock: manual ?? systemClock,
    users: options.user.map((handle) => ({ handle })),
    fileRoots: options.files,
    patienceMs: manual ? PATIENCE_MS : 0,
  });
  const port = await exchange.listen({ port: options.tcp });
  if (process.send) tellParent({ listening: port });
  else process.stdout.write(`The exchange listens on 127.0.0.1:${port}. Attach to it; Ctrl-C stops it.\n`);
  process.on('message', (message: ExchangeControl) => {
    if (message.clock === 'run') void manual?.run();
  });
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    process.once('disconnect', resolve);
  });
  await exchange.close();
  if (process.connected) process.disconnect();
}

function tellParent(message: ExchangeMessage): void {
  process.send?.(message);
}
