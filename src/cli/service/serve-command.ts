import { Command } from 'commander';
import { messageOf } from '../../base/errors.js';
import { whenFired } from '../../base/wait.js';
import {
  ControlDesk,
  ControlServer,
  defaultSocket,
  EventFeed,
  FeedLog,
  type FeedLogOptions,
  FeedMetrics,
  readConfig,
  Service,
  type ServiceConfig,
  WatchServer,
} from '../../service.js';
import { stopSignal } from '../shutdown.js';

/** `jackfield serve`: recorder, bots and answering machine as one service. */
export function serveCommand(): Command {
  return new Command('serve')
    .argument('<config>', 'configuration file (YAML or JSON)')
    .addHelpText(
      'after',
      '\nINT or TERM ends calls and files in order within 5 s, a second one at once; HUP reads the configuration again' +
        '\nand opens the log anew. `jackfield ctl drain` lets calls go on to their end.',
    )
    .action(serve);
}

async function serve(file: string): Promise<void> {
  const config = await readConfig(file);
  const socket = config.control?.socket ?? defaultSocket();
  // Before anything is begun: a second service is told who runs.
  const lock = await ControlServer.claim(socket);
  const feed = new EventFeed();
  const stop = stopSignal();
  const over = new AbortController();
  await using log = new FeedLog(feed, logOptions(config));
  await using service = await Service.start(config, { feed });
  const metrics = new FeedMetrics(feed, stateOf(service), over.signal);
  await using _watch = config.http && (await WatchServer.open(service, metrics, config.http));
  const reload = () => reloaded(service, file);
  const desk = new ControlDesk(service, { reload, drained: () => over.abort() });
  await using _control = await ControlServer.open(desk, socket, lock);
  const onHangup = () => {
    log.reopen();
    void reload().catch(() => undefined);
  };
  process.on('SIGHUP', onHangup);
  whenFired(stop, () => over.abort());
  await new Promise<void>((resolve) => whenFired(over.signal, resolve));
  process.off('SIGHUP', onHangup);
}

/** Reads the configuration again. A wrong one changes nothing, and is told of. */
async function reloaded(service: Service, file: string): Promise<readonly string[]> {
  try {
    return await service.reload(await readConfig(file));
  } catch (error) {
    service.feed.tell({ type: 'service', what: 'not-configured', text: messageOf(error) });
    throw error;
  }
}

function logOptions({ log = {} }: ServiceConfig): FeedLogOptions {
  const { format = process.stdout.isTTY && log.file === undefined ? 'text' : 'json', ...rest } = log;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { format, ...Object.fromEntries(given) };
}

function stateOf(service: Service) {
  return {
    calls: () => new Map(service.lines.map(({ account, calls }) => [account, calls.length])),
    recordings: () => service.recorder?.recordings.length ?? 0,
    endpoints: () => new Map(service.lines.map(({ name, up }) => [name, up])),
  };
}
