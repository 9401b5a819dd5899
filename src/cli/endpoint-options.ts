import type { Command } from 'commander';
import {
  type AttachOptions,
  attach,
  type Client,
  MemoryTransport,
  type Outage,
  systemClock,
  type TcpTls,
  TRANSPORT_ADDRESSES,
  transportAt,
  watchOutages,
} from '../control.js';
import { readText, readToken } from '../files/key-files.js';
import { warnLine } from './terminal-text.js';

/** Options for the endpoint of a command. */
export interface EndpointOptions {
  readonly attach: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
}

/** The client of a command. Disposing it also ends everything that was started for it. */
export interface Attached extends AsyncDisposable {
  readonly client: Client;
}

const EMBEDDED = 'exchange:';
/** Text for a default that is not a default of the option itself. */
const NO_DEFAULT = { auto: '', elsewhere: ' (default: auto)', none: ' (default: none)' } as const;

/**
 * Adds the options of a command that attaches to an endpoint.
 *
 * @param byDefault `elsewhere`: the endpoint may be configured elsewhere. `none`: without the option, no endpoint is
 * used.
 */
export function withEndpoint(command: Command, byDefault: 'auto' | 'elsewhere' | 'none' = 'auto'): Command {
  const addresses = { ...TRANSPORT_ADDRESSES, [`${EMBEDDED}<scenario.json>`]: 'an exchange in this process' };
  const width = Math.max(...Object.keys(addresses).map(({ length }) => length));
  const lines = Object.entries(addresses).map(([address, what]) => `  ${address.padEnd(width)}  ${what}`);
  return command
    .option(
      '-a, --attach <address>',
      `the endpoint: tcp:4100, dbus, x11, exchange:scenario.json, ...${NO_DEFAULT[byDefault]}`,
      byDefault === 'auto' ? 'auto' : undefined,
    )
    .option('--tls-ca <file>', 'encrypt, and check the endpoint against these CA certificates (PEM)')
    .option('--tls-cert <file>', 'encrypt, and show this certificate (PEM)')
    .option('--tls-key <file>', 'private key (PEM) of --tls-cert')
    .option('--token-file <file>', 'file with the secret that the endpoint expects')
    .addHelpText('after', `\nEndpoints:\n${lines.join('\n')}`);
}

/** Checks the options without attaching. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function checkEndpoint(options: EndpointOptions): Promise<void> {
  const security = await securityOf(options);
  if (!options.attach.startsWith(EMBEDDED)) transportAt(options.attach, security);
}

/**
 * Attaches to the endpoint of the options.
 *
 * @param tell Called when the endpoint is lost and when it returns. Default: prints to standard error.
 * @throws as {@link attach}; ERR_FILE, ERR_INVALID_ARG.
 */
export async function attachTo(
  options: EndpointOptions,
  as: AttachOptions,
  tell: (what: Outage, reason?: string) => void = (what, reason) =>
    warnOfOutage(options.attach, what, reason),
): Promise<Attached> {
  const { attach: address } = options;
  if (address.startsWith(EMBEDDED)) return await attachToScenario(address.slice(EMBEDDED.length), as);
  const client = await attach(transportAt(address, await securityOf(options)), as);
  watchOutages(client, tell);
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

/** Prints outages. When the endpoint is closed, the command ends and prints that itself. */
function warnOfOutage(address: string, what: Outage, reason = ''): void {
  if (what === 'lost') warnLine(`The endpoint ${address} is disconnected: ${reason}`);
  if (what === 'returned') warnLine(`The endpoint ${address} is connected again.`);
}

/** Runs a scenario on its own exchange. The endpoint is that of the first user. */
async function attachToScenario(file: string, as: AttachOptions): Promise<Attached> {
  const { Exchange, Scenario } = await import('../exchange.js');
  const scenario = await Scenario.load(file, systemClock);
  const exchange = await Exchange.start(scenario.options);
  try {
    const client = await attach(new MemoryTransport(exchange.endpoint()), as);
    const endScenario = await scenario.run(exchange);
    const dispose = async () => {
      endScenario();
      await client.close();
      await exchange.close();
    };
    return { client, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await exchange.close();
    throw error;
  }
}

async function securityOf(options: EndpointOptions): Promise<{ tls?: TcpTls; token?: string }> {
  const [ca, cert, key] = await Promise.all(
    [options.tlsCa, options.tlsCert, options.tlsKey].map((file) =>
      file === undefined ? undefined : readText(file),
    ),
  );
  const token = options.tokenFile === undefined ? undefined : await readToken(options.tokenFile);
  const tls = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return {
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(token !== undefined && { token }),
  };
}
