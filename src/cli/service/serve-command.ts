import { Command } from 'commander';
import { Opening } from '../../base/opening.js';
import { whenFired } from '../../base/wait.js';
import { readText } from '../../files/key-files.js';
import {
  BearerTokens,
  ControlDesk,
  ControlServer,
  defaultSocket,
  EventFeed,
  FeedHooks,
  FeedLog,
  type FeedLogOptions,
  FeedMetrics,
  HttpServer,
  OtlpExporter,
  RestApi,
  readConfig,
  Service,
  type ServiceConfig,
} from '../../service.js';
import { faultText } from '../failure.js';
import { LiveArea } from '../live-area.js';
import { tellManager } from '../service-manager.js';
import { joinerOf, offerVoices, type ShareOptions, withShare } from '../share-options.js';
import { stopSignal } from '../shutdown.js';
import { printableLines } from '../terminal-text.js';
import { CallTable } from './call-table.js';

/** `jackfield serve`: runs recorder, bots and answering machine as one service. */
export function serveCommand(): Command {
  return withShare(new Command('serve'))
    .argument('<config>', 'configuration file (YAML or JSON)')
    .addHelpText(
      'after',
      '\nSIGINT or SIGTERM ends calls and files in order within 5 s, a second one ends at once; SIGHUP reloads the configuration' +
        '\nand reopens the log. `jackfield ctl drain` waits for calls to end.',
    )
    .action(serve);
}

async function serve(file: string, options: ShareOptions): Promise<void> {
  const config = await readConfig(file);
  const socket = config.control?.socket ?? defaultSocket();
  // Locked first, so that a second service is refused before it starts anything.
  const lock = await ControlServer.claim(socket);
  const feed = new EventFeed();
  const stop = stopSignal({ hasCalls: true });
  const over = new AbortController();
  using table = process.stdout.isTTY && !config.log?.file ? liveCalls(feed) : undefined;
  await using log = new FeedLog(feed, logOptions(config, table));
  await using hooks = hasHooks(config) ? await FeedHooks.open(feed, config) : undefined;
  await using _traces = config.traces && new OtlpExporter(feed, config.traces);
  const join = joinerOf(options);
  const { requestsPerSecond } = config.api ?? {};
  const tokens = config.api && (await BearerTokens.read(config.api));
  const tlsKeys = config.http?.tls && (await readTlsKeys(config.http.tls));
  await using doors = new Opening();
  let reload: () => Promise<readonly string[]> = async () => [];
  const open = async (service: Service) => {
    const desk = new ControlDesk(service, { reload: () => reload(), drained: () => over.abort() });
    const api = tokens && new RestApi(desk, tokens, requestsPerSecond);
    reload = () => reloaded(service, file, { api, hooks, requestsPerSecond });
    const metrics = new FeedMetrics(feed, service.figures, over.signal);
    const close = (it: AsyncDisposable) => it[Symbol.asyncDispose]();
    doors.add(await offerVoices(() => service.lines.map(({ server }) => server)), close);
    if (config.http)
      doors.add(await HttpServer.open(service, metrics, { ...config.http, api, tls: tlsKeys }), close);
    doors.add(await ControlServer.open(desk, socket, lock), close);
  };
  await using _service = await Service.start(config, { feed, beside: open, join });
  // Disposed before the service, so that no requests arrive while it ends.
  await using _doors = doors;
  const onHangup = () => {
    log.reopen();
    void reload().catch(() => undefined);
  };
  process.on('SIGHUP', onHangup);
  whenFired(stop, () => over.abort());
  using _manager = tellManager(over.signal);
  await new Promise<void>((resolve) => whenFired(over.signal, resolve));
  process.off('SIGHUP', onHangup);
}

/**
 * Parts beside the service that a reload also changes. Each exists if the first configuration has it. If a later
 * configuration removes it, it accepts no token, or sends no events.
 */
interface Beside {
  readonly api: RestApi | undefined;
  readonly hooks: FeedHooks | undefined;
  /** Value of the first configuration. */
  readonly requestsPerSecond: number | undefined;
}

/** Reads the configuration again. An invalid one changes nothing and is reported. */
async function reloaded(service: Service, file: string, beside: Beside): Promise<readonly string[]> {
  const { api, hooks } = beside;
  try {
    const config = await readConfig(file);
    const tokens = await BearerTokens.read(config.api ?? { tokens: {} });
    const useHooks = await hooks?.prepare(config);
    const unchanged = await service.reload(config);
    api?.useTokens(tokens);
    useHooks?.();
    return [...unchanged, ...notBegun(config, beside)];
  } catch (error) {
    service.feed.tell({ type: 'service', what: 'not-configured', text: faultText(error) });
    throw error;
  }
}

/** The parts of a configuration that need a restart of the process. */
function notBegun(config: ServiceConfig, { api, hooks, requestsPerSecond }: Beside): readonly string[] {
  const isOtherPace = config.api !== undefined && config.api.requestsPerSecond !== requestsPerSecond;
  return [
    ...(config.api && !api ? ['api'] : []),
    ...(api && isOtherPace ? ['api.requestsPerSecond'] : []),
    ...(hooks ? [] : (['webhooks', 'hooks'] as const).filter((part) => config[part] !== undefined)),
  ];
}

async function readTlsKeys({ keyFile, certFile }: { readonly keyFile: string; readonly certFile: string }) {
  const [key, cert] = [await readText(keyFile), await readText(certFile)];
  return { key, cert };
}

function hasHooks({ webhooks, hooks }: ServiceConfig): boolean {
  return webhooks !== undefined || hooks !== undefined;
}

/** Shows the calls at the end of the terminal, below the lines of the log. */
function liveCalls(feed: EventFeed): LiveArea {
  const calls = new CallTable();
  void feed.each({ name: 'terminal' }, (event) => calls.take(event));
  return new LiveArea(() => {
    const { columns: width = 80, rows: height = 24 } = process.stdout;
    return calls.lines(Date.now(), { width, height });
  });
}

function logOptions({ log = {} }: ServiceConfig, table: LiveArea | undefined): FeedLogOptions {
  const { format = table ? 'text' : 'json', ...rest } = log;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const write = table && { write: (line: string) => table.print(printableLines(line)) };
  return { format, ...Object.fromEntries(given), ...write };
}
